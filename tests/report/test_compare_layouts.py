"""bench/compare_layouts.py with NumPy in quern's place: every row runs, and equals NumPy's shape."""

from __future__ import annotations

import importlib.util
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from report.cli import ROOT

SCRIPT = ROOT / "bench" / "compare_layouts.py"


@pytest.fixture(scope="module")
def compare() -> ModuleType:
    found = importlib.util.spec_from_file_location("compare_layouts", SCRIPT)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["compare_layouts"] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


def stand_in(_: Any) -> Any:
    return SimpleNamespace(
        add=np.add, negative=np.negative, less=np.less, sum=np.sum, asarray=np.asarray, __version__="0",
        current_target=lambda: "none", set_thread_limit=lambda count: None,
    )  # fmt: skip


def test_every_row_is_measured(
    compare: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "import_quern", stand_in)
    wanted = ["--only", "layouts", "--only", "calls", "--size", "4800", "--repeats", "1", "--json"]
    assert compare.main(wanted) == 0
    facts = json.loads(capsys.readouterr().out)
    names = {row["name"] for row in facts["rows"]}
    assert {"step 2", "reversed", "rows of 16", "float64 + float32", "(n, 3) + (3,)"} <= names
    assert {"where=, density 0.5", "add, 4 elements, into out"} <= names
    assert all(row["quern_ns"] > 0 and row["ratio"] > 0 for row in facts["rows"])


def test_tables_mark_what_is_slower(
    compare: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [compare.Row("g", "fast", 10, 1.0, 2.0, 2.0), compare.Row("g", "slow", 10, 2.0, 1.0, 0.5)]
    compare.print_rows(rows)
    text = capsys.readouterr().out
    assert "0.50x  slower" in text and "1 slower than NumPy" in text


def test_every_sum_has_an_axis(compare: ModuleType) -> None:
    cases = list(compare.sum_cases("sum"))
    assert {case.keywords["axis"] for case in cases} >= {0, 1, None, (0, 2)}
    assert {str(case.operands[0].dtype) for case in cases} >= {"float64", "float32", "int8", "bool"}
