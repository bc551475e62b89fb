"""Bad calls: quern refuses what NumPy refuses, with an exception of the same built-in classes.

Some calls and what NumPy made of them are recorded; others are made of the NumPy at hand.
"""

from __future__ import annotations

import builtins
import warnings
from typing import Any

import numpy as np

from ..basics import Json, error_text
from ..context import Context, Section
from ..ledger import FAILED, PASSED, Subject
from ..library import Library
from .bad_calls import CASES, Case
from .refusals import Outcome, outcome_of

CHECK = "errors"


def operand(data: Json) -> Any:
    """An operand or keyword as golden/README.md describes them."""
    if isinstance(data, list):
        return tuple(data)
    if not isinstance(data, dict):
        return data
    if "array" in data:
        entry = data["array"]
        array = np.ones(entry["shape"], entry["dtype"])
        array.flags.writeable = not entry.get("readonly", False)
        return array
    if "indices" in data:
        return np.array(data["indices"], np.int64)
    return int(data["integer"])


def replay(function: Any, method: str, operands: list[Json], keywords: dict[str, Json]) -> None:
    target = function if method == "call" else getattr(function, method)
    target(*map(operand, operands), **{key: operand(value) for key, value in keywords.items()})


def attempt(library: Library, case: Case) -> Outcome:
    def call() -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            case(library.ufunc)
        return "no exception"

    return outcome_of(call)


def _live(context: Context) -> list[Json]:
    """The calls of `bad_calls.py`, made of both libraries."""
    rows = []
    known = set(context.library.ufuncs()) & set(context.oracle.ufuncs())
    for name, (ufunc, case) in CASES.items():
        if ufunc not in known:
            continue
        subject = Subject(CHECK, ufunc)
        ours, numpys = attempt(context.library, case), attempt(context.oracle, case)
        status = PASSED
        if ours.agrees_with(numpys):
            context.ledger.passed(subject)
        else:
            tags = ["read-only"] if "read-only" in name else []
            status = context.ledger.differs(subject, name, ours.text, numpys.text, tags=tags)
        rows.append({"call": name, "quern": ours.text, "numpy": numpys.text, "failed": status == FAILED})
    return rows


def measure(context: Context) -> Section:
    return {"calls": _recorded(context) + _live(context)}


def _recorded(context: Context) -> list[Json]:
    """The golden calls."""
    rows = []
    for call in context.golden.error_calls():
        if call.ufunc not in context.names:
            continue
        subject = Subject(CHECK, call.ufunc)
        wanted = tuple(getattr(builtins, name) for name in call.refusal.builtin)
        try:
            function = context.library.ufunc(call.ufunc)
            replay(function, call.method, call.operands, call.keywords)
            ours, good = "no exception", False
        except Exception as error:
            ours, good = error_text(error), all(isinstance(error, kind) for kind in wanted)
        numpys = f"{call.refusal.error}: {call.refusal.message}"
        if good:
            context.ledger.passed(subject)
            status = PASSED
        else:
            status = context.ledger.differs(subject, call.description, ours, numpys)
        rows.append(
            {"call": call.description, "quern": ours, "numpy": numpys, "failed": status == FAILED}
        )
    return rows
