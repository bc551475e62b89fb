"""A context over the fake, small enough to run every measurement in seconds."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "tools", ROOT / "tests" / "conformance", Path(__file__).resolve().parent):
    sys.path.insert(0, str(folder))

from fakes import FakeQuern, MakeContext, part_of

from report import cli
from report.cli import make_context
from report.context import QUICK, Context
from report.library import Library
from report.measure import same_bits, same_sums
from report.oracle import find_ufunc
from report.progress import Progress
from report.spec import Spec, load_spec

SMALL = dataclasses.replace(QUICK, values=96, accuracy=400, repeats=1, sizes=(16,))


@pytest.fixture(autouse=True)
def few_shared_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake has no threads to share long calls between."""
    for module in (same_bits, same_sums):
        monkeypatch.setattr(module, "SHARED_ELEMENTS", 4_800)


# Ufuncs of which the fake, which is NumPy, has other loops or other flags than the spec: it knows only overflow and
# underflow of what it rounds itself.
UNLIKE_NUMPY = (
    "power", "float_power", "ldexp", "degrees", "rad2deg", "radians", "deg2rad", "expm1", "log", "log2", "log10", "log1p",
    "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2",
    "cbrt", "hypot", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
)  # fmt: skip


@pytest.fixture(scope="session")
def spec() -> Spec:
    """The ufuncs that NumPy can stand in for."""
    whole = load_spec(ROOT / "generated")
    names = [ufunc.name for ufunc in whole.ufuncs]
    return part_of(whole, [name for name in names if find_ufunc(name) is not None and name not in UNLIKE_NUMPY])


@pytest.fixture(autouse=True)
def no_other_ufuncs(monkeypatch: pytest.MonkeyPatch, spec: Spec) -> None:
    monkeypatch.setattr(cli, "load_spec", lambda folder: spec)


@pytest.fixture(scope="session")
def make(spec: Spec) -> MakeContext:
    """A fresh context, ledger included, around a library; `only` names the ufuncs to measure."""

    def build(library: Library, only: Sequence[str] = ()) -> Context:
        context = make_context(library, ROOT / "build", "quick", Progress(io.StringIO()))
        return dataclasses.replace(context, scale=SMALL, spec=part_of(spec, only))

    return build


@pytest.fixture
def context(make: MakeContext, spec: Spec) -> Context:
    return make(FakeQuern(spec))
