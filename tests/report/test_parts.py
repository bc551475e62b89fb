"""The parts of the report by themselves: comparing bits, layouts, rules, the ledger, MPFR, the page."""

from __future__ import annotations

import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeQuern, Faulty, MakeContext, part_of

from report import cli, steps
from report.basics import value_text
from report.bits import canonical, differing, digest, returns_an_input
from report.calendar import in_unit_of, leave_64_bits
from report.corpus import UNIT, corpus, special_values
from report.document import document, write_json
from report.layouts import LAYOUTS, Layout
from report.ledger import Ledger, Subject
from report.measure import coverage
from report.measure.casts import beyond, saturated
from report.measure.reductions import ulp_error
from report.measure.same_bits import folded
from report.measure.special import parse_value
from report.measure.ulp import ulp_distance
from report.mpfr import errors_of, has_function
from report.page import render, short_types
from report.rules import Rule, RuleError, load_rules
from report.spec import Spec
from report.times import NOT_A_TIME, UNITS, counted
from report.timing import Timed, best_of


def rule(name: str = "meant", **changes: Any) -> Rule:
    facts: dict[str, Any] = {
        "status": "deliberate", "checks": ("values",), "ufuncs": (), "types": (), "tags": (),
        "reason": "because", "depends_on_cpu": False,
    }  # fmt: skip
    return Rule(name=name, **(facts | changes))


# ---- bits ---------------------------------------------------------------------------------------


def test_nans_are_equal_and_zeros_of_different_sign_are_not() -> None:
    left = np.array([np.nan, 0.0, 1.0])
    right = np.array([-np.nan, -0.0, 1.0])
    assert differing(left, right).tolist() == [1]
    assert digest(left[:1]) == digest(right[:1])
    assert digest(left) != digest(right)


def test_a_hash_ignores_byte_order_and_strides_but_not_the_dtype() -> None:
    values = np.arange(6, dtype=np.int32)
    scattered = np.zeros(12, ">i4")[::2]
    scattered[...] = values
    assert digest(values) == digest(scattered)
    assert digest(values) != digest(values.astype(np.uint32))
    assert canonical(scattered).dtype == np.dtype("<i4")


def test_operations_that_return_an_input() -> None:
    left, right = np.array([0.0, 1.0, np.nan]), np.array([-0.0, 2.0, 1.0])
    assert returns_an_input((left, right), np.maximum(left, right))
    assert not returns_an_input((left, right), left + right)


def test_folded_returns_the_first_run_that_differs() -> None:
    values = np.tile(np.arange(4), 3)
    assert folded(values, 4).tolist() == [0, 1, 2, 3]
    values[9] = 7
    assert folded(values, 4).tolist() == [0, 7, 2, 3]


# ---- corpus and layouts -------------------------------------------------------------------------


def test_a_corpus_never_changes() -> None:
    types = ("float64", "int8")
    assert digest(*corpus(types, 96).columns) == digest(*corpus.__wrapped__(types, 96).columns)
    assert corpus(types, 96).count % UNIT == 0


def test_special_values_come_in_every_combination() -> None:
    found = corpus(("float32", "float32"), 0)
    pairs = {(str(a), str(b)) for a, b in zip(*found.columns, strict=True)}
    assert ("0.0", "-0.0") in pairs and ("nan", "inf") in pairs and ("-inf", "1e-45") in pairs


def test_small_dtypes_are_tried_on_everything() -> None:
    found = corpus(("int8", "int8"), 10, exhaustive=True)
    assert len(set(zip(*(c.tolist() for c in found.columns), strict=True))) == 1 << 16


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.name))
@pytest.mark.parametrize("types", [("float64",), ("int8", "float32"), ("uint16",) * 3])
def test_a_layout_gives_results_in_the_order_of_the_columns(
    layout: Layout, types: tuple[str, ...]
) -> None:
    inputs = corpus(types, 96)

    def call(*operands: Any, out: Any = None, where: Any = True) -> Any:
        result = np.array(operands[-1]) + np.zeros(np.broadcast_shapes(*map(np.shape, operands)),
                                                   np.asarray(operands[-1]).dtype)  # fmt: skip
        if out is None:
            return result
        np.copyto(out, result, where=where)
        return out

    found = layout.run(call, inputs)
    assert found.shape == (inputs.count,)
    expected = inputs.columns[-1] + np.zeros(1, inputs.columns[-1].dtype)
    assert differing(found.astype(expected.dtype), expected).tolist() == []


