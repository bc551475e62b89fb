"""A context over the fake, small enough to run every measurement in seconds."""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT / "tools", ROOT / "tests" / "conformance", Path(__file__).resolve().parent):
    sys.path.insert(0, str(folder))

from fakes import FakeQuern

from report.cli import make_context
from report.context import QUICK, Context
from report.library import Library
from report.progress import Progress
from report.spec import Spec, load_spec

SMALL = dataclasses.replace(QUICK, values=96, accuracy=400, repeats=1, sizes=(16,))

MakeContext = Callable[[Library], Context]


@pytest.fixture(scope="session")
def spec() -> Spec:
    return load_spec(ROOT / "generated")


@pytest.fixture(scope="session")
def make(spec: Spec) -> MakeContext:
    """A fresh context, ledger included, around a library; three ufuncs keep it quick."""

    def build(library: Library) -> Context:
        context = make_context(library, ROOT / "build", "quick", Progress(io.StringIO()))
        return dataclasses.replace(context, scale=SMALL, spec=spec)

    return build


@pytest.fixture
def context(make: MakeContext, spec: Spec) -> Context:
    return make(FakeQuern(spec))
