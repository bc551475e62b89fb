"""Which target's kernel runs each loop: under every target in use, its own if it was built for it."""

from __future__ import annotations

from ..basics import error_text
from ..context import Context, Section
from ..ledger import Subject
from ..spec import Loop

CHECK = "dispatch"


def expected_target(context: Context, loop: Loop, target: str) -> str:
    """The target in use, or the best of the lesser ones that the loop's kernel was built for."""
    at = context.spec.targets.index(target)
    lesser = [name for name in context.spec.targets[: at + 1] if name in loop.targets]
    return lesser[-1] if lesser else "none"


def measure(context: Context) -> Section:
    """Section: by `ufunc|types|target`, the target that ran."""
    ran: dict[str, str] = {}
    for target in context.targets:
        context.library.use_target(target)
        for loop in context.loops():
            try:
                found = context.library.ran_on(loop.ufunc, loop.inputs)
            except Exception as error:
                found = error_text(error)
            subject = Subject(CHECK, loop.ufunc, loop.types, target)
            wanted = expected_target(context, loop, target)
            context.ledger.compare(subject, f"target {target}", found, wanted)
            ran[f"{loop.ufunc}|{loop.types}|{target}"] = found
    return {"ran": ran}
