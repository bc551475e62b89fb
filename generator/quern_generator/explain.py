"""What one ufunc, reduction or dtype expands to, in words and tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from .expression import text_of
from .faults import nearest
from .kinds import kinds_text
from .model import DType, Loop, Spec, Ufunc


class UnknownName(Exception):
    """A name that the spec does not have; the message suggests one that it has."""


def explain(spec: Spec, name: str, list_files: bool = True) -> str:
    """The explanation of a name; raises UnknownName. Listing the generated files means making them all."""
    dtypes = {dtype.name: dtype for dtype in spec.dtypes}
    ufuncs = {known: ufunc for ufunc in spec.ufuncs for known in names_of(ufunc)}
    if name in ufuncs:
        lines = [*ufunc_lines(spec, ufuncs[name]), *(output_lines(spec, ufuncs[name]) if list_files else ())]
        return "\n".join(lines)
    if name in dtypes:
        return "\n".join(dtype_lines(spec, dtypes[name]))
    suggestion = nearest(name, [*ufuncs, *dtypes])
    more = f'; the nearest is "{suggestion}"' if suggestion else ""
    raise UnknownName(f'no ufunc and no dtype is called "{name}"{more}')


def names_of(ufunc: Ufunc) -> Iterator[str]:
    """The ufunc's name, its aliases, and its reductions with theirs."""
    yield ufunc.name
    yield from ufunc.aliases
    for function in ufunc.functions:
        yield function.name
        yield from function.aliases


