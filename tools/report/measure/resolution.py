"""Which loop each ufunc chooses for every ordered tuple of dtypes, and to fold elements of every dtype."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..basics import Json, loop_text
from ..context import Context, Section
from ..ledger import PASSED, Subject
from ..library import Library
from ..times import counts_time, ones, without_unit
from .refusals import Outcome, outcome_of

CHECK = "types"
MISSING_DTYPE = "a dtype that quern lacks"


def chosen_loop(library: Library, ufunc: str, inputs: Sequence[str]) -> Outcome:
    def resolve() -> str:
        types = library.resolve(ufunc, inputs)
        return loop_text(types[: len(inputs)], types[len(inputs) :])

    return outcome_of(resolve)


def folding_loop(library: Library, ufunc: str, dtype: str) -> Outcome:
    def resolve() -> str:
        types = library.resolve_reduction(ufunc, dtype)
        return loop_text(types[:2], types[2:])

    return outcome_of(resolve)


def names_in(text: str) -> set[str]:
    """The dtypes in a loop's text."""
    return set(text.replace(" -> ", ", ").split(", "))


def missing_tags(context: Context, outcome: Outcome) -> list[str]:
    """The tags of a NumPy outcome that names dtypes quern does not have."""
    if outcome.error is not None:
        return []
    missing = sorted(set(map(without_unit, names_in(outcome.text))) - set(context.spec.dtypes))
    return [MISSING_DTYPE, *missing] if missing else []


def compare_cell(
    context: Context, subject: Subject, ours: Outcome, numpys: Outcome, tags: Sequence[str] = ()
) -> str:
    """Enters one cell of a table of types; its status."""
    if ours.agrees_with(numpys):
        context.ledger.passed(subject)
        return PASSED
    tags = [*tags, *missing_tags(context, numpys)]
    return context.ledger.differs(subject, subject.types, ours.text, numpys.text, tags=tags)


def _table(context: Context, ufunc: str, nin: int) -> Json:
    """Cells in row-major order: quern's outputs, and the status where it is not passed."""
    outcomes: list[str] = []
    cells: list[int] = []
    statuses: dict[int, str] = {}
    for inputs in itertools.product(context.dtypes, repeat=nin):
        ours = chosen_loop(context.library, ufunc, inputs)
        numpys = chosen_loop(context.oracle, ufunc, inputs)
        subject = Subject(CHECK, ufunc, ", ".join(inputs))
        status = compare_cell(context, subject, ours, numpys)
        text = "refused" if ours.error else ours.text
        if text not in outcomes:
            outcomes.append(text)
        if status != PASSED:
            statuses[len(cells)] = status
        cells.append(outcomes.index(text))
    return {"ufunc": ufunc, "nin": nin, "outcomes": outcomes, "cells": cells, "status": statuses}


def _compare_folds(context: Context, ufunc: str) -> None:
    for dtype in context.dtypes:
        ours = folding_loop(context.library, ufunc, dtype)
        numpys = folding_loop(context.oracle, ufunc, dtype)
        compare_cell(context, Subject(CHECK, ufunc, dtype), ours, numpys, ["reduction"])


def _compare_functions(context: Context) -> None:
    """What are functions in NumPy and ufuncs here: the dtype of the result, or that there is none."""
    for ufunc in context.spec.ufuncs:
        function = context.oracle.function(ufunc.name)
        if function is None:
            continue
        for dtype in context.dtypes:
            array = ones(2, dtype)
            # Parameters take no part in the choice; those of complex numbers and times are real.
            parameter = np.ones(1) if counts_time(array.dtype) else array[:1].real
            values = [parameter] * (ufunc.nin - 1)
            ours = _result_of(lambda: context.library.call(ufunc.name, array, *values)[0])
            numpys = _result_of(lambda: function(array))
            compare_cell(context, Subject(CHECK, ufunc.name, dtype), ours, numpys)


def _result_of(call: Callable[[], Any]) -> Outcome:
    return outcome_of(lambda: str(np.asarray(call()).dtype.name))


def _compare_registry(context: Context) -> None:
    """The library has exactly the ufuncs and dtypes of the spec."""
    subject = Subject("registry")
    library, spec = context.library, context.spec
    ufuncs = {ufunc.name for ufunc in spec.ufuncs}
    for kind, ours, specs in (
        ("dtype", set(library.dtypes()), set(spec.dtypes)),
        ("ufunc", set(library.ufuncs()), ufuncs),
    ):
        for name in sorted(ours | specs):
            here = "present" if name in ours else "absent"
            there = "present" if name in specs else "absent"
            context.ledger.compare(subject, f"{kind} {name}", here, there)


def measure(context: Context) -> Section:
    _compare_registry(context)
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    ufuncs = [ufunc for ufunc in context.spec.ufuncs if ufunc.name in known]
    _compare_functions(context)
    for ufunc in ufuncs:
        function = context.oracle.ufunc(ufunc.name)
        if (function.nin, function.nout, function.signature) == (2, 1, None):
            _compare_folds(context, ufunc.name)
    return {
        "dtypes": list(context.dtypes),
        "ufuncs": [
            _table(context, ufunc.name, ufunc.nin)
            for ufunc in context.progress.track(ufuncs, len(ufuncs))
        ],
    }
