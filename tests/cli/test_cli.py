"""The program `quern`, run as a user runs it and compared with NumPy. QUERN_CLI names the program."""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

QUERN = os.environ.get("QUERN_CLI", "quern")


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the program and returns its exit status and output."""
    words = [QUERN, *map(str, arguments)]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def output(*arguments: object, cwd: Path | None = None) -> str:
    """The standard output of a run that must succeed in silence."""
    done = run(*arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with x.npy (float64, 3 by 4) and y.npy (float32, 4)."""
    np.save(tmp_path / "x.npy", np.linspace(-1, 1, 12).reshape(3, 4))
    np.save(tmp_path / "y.npy", np.arange(4, dtype="f4"))
    return tmp_path


# eval


def test_eval_writes_what_numpy_computes(folder: Path) -> None:
    assert output("eval", "exp(a) + b", "a=x.npy", "b=y.npy", "-o", "z.npy", cwd=folder) == ""
    x, y, z = (np.load(folder / f"{name}.npy") for name in "xyz")
    assert z.dtype == np.float64
    np.testing.assert_allclose(z, np.exp(x) + y, rtol=2e-16)


@pytest.mark.parametrize(
    "expression",
    [
        "-a + 1",
        "a[1:3, ::2] * 2 - 1",
        "sum(a, axis=0, keepdims=True)",
        "(a > 0) & (a < 0.5)",
        "maximum(a[::-1], b)",
        "a // 0.3 + a % 0.3",
        "a[..., None] - b",
        "astype(a * 100, int8)",
        "max(a, axis=1)",
    ],
)
def test_eval_agrees_with_python(folder: Path, expression: str) -> None:
    files = {"a": "x.npy", "b": "y.npy"}
    bindings = [f"{name}={file}" for name, file in files.items() if re.search(rf"\b{name}\b", expression)]
    output("eval", expression, *bindings, "-o", "z.npy", cwd=folder)
    names = {"a": np.load(folder / "x.npy"), "b": np.load(folder / "y.npy"), "maximum": np.maximum, "sum": np.sum}
    names |= {"astype": np.ndarray.astype, "int8": np.int8, "max": np.max}
    expected = eval(expression, names)
    result = np.load(folder / "z.npy")
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


def test_eval_prints_without_an_output_file(folder: Path) -> None:
    assert output("eval", "n * 2 + 1", "n=20") == "41\n"
    assert output("eval", "y[:2]", "y=y.npy", cwd=folder) == "[0. 1.]\n"


def test_eval_notes_names_that_are_not_used(folder: Path) -> None:
    done = run("eval", "1 + 1", "x=none.npy", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "2\n") and "'x' is not used" in done.stderr


def test_eval_maps_files(folder: Path) -> None:
    assert output("eval", "sum(a)", "--mmap", "a=y.npy", cwd=folder) == "6.0\n"


def test_eval_replaces_the_file_it_reads(folder: Path) -> None:
    output("eval", "y + y", "--mmap", "y=y.npy", "-o", "y.npy", cwd=folder)
    assert np.load(folder / "y.npy").tolist() == [0, 2, 4, 6]


def test_eval_takes_a_leading_minus_for_an_expression(folder: Path) -> None:
    assert output("eval", "-y", "y=y.npy", cwd=folder) == "[-0. -1. -2. -3.]\n"
    assert output("eval", "-o", "z.npy", "-y", "y=y.npy", cwd=folder) == ""


def test_eval_points_at_a_fault_of_the_text() -> None:
    done = run("eval", "exp(a) + bb", "a=1", "b=2")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-4:-1] == [
        "quern eval: 'bb' is bound to nothing; add bb=file.npy or bb=number",
        "  exp(a) + bb",
        "           ^",
    ]


