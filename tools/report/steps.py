"""The measurements in the order of the report, and running them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .basics import Json, error_text
from .context import Context, Section
from .environment import count_threads
from .ledger import Subject
from .measure import (
    accuracy,
    casting,
    casts,
    conditions,
    coverage,
    dispatch,
    errors,
    flags,
    mixed,
    products,
    reductions,
    resolution,
    same_bits,
    same_casts,
    same_sums,
    shapes,
    small_floats,
    special,
    speed,
    values,
    weak,
)


@dataclass(frozen=True)
class Step:
    """A measurement: its section in the report, a title, the checks it enters."""

    section: str
    title: str
    checks: tuple[str, ...]
    measure: Callable[[Context], Section]


STEPS: Sequence[Step] = (
    Step("types", "types of loops", ("registry", "types"), resolution.measure),
    Step("casting", "casting and promotion", ("casting", "promotion"), casting.measure),
    Step("weak", "arrays beside Python numbers", ("weak scalars",), weak.measure),
    Step("dispatch", "targets of kernels", ("dispatch",), dispatch.measure),
    Step("values", "values of loops", ("values",), values.measure),
    Step("small_floats", "bfloat16 and float8 beside ml_dtypes", ("ml_dtypes",), small_floats.measure),
    Step("mixed", "operands of mixed types", ("mixed types",), mixed.measure),
    Step("shapes", "calls of random shapes", ("shapes",), shapes.measure),
    Step("special", "special-value rows", ("special values",), special.measure),
    Step("flags", "floating-point flags", ("flags",), flags.measure),
    Step("conditions", "flags of special operands", ("conditions",), conditions.measure),
    Step("casts", "values and flags of casts", ("casts",), casts.measure),
    Step("reductions", "reductions", ("reductions",), reductions.measure),
    Step("products", "products of matrices", ("products",), products.measure),
    Step("errors", "refused calls", ("errors",), errors.measure),
    Step("same_bits", "same bits of loops", ("same bits",), same_bits.measure),
    Step("same_sums", "same bits of reductions", ("same bits, reductions",), same_sums.measure),
    Step("same_casts", "same bits of casts", ("same bits, casts",), same_casts.measure),
    Step("accuracy", "accuracy against MPFR", ("accuracy",), accuracy.measure),
    Step("coverage", "loops that were compared", ("coverage",), coverage.measure),
    Step("speed", "speed beside NumPy", ("speed",), speed.measure),
)


def _check_threads(context: Context, before: int | None) -> int | None:
    """Runs on many threads count only if the threads were started."""
    now = count_threads()
    if before is None or now is None:
        return None
    started, wanted = now - before + 1, max(same_bits.THREADS)
    subject = Subject("dispatch")
    if started >= wanted:
        context.ledger.passed(subject)
    else:
        context.ledger.differs(subject, "threads started", str(started), f"{wanted}")
    return started


def run_steps(context: Context, steps: Sequence[Step] = STEPS) -> tuple[dict[str, Json], int | None]:
    """The sections by name, with the seconds of each step, and the threads that were started."""
    sections: dict[str, Json] = {}
    threads: int | None = None
    seconds: dict[str, float] = {}
    for number, step in enumerate(steps, 1):
        begin = time.monotonic()
        before, failed = context.ledger.total.cases, context.ledger.total.failed
        context.progress.start(step.title)
        tasks = count_threads()
        try:
            sections[step.section] = step.measure(context)
        except Exception as error:  # a measurement that breaks must not hide the others
            subject = Subject(step.checks[-1])
            context.ledger.differs(subject, step.title, error_text(error), "a measurement")
            sections[step.section] = {}
        if step.section == "same_bits":
            threads = _check_threads(context, tasks)
        seconds[step.section] = time.monotonic() - begin
        cases, wrong = context.ledger.total.cases - before, context.ledger.total.failed - failed
        context.progress.say(
            f"{number}/{len(steps)} {step.title}: {cases:,} cases, {wrong:,} failed "
            f"({seconds[step.section]:.1f} s)"
        )
    sections["seconds"] = seconds
    context.ledger.report_stale_rules(check for step in steps for check in step.checks)
    return sections, threads