def test_the_layouts_are_the_ten_of_the_bar_and_more() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS) >= 10


# ---- numbers ------------------------------------------------------------------------------------


def test_distances_in_representable_values() -> None:
    one = np.array([1.0, 1.0, np.nan, 0.0, np.inf])
    two = np.array([1.0, np.nextafter(1.0, 2), np.nan, -0.0, np.finfo(float).max])
    assert ulp_distance(one, two).tolist() == [0, 1, 0, np.inf, 1]


def test_errors_against_mpfr() -> None:
    inputs = np.array([0.0, 1.0, -800.0, 800.0, 709.0])
    good = np.array([1.0, 2.718281828459045, 0.0, np.inf, np.exp(709.0)])
    bad = np.array([np.nextafter(1.0, 2), 2.7182818284590455, 5e-324, np.finfo(float).max, np.nan])
    rounded, wrong = errors_of(("exp",), inputs, [good, bad])
    assert rounded[:4].tolist() == pytest.approx([0, 0.325, 0, 0], abs=1e-3)
    assert wrong[0] == 1 and 0.67 < wrong[1] < 0.68 and wrong[2] == 1
    assert wrong[3] > 1e3 and wrong[4] == np.inf
    assert has_function(("exp",)) and not has_function(("no_such_function",))


def test_errors_of_subnormal_results_are_counted_in_their_own_unit() -> None:
    (errors,) = errors_of(("exp",), np.array([-100.0], np.float32), [np.array([2e-45], np.float32)])
    true = float(np.exp(np.longdouble(-100)))
    assert errors[0] == pytest.approx(abs(float(np.float32(2e-45)) - true) / 2.0**-149, rel=1e-6)


def test_error_of_a_reduction() -> None:
    unit = np.spacing(np.float32(3.0))
    assert ulp_error(np.array(np.float32(3.0)), np.array(np.longdouble(3.0) + unit)) == 1.0


def test_casts_beyond_the_limits() -> None:
    values = np.array([127.9, 128.0, -129.0, -128.5, np.nan, -np.inf])
    assert beyond(values, "int8").tolist() == [False, True, True, False, True, True]
    assert saturated(values[[1, 2, 4, 5]], "int8").tolist() == [127, -128, 0, -128]
    assert beyond(np.array([2.0**63, -(2.0**63)]), "int64").tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [("min", "int8", -128), ("max", "float32", np.finfo(np.float32).max), ("true", "bool", True),
     ("0x1p-3", "float64", 0.125), ("-inf", "float32", -np.inf), ("255", "uint8", 255)],
)  # fmt: skip
def test_values_of_the_spec(text: str, dtype: str, expected: Any) -> None:
    (value,) = parse_value(text, dtype)
    assert value == expected and value.dtype.name == dtype


def test_timing_takes_the_least_of_interleaved_repeats() -> None:
    fast, slow = best_of([Timed(sum, [(1, 2)], {}), Timed(sum, [range(5_000)], {})], 3)
    assert 0 < fast < slow


# ---- times --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["m8", "M8"])
def test_counts_in_other_units_are_numpys_where_64_bits_hold_them(kind: str) -> None:
    units = [unit for unit in (*UNITS, "W", "h", "90m", "6M", "ms") if unit]
    for source, target in itertools.product((np.dtype(f"{kind}[{unit}]") for unit in units), repeat=2):
        if kind == "m8" and "ns" in (np.datetime_data(source)[0], np.datetime_data(target)[0]):
            continue  # NumPy's factors of average years overflow
        counts = [NOT_A_TIME, 0, 1, -1, 11, -13, 146_097, -719_469, 10_957]
        found = [in_unit_of(count, source, target) for count in counts]
        wanted = counted(counts, source).astype(target).view(np.int64).tolist()
        assert [count for count, fits in found if fits] == [w for w, (_, fits) in zip(wanted, found) if fits]
        assert sum(fits for _, fits in found) > 5


