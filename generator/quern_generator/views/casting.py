"""Promotion and casting as tables: ``src/tables/casting.cpp``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import AbsentDType, NamedSet, Spec
from .casts import cast_sources, cast_symbol
from .names import dtype_id, flag_bits, package_of
from .render import render
from .text import OutputFile, banner, camel, cpp_string, rows


@dataclass(frozen=True)
class TableRow:
    """One row of a square table: the source dtype and its cells."""

    name: str
    cells: str


def files(spec: Spec) -> list[OutputFile]:
    """``src/tables/casts.h`` and ``src/tables/casting.cpp``."""
    package = package_of(spec)
    head = banner(_sources(spec), package=package.name)
    sources = cast_sources(spec)
    casting = spec.casting
    levels = [[f"k{camel(level)}" for level in row] for row in casting.least_level]
    header = render(
        "casts.h.j2",
        banner=head,
        package=package,
        guard=package.name.upper(),
        symbols=[cast_symbol(source) for source in sources],
    )
    order = kind_order(spec)
    text = render(
        "casting.cpp.j2",
        banner=head,
        package=package,
        level_names=sorted({cell for row in levels for cell in row}),
        levels=_table(spec, levels),
        promotion=_table(spec, [["-1" if cell is None else str(cell) for cell in row] for row in casting.promotion]),
        flags=_table(spec, [[str(flag_bits(spec, cell)) for cell in row] for row in casting.flags]),
        up_sets=rows([f"{up_set_bits(spec, row):#x}" for row in casting.up_sets]),
        by_order=rows([dtype_id(spec.dtypes[index]) for index in order]),
        weak=[
            TableRow(kind, rows(["-1" if cell is None else str(cell) for cell in row]))
            for kind, row in zip(casting.weak_kinds, casting.weak)
        ],
        weak_alone=rows([dtype_id(spec.dtypes[index]) for index in casting.weak_alone]),
        casts=[(dtype_id(source), cast_symbol(source)) for source in sources],
        abstract=[_named_set(named) for named in casting.abstract],
        standard_kinds=[_named_set(named) for named in casting.standard_kinds],
    )
    folder = PurePosixPath("src") / package.include / "tables"
    made = [OutputFile(folder / "casts.h", header), OutputFile(folder / "casting.cpp", text)]
    if package.is_base:
        refused = render("absent_dtypes.cpp.j2", banner=head, rows=_absent_rows(casting.absent))
        made.append(OutputFile(folder / "absent_dtypes.cpp", refused))
    return made


def _absent_rows(absent: Sequence[AbsentDType]) -> list[str]:
    """A row for each name: the name, the dtype's own, the reason."""
    return [
        f"    {{{cpp_string(name)}, {cpp_string(dtype.name)}, {cpp_string(dtype.reason)}}},"
        for dtype in absent
        for name in (dtype.name, *dtype.names)
    ]


def _sources(spec: Spec) -> list[str]:
    root = spec.dtypes[-1].origin.path.parent.parent
    return [str(root / "casting.yaml"), str(root / "dtypes") + "/"]


def _named_set(named: NamedSet) -> str:
    """A NamedSet: bits are ids, whatever the kind order."""
    parent = -1 if named.parent is None else named.parent
    summary = cpp_string(named.summary)
    return f"    {{{cpp_string(named.name)}, {sum(1 << index for index in named.members):#x}, {parent}, {summary}}},"


def _table(spec: Spec, cells: Sequence[Sequence[str]]) -> list[TableRow]:
    return [TableRow(dtype.name, rows(list(row))) for dtype, row in zip(spec.dtypes, cells)]


def kind_order(spec: Spec) -> list[int]:
    """Dtype ids in the order that breaks ties of promotion."""
    return list(spec.kind_order or (dtype.index for dtype in spec.dtypes))


def up_set_bits(spec: Spec, members: Sequence[int]) -> int:
    """A set of dtypes as bits of their positions in kind order."""
    order = kind_order(spec)
    return sum(1 << order.index(member) for member in members)
