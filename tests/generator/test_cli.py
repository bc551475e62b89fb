"""The command line: explain, and output that does not depend on hash seeds or on the order of files."""

from __future__ import annotations

import hashlib
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from quern_generator.cli import main
from quern_generator.explain import UnknownName, explain
from quern_generator.model import Spec


def generate(root: Path, spec: Path, output: Path, seed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "quern_generator", "--spec", str(spec), "--output", str(output)]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root / "generator")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copy_in_order(source: Path, target: Path, order: Sequence[Path]) -> None:
    for path in order:
        copied = target / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)


def processor_seconds() -> float:
    """What ended children took of the processor, whatever else the machine did."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_output_is_the_same_under_any_hash_seed_and_order_of_files(root: Path, tmp_path: Path) -> None:
    files = sorted((root / "spec").rglob("*.yaml"))
    found = []
    for seed in ("0", "1", "12345"):
        order = random.Random(seed).sample(files, len(files))
        copy_in_order(root / "spec", tmp_path / seed / "spec", order)
        start = processor_seconds()
        generate(root, tmp_path / seed / "spec", tmp_path / seed / "generated", seed)
        assert processor_seconds() - start < 10
        found.append(digest(tmp_path / seed / "generated"))
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_a_second_run_writes_nothing(root: Path, tmp_path: Path) -> None:
    output = tmp_path / "generated"
    generate(root, root / "spec", output, "0")
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    assert generate(root, root / "spec", output, "1").stdout == f"0 files in {output} changed\n"
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before


def test_explain_a_ufunc(spec: Spec) -> None:
    text = explain(spec, "floor_divide")
    assert text.startswith("floor_divide(dividend, divisor) -> quotient    spec/ufuncs/floor_divide.yaml:1\n")
    assert "floor_divide_float64" in text
    assert "divide_by_zero (computed)" in text
    assert f"{len(spec.dtypes) ** 2} combinations of input types" in text
    assert "src/kernels/division" in text


def test_explain_by_any_name(spec: Spec) -> None:
    assert explain(spec, "abs", False) == explain(spec, "absolute", False)
    assert explain(spec, "sum", False) == explain(spec, "add", False)


def test_explain_a_dtype(spec: Spec) -> None:
    text = explain(spec, "int8")
    assert "-128 to 127" in text
    assert "add_int8" in text


def test_explain_suggests_the_nearest_name(spec: Spec) -> None:
    with pytest.raises(UnknownName, match='no ufunc and no dtype is called "maximun"; the nearest is "maximum"'):
        explain(spec, "maximun")


def test_every_name_can_be_explained(spec: Spec) -> None:
    for ufunc in spec.ufuncs:
        assert ufunc.summary in explain(spec, ufunc.name, False)
    for dtype in spec.dtypes:
        assert dtype.summary in explain(spec, dtype.name)


def test_wrong_command_lines(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--spec", str(tmp_path / "none"), "check"]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main(["--spec", str(root / "spec"), "--package", "mine", "check"]) == 2
    assert capsys.readouterr().err == "quern_generator: --base and --package go together\n"
    assert main(["--spec", str(root / "spec"), "explain", "no_such_name_at_all"]) == 1


def test_a_reader_that_stops_early_is_no_error(root: Path) -> None:
    command = [sys.executable, "-m", "quern_generator", "--spec", str(root / "spec"), "explain", "add"]
    environment = {**os.environ, "PYTHONPATH": str(root / "generator")}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
