"""Which target's kernel runs each loop, and how: its own under every target in use, if it was built for
it, and of the kind that the spec says of its words there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

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


def _answer(question: Callable[[str, Sequence[str]], str], loop: Loop) -> str:
    try:
        return question(loop.ufunc, loop.inputs)
    except Exception as error:
        return error_text(error)


def measure(context: Context) -> Section:
    """Section: by `ufunc|types|target`, the target that ran and its kind; loops of each kind by target."""
    ran: dict[str, str] = {}
    kinds: dict[str, str] = {}
    counts = {target: Counter[str]() for target in context.all_targets}
    for target in context.all_targets:
        context.library.use_target(target)
        for loop in context.own_loops():
            subject = Subject(CHECK, loop.ufunc, loop.types, target)
            key = f"{loop.ufunc}|{loop.types}|{target}"
            wanted = expected_target(context, loop, target)
            ran[key] = _answer(context.library.ran_on, loop)
            context.ledger.compare(subject, f"target {target}", ran[key], wanted)
            kinds[key] = _answer(context.library.kind_of, loop)
            context.ledger.compare(subject, f"kind on {target}", kinds[key], loop.kinds.get(wanted, "none"))
            counts[target][kinds[key]] += 1
    words = context.spec.loop_kinds
    return {
        "ran": ran,
        "kinds": kinds,
        "words": [{"kind": kind, "summary": summary} for kind, summary in words.items()],
        "counts": [
            {"target": target, "counts": [found[kind] for kind in words]} for target, found in counts.items()
        ],
    }