def test_eval_points_at_a_calculation_that_fails(folder: Path) -> None:
    done = run("eval", "x + y[:3]", "x=x.npy", "y=y.npy", cwd=folder)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("quern eval: ") and "(3, 4)" in lines[0] and "(3,)" in lines[0]
    assert lines[1:] == ["  x + y[:3]", "    ^"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["a + b", "a"], 2, "'a' binds no name; write name=file.npy or name=number"),
        (["a", "a=none.npy"], 1, "load: 'none.npy': cannot be opened: No such file or directory"),
        (["a", "a=1", "a=2"], 2, "'a' is bound twice"),
        (["1", "-o", "no/such/z.npy"], 1, "save: 'no/such/z.npy'"),
        (["1 < 2 < 3"], 2, "comparisons do not chain"),
    ],
)
def test_eval_refuses(folder: Path, arguments: list[str], status: int, message: str) -> None:
    done = run("eval", *arguments, cwd=folder)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr and "terminate" not in done.stderr


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([{}, None], dtype=object), "Python objects"),
        (np.zeros(2, [("x", "f8")]), "structured"),
        (np.array(["text"]), "accepted dtypes are bool"),
    ],
)
def test_eval_refuses_files_of_other_dtypes(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    done = run("eval", "a", "a=a.npy", cwd=tmp_path)
    assert done.returncode == 1
    assert "load: 'a.npy'" in done.stderr and message in done.stderr


# Files of quern read by NumPy and the other way round.


@pytest.mark.parametrize("dtype", "? i1 <i2 >i4 <i8 u1 >u2 <u4 <u8 <f4 >f4 <f8 >f8".split())
@pytest.mark.parametrize("order", ["C", "F"])
def test_files_keep_dtype_byte_order_and_values(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 2, dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    output("eval", "a", "a=a.npy", "-o", "b.npy", cwd=tmp_path)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


# The other commands.


def test_info_names_the_target_in_use() -> None:
    facts = json.loads(output("info", "--json"))
    assert facts["targets"]["current"] in facts["targets"]["supported"]
    assert set(facts["targets"]["supported"]) <= set(facts["targets"]["built"])
    assert facts["threads"] >= 1
    assert facts["version"] in output("info")
    assert facts["version"] in output("--version")


def test_explain_says_which_loop_and_why() -> None:
    choice = json.loads(output("explain", "add", "int32", "float32", "--json"))
    assert choice["loop"] == "float64, float64 -> float64"
    assert [cast["level"] for cast in choice["casts"]] == ["safe", "safe"]
    assert choice["loop"] in choice["candidates"]
    assert choice["origin"].startswith("spec/ufuncs/add.yaml:")
    text = output("explain", "add", "int32", "float32")
    assert "int32 -> float64, safe" in text and "* float64, float64 -> float64" in text
    assert choice["kind"] == "vector" and "kind" in text


def test_explain_without_dtypes_describes_the_ufunc() -> None:
    text = output("explain", "add")
    assert text.startswith("add: ") and "sum" in text and "int8, int8 -> int8" in text


def test_explain_reductions() -> None:
    assert json.loads(output("explain", "add", "int8", "--reduce", "--json"))["accumulator"] == "int64"


def test_explain_refuses_types_without_a_loop() -> None:
    done = run("explain", "bitwise_and", "float64")
    assert done.returncode == 1 and "bitwise_and" in done.stderr


def test_kernels_lists_every_loop() -> None:
    rows = json.loads(output("kernels", "--json"))
    assert len(rows) == json.loads(output("info", "--json"))["loops"]
    assert all(len(row["targets"]) == len(row["kinds"]) > 0 for row in rows)
    assert {kind for row in rows for kind in row["kinds"]} <= {"vector", "emulated", "scalar"}
    assert output("kernels", "add").count("\n") == sum(row["ufunc"] == "add" for row in rows) + 2


def test_bench_gives_a_figure_per_target() -> None:
    rows = json.loads(output("bench", "add", "float64", "--size", "1000", "--seconds", "0.01", "--json"))
    targets = json.loads(output("info", "--json"))["targets"]["supported"]
    assert list(rows[0]["nanoseconds_per_element"]) == targets
    assert all(0 < figure < 1000 for figure in rows[0]["nanoseconds_per_element"].values())


def write_report(folder: Path, failed: int) -> None:
    rows = [
        {"ufunc": "add", "types": "int8, int8 -> int8", "target": "AVX2", "failed": failed, "notes": []},
        {"ufunc": "exp", "types": "float32 -> float32", "target": "SSE2", "failed": 0, "notes": []},
    ]
    difference = {"status": "failed" if failed else "deliberate", "check": "values", "ufunc": "add", "count": failed}
    difference["examples"] = [{"case": "1 + 1", "quern": "3", "expected": "2"}]
    report = {"summary": {"cases": 10, "failed": failed, "deliberate": 2}, "differences": [difference], "rows": rows}
    (folder / "report.json").write_text(json.dumps(report))


def test_report_sums_up(tmp_path: Path) -> None:
    write_report(tmp_path, failed=0)
    assert output("report", "--file", "report.json", cwd=tmp_path).split() == "cases 10 failed 0 deliberate 2".split()
    rows = json.loads(output("report", "--file", "report.json", "--dtype", "int8", "--json", cwd=tmp_path))["rows"]
    assert [row["ufunc"] for row in rows] == ["add"]


def test_report_fails_with_its_cases(tmp_path: Path) -> None:
    write_report(tmp_path, failed=3)
    done = run("report", "--file", "report.json", cwd=tmp_path)
    assert done.returncode == 1 and "3 cases failed" in done.stderr
    assert "1 + 1" in done.stdout


def test_report_explains_how_to_make_one(tmp_path: Path) -> None:
    done = run("report", cwd=tmp_path)
    assert done.returncode == 1 and "tools/run.sh writes one" in done.stderr
    (tmp_path / "bad.json").write_text("[1, 2")
    assert run("report", "--file", "bad.json", cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inof"], "there is no command 'inof'; did you mean 'info'?"),
        (["info", "--jsn"], "there is no option '--jsn'; did you mean '--json'?"),
        (["eval", "1", "--outptu=x"], "there is no option '--outptu'; did you mean '--output'?"),
        (["explain", "ad"], "'add'"),
        (["explain", "add", "flaot64"], "'float64'"),
        (["explain", "add", "int8", "int8", "int8"], "add has 2 inputs"),
        (["kernels", "--target", "AVX9"], "'AVX9'"),
        (["bench", "add", "float64", "--size", "0"], "--size"),
        (["explain"], "ufunc is required"),
        ([], "Usage: quern"),
    ],
)
def test_mistyped_names_are_usage_errors(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_report_filters_suggest(tmp_path: Path) -> None:
    write_report(tmp_path, failed=0)
    done = run("report", "--file", "report.json", "--ufunc", "ad", cwd=tmp_path)
    assert done.returncode == 2 and "did you mean 'add'?" in done.stderr


def test_help_is_no_error() -> None:
    for arguments in (["--help"], ["eval", "--help"]):
        done = run(*arguments)
        assert done.returncode == 0 and "Usage" in done.stdout