def test_counts_that_leave_64_bits_wrap_around() -> None:
    years, days = np.dtype("M8[Y]"), np.dtype("M8[D]")
    assert in_unit_of(4 * 10**17, years, days) == ((4 * 10**17 // 400 * 146_097 + 2**63) % 2**64 - 2**63, False)
    assert in_unit_of(400, years, days) == (146_097, True)
    spans = np.dtype("m8[Y]"), np.dtype("m8[ns]")
    assert in_unit_of(-2, *spans) == (-2 * 31_556_952 * 10**9, True)
    assert leave_64_bits(counted([1, 2**40, NOT_A_TIME], spans[0]), spans[1]).tolist() == [False, True, False]
    assert in_unit_of(5, np.dtype("m8"), spans[1]) == (5, True)


def test_specials_of_times_are_limits_and_ends_of_years() -> None:
    values = special_values(np.dtype("M8[D]")).view(np.int64).tolist()
    assert {NOT_A_TIME, NOT_A_TIME + 1, 2**63 - 1, 0, -1, 10_956, 10_957} <= set(values)
    assert np.isnat(corpus(("datetime64",), 96).columns[0]).all(), "NumPy has no other counts without a unit"
    assert len(special_values(np.dtype("m8"))) == 11


def test_times_are_shown_as_counts() -> None:
    values = counted([-3, NOT_A_TIME], "M8[25s]")
    assert [value_text(value) for value in values] == ["-3 25s", "NaT"]
    assert value_text(np.timedelta64(2**62, "D")) == "4611686018427387904 D"


def test_a_loop_that_nothing_compared_is_told(make: MakeContext, spec: Spec) -> None:
    context = make(FakeQuern(part_of(spec, ["sqrt"])), ["sqrt"])
    loop = context.loops()[0]
    for check, target in itertools.product(("values", "conditions", "same bits"), context.targets):
        if (check, target) != ("same bits", context.targets[1]):
            context.ledger.passed(Subject(check, loop.ufunc, loop.types, target))
    section = coverage.measure(context)
    assert section["compared"] == {"values": 1, "flags": 1, "bits": 0}
    examples = {example.tags[0]: example.case for finding in context.ledger.findings() for example in finding.examples}
    assert loop.types in examples["bits"] and loop.types not in examples["values"].split(" of ", 1)[1].split("; ")


# ---- rules and ledger ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {status: fine, checks: [values], reason: x}",
         "rule a: the status must be one of deliberate, not yet"),
        ("a: {status: deliberate, checks: [values]}", "rule a: a reason and checks are needed"),
        ("a: {status: deliberate, checks: [values], reason: x, ufunc: add}",
         "rule a: unknown keys ufunc"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=re.escape(message)):
        load_rules(tmp_path / "rules.yaml")


def test_the_rules_of_this_repository_load() -> None:
    assert all(len(rule.reason) > 40 for rule in load_rules(cli.RULES))


def test_a_rule_needs_all_its_tags_and_one_of_its_patterns() -> None:
    ledger = Ledger([rule(ufuncs=("max*", "min*"), types=("float*",), tags=("zero", "tie"))])
    subject = Subject("values", "maximum", "float32, float32 -> float32")
    assert ledger.differs(subject, "", "", "", tags=["tie", "zero", "more"]) == "deliberate"
    assert ledger.differs(subject, "", "", "", tags=["tie"]) == "failed"
    other = Subject("values", "add", "float32, float32 -> float32")
    assert ledger.differs(other, "", "", "", tags=["tie", "zero"]) == "failed"
    assert (ledger.total.cases, ledger.total.failed, ledger.total.deliberate) == (3, 2, 1)


def test_failures_come_first_and_examples_are_few() -> None:
    ledger = Ledger([rule()])
    for index in range(9):
        ledger.differs(Subject("values", "add"), f"case {index}", "1", "2", count=10)
        ledger.differs(Subject("types", "add"), f"case {index}", "1", "2")
    first, second = ledger.findings()
    assert (first.status, first.count, len(first.examples)) == ("failed", 9, 3)
    assert (second.status, second.count, len(second.examples)) == ("deliberate", 90, 3)


@pytest.mark.parametrize(("depends_on_cpu", "failed"), [(False, 1), (True, 0)])
def test_a_rule_that_explains_nothing_fails(depends_on_cpu: bool, failed: int) -> None:
    ledger = Ledger([rule(depends_on_cpu=depends_on_cpu)])
    ledger.report_stale_rules(["values"])
    assert ledger.total.failed == failed


def test_a_rule_whose_check_did_not_run_is_left_alone() -> None:
    ledger = Ledger([rule()])
    ledger.report_stale_rules(["types"])
    assert ledger.total.cases == 0


# ---- document and page --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(make: MakeContext, spec: Spec) -> dict[str, Any]:
    """A report with a failure, over two ufuncs."""

    def fault(_: Any, method: str, arguments: Any, result: Any) -> Any:
        return ("bool",) * 3 if (method, *arguments) == ("resolve", "add", "int8", "int8") else result

    names = ("add", "exp")
    context = make(Faulty(part_of(spec, names), fault), names)
    wanted = [s for s in steps.STEPS if not s.section.startswith("same") and s.section != "speed"]
    return document(context, *steps.run_steps(context, wanted))


def test_the_summary_comes_first(report: dict[str, Any], tmp_path: Path) -> None:
    write_json(tmp_path / "report.json", report)
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert text.startswith('{\n "summary": {"cases": ')
    read = json.loads(text)
    assert list(read)[0] == "summary" and list(read["summary"])[:3] == ["cases", "failed", "deliberate"]
    assert read["summary"]["failed"] >= 1


def test_rows_name_loop_and_target(report: dict[str, Any], spec: Spec) -> None:
    row = next(r for r in report["rows"] if r["types"] == "float64, float64 -> float64")
    assert (row["ufunc"], row["target"], row["status"]) == ("add", spec.whole_targets[-1], "passed")
    assert row["cases"] > 100 and row["ran_on"] == row["target"] and row["kind"] == "vector"
    assert len(report["rows"]) == len(spec.whole_targets) * (17 + 3)


def test_loops_are_counted_by_kind(report: dict[str, Any], spec: Spec) -> None:
    section = report["dispatch"]
    assert [word["kind"] for word in section["words"]] == list(spec.loop_kinds)
    counts = {row["target"]: row["counts"] for row in section["counts"]}
    assert list(counts) == list(reversed(spec.targets))
    assert counts["SSE2"] == [14, 5, 1], "exp is emulated in float16 and float32 and scalar in float64, times are emulated"
    assert "Loops by kind" in render(report)


def test_a_failure_is_named_with_both_answers(report: dict[str, Any]) -> None:
    first = report["differences"][0]
    assert (first["status"], first["check"], first["ufunc"]) == ("failed", "types", "add")
    assert first["examples"][0] == {
        "case": "int8, int8", "quern": "bool, bool -> bool", "expected": "int8, int8 -> int8"
    }  # fmt: skip
    assert any("add int8, int8" in line for line in cli.failure_lines(report))


def test_the_page_needs_nothing_else(report: dict[str, Any]) -> None:
    page = render(report)
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)""", page)
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<script") == 2 and "</script>" not in json.dumps(report)


def test_data_cannot_end_the_script_element(report: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(report))
    broken["differences"][0]["examples"][0]["case"] = "</script><b>"
    assert "</script><b>" not in render(broken)


def test_every_label_of_the_page_has_its_field(report: dict[str, Any]) -> None:
    page = render(report)
    script = page[page.rindex("<script>") :]
    for name in re.findall(r"byId\('([a-z-]+)'\)", script):
        assert f'id="{name}"' in page, name
    assert 'lang="en"' in page and "viewport" in page


def test_short_names() -> None:
    assert short_types("float64, bool -> uint16") == "f8, b1 → u2"
    assert short_types("timedelta64[25s], float64 -> timedelta64") == "m8[25s], f8 → m8"
    assert short_types("refused") == "refused"


def test_the_script_stays_short() -> None:
    script = (cli.ROOT / "tools" / "report" / "page" / "app.js").read_text(encoding="utf-8")
    assert script.count("\n") <= 240


# ---- command line -------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_good", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_tells_of_failures(
    spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_good: bool, code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fault(_: Any, method: str, arguments: Any, result: Any) -> Any:
        return result if is_good or method != "promote_types" else "bool"

    wanted = [step for step in steps.STEPS if step.section == "casting"]
    monkeypatch.setattr(cli, "run_steps", lambda context: steps.run_steps(context, wanted))
    monkeypatch.setattr(cli, "load_rules", lambda path: ())  # what they explain does not happen to the fake
    monkeypatch.setattr(cli, "import_quern", lambda build: None)
    monkeypatch.setattr(cli, "QuernLibrary", lambda module: Faulty(spec, fault))
    assert cli.main(["--quick", "--output", str(tmp_path)]) == code
    assert (tmp_path / "index.html").exists() and (tmp_path / "report.json").exists()
    assert "index.html" in capsys.readouterr().out


def test_the_fake_is_what_the_tests_take_it_for(spec: Spec) -> None:
    assert FakeQuern(spec).targets() == tuple(reversed(spec.targets))
    assert sys.modules["report.cli"] is cli