def table(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows with their columns aligned."""
    listed = [list(row) for row in rows]
    if not listed:
        return []
    widths = [max(map(len, column)) for column in zip(*listed)]
    return [indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in listed]


def ufunc_lines(spec: Spec, ufunc: Ufunc) -> Iterator[str]:
    """All that follows from one ufunc file."""
    call = f"{ufunc.name}({', '.join(ufunc.inputs)}) -> {', '.join(ufunc.outputs)}"
    yield f"{call}    {ufunc.origin}"
    yield f"  {ufunc.summary}"
    signature = ufunc.signature.text if ufunc.signature else None
    facts = {"signature": signature, "operator": ufunc.operator, "aliases": ", ".join(ufunc.aliases), "family": ufunc.family}
    yield from table([key, value] for key, value in facts.items() if value)
    yield f"reference: {ufunc.reference}"
    yield "loops:"
    yield from table([("types", "body", "flags", "accuracy", "kernel", "kind", "spec"), *map(loop_row, ufunc.loops)])
    yield "resolution:"
    yield from resolution_lines(spec, ufunc)
    yield from reduction_lines(spec, ufunc)
    yield "special values:"
    yield from table(special_rows(ufunc))
    yield "examples:"
    yield from (f"  {example}" for example in ufunc.examples)


def types_of(loop: Loop) -> str:
    """A loop's types as a spec writes them."""
    return f"{', '.join(d.name for d in loop.inputs)} -> {', '.join(d.name for d in loop.outputs)}"


def loop_row(loop: Loop) -> tuple[str, ...]:
    """A line of the table of loops."""
    flags = ", ".join(flag if flag in loop.hardware_flags else f"{flag} (computed)" for flag in loop.declared_flags)
    kernel = f"{loop.kernel} = {loop.same_code_as}" if loop.same_code_as else loop.kernel
    marks = (" (exact)" if loop.exact else "") + (" (refuses values)" if loop.refusal else "")
    marks += " (checked)" if loop.checked else ""
    kinds, body = kinds_text(loop.kinds), loop.core.name if loop.core else text_of(loop.bodies)
    return types_of(loop) + marks, body, flags or "-", loop.accuracy, kernel, kinds, str(loop.origin)


def resolution_lines(spec: Spec, ufunc: Ufunc) -> Iterator[str]:
    """How many input types lead to each loop, and which are refused."""
    reached: dict[int, int] = {}
    for value in ufunc.resolution:
        reached[value] = reached.get(value, 0) + 1
    cells = len(ufunc.resolution)
    refused = sum(count for value, count in reached.items() if value < 0)
    yield f"  {cells} combinations of input types: {cells - refused} have a loop, {refused} are refused"
    yield from table(
        [types_of(ufunc.loops[value]), f"from {count}", first_cells(spec, ufunc, value)]
        for value, count in sorted(reached.items())
        if value >= 0
    )
    for value, count in sorted(reached.items()):
        if value < 0:
            message = ufunc.refusals[-value - 1] or "no loop"
            yield f"  refused: {count}, {message}: {first_cells(spec, ufunc, value)}"


def first_cells(spec: Spec, ufunc: Ufunc, value: int, most: int = 4) -> str:
    """The first few inputs of an outcome."""
    cells = itertools.product(spec.dtypes, repeat=ufunc.choosing)
    found = [cell for cell, outcome in zip(cells, ufunc.resolution) if outcome == value]
    listed = " ".join(f"({', '.join(dtype.name for dtype in cell)})" for cell in found[:most])
    return listed + (" ..." if len(found) > most else "")


def reduction_lines(spec: Spec, ufunc: Ufunc) -> Iterator[str]:
    """Loops and values of the reductions."""
    if ufunc.reduction is None:
        return
    functions = ", ".join("/".join([f.name, *f.aliases]) for f in ufunc.functions) or "none"
    axes = "several axes" if ufunc.reorderable else "one axis"
    yield f"reduction: functions {functions}; identity {ufunc.identity or 'none'}; over {axes} at once"
    rows = []
    for dtype, value in zip(spec.dtypes, ufunc.reduction):
        loop = ufunc.loops[value] if value >= 0 else None
        method = "-" if loop is None else f"tree from {loop.neutral}" if loop.neutral is not None else "in sequence"
        rows.append((dtype.name, "refused" if loop is None else f"as {loop.inputs[0].name}", method))
    yield from table(rows)


def special_rows(ufunc: Ufunc) -> Iterator[tuple[str, ...]]:
    """The table of special values."""
    for row in ufunc.special_values:
        loop = ufunc.loops[row.loop]
        call = f"({', '.join(row.inputs)}) -> {', '.join(row.outputs)}"
        yield types_of(loop), call, ", ".join(row.raises) or "-", str(row.origin)


def output_lines(spec: Spec, ufunc: Ufunc) -> Iterator[str]:
    """Generated files that name the ufunc."""
    from .views import all_files

    yield "generated files that name it:"
    names = [str(ufunc.origin.path), f'"{ufunc.name}"']
    for file in all_files(spec):
        if file.path.stem == ufunc.name or any(name in file.text for name in names):
            yield f"  {file.path}"


def dtype_lines(spec: Spec, dtype: DType) -> Iterator[str]:
    """All that follows from one dtype file."""
    yield f"{dtype.name}    {dtype.origin}"
    yield f"  {dtype.summary}"
    facts = {
        "kind": dtype.kind,
        "size": f"{dtype.size} byte(s), aligned to {dtype.alignment}",
        "limits": f"{dtype.minimum} to {dtype.maximum}",
        "C++": dtype.cpp,
        "C": dtype.c,
        "NumPy": f"{dtype.numpy_char} of kind {dtype.numpy_kind}, {dtype.npy} in .npy files",
        "classes": ", ".join(word for word, members in spec.dtype_classes if dtype.name in members),
    }
    yield from table(facts.items())
    yield "casts:"
    levels = spec.casting.least_level[dtype.index]
    yield from table((other.name, level) for other, level in zip(spec.dtypes, levels))
    yield "promotion:"
    promotion = spec.casting.promotion[dtype.index]
    yield from table(
        (other.name, "refused" if found is None else spec.dtypes[found].name)
        for other, found in zip(spec.dtypes, promotion)
    )
    yield "loops:"
    for ufunc in spec.ufuncs:
        kernels = [loop.kernel for loop in ufunc.loops if dtype in loop.types]
        if kernels:
            yield f"  {ufunc.name}: {', '.join(kernels)}"
