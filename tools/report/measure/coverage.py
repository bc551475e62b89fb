"""What no other check looked at: loops whose values, flags or bits nothing was compared with.

Each check goes by what NumPy, ml_dtypes or the golden data have, and what they lack would not show. Here every loop
of the spec is held against the cases that were counted; a rule says where else those left out are tested.
"""

from __future__ import annotations

from ..context import Context, Section
from ..ledger import Subject
from ..spec import Loop

CHECK = "coverage"

# The checks that look at each side of a loop, on every target.
ASPECTS = {
    "values": ("values", "ml_dtypes", "products"),
    "flags": ("flags", "conditions", "products"),
    "bits": ("same bits",),
}


def reasons(context: Context, loop: Loop) -> list[str]:
    """Why a loop may have been left out, as tags."""
    found = []
    if loop.ufunc not in context.oracle.ufuncs():
        found.append("no ufunc in NumPy")
    if not set(context.names_of_dtypes).issuperset(loop.inputs + loop.outputs):
        found.append("no dtype in NumPy")
    if loop.signature is not None:
        found.append("signature")
    return [*found, "refuses"] if loop.refuses else found


def measure(context: Context) -> Section:
    """Section: how many loops there are, and by side how many of them were compared on every target of theirs."""
    met = {(s.check, s.ufunc, s.types, s.target) for s, tally in context.ledger.subjects.items() if tally.cases}
    compared = dict.fromkeys(ASPECTS, 0)
    left_out: dict[tuple[str, ...], list[str]] = {}
    for loop in context.spec.loops:
        for aspect, checks in ASPECTS.items():
            if aspect == "flags" and not loop.flags:
                continue
            if all(any((c, loop.ufunc, loop.types, t) in met for c in checks) for t in context.targets_of(loop)):
                context.ledger.passed(Subject(CHECK, loop.ufunc))
                compared[aspect] += 1
            else:
                left_out.setdefault((loop.ufunc, aspect, *reasons(context, loop)), []).append(loop.types)
    for (ufunc, *tags), loops in left_out.items():
        case = f"{tags[0]} of {'; '.join(loops)}"
        context.ledger.differs(
            Subject(CHECK, ufunc), case, "not compared", "compared", tags=tags, count=len(loops)
        )
    return {"loops": len(context.spec.loops), "compared": compared}
