"""Ufuncs as tables: ``src/tables/<family>.cpp``, one file per family of ufuncs, in parts where it would be too long.

``package.cpp`` joins the ufuncs of all families into one array. It sees only the symbol of each, so that
any change of a ufunc stays within its family's file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ..kinds import grouped_kinds
from ..model import Loop, Spec, Ufunc
from .cores import signature_rows
from .names import dtype_id, flag_set, loop_numbers, own_loops, package_of, types_text
from .render import render
from .text import OutputFile, banner, camel, cpp_string, cpp_strings, filled, rows
from .units import KernelIndex


# Lines of a file's arrays, safely below the limit of write.py.
PART_LINES = 1100


@dataclass(frozen=True)
class ArrayView:
    """A constant array: ``type name[size]`` and its rows."""

    type: str
    name: str
    size: int
    rows: str


@dataclass(frozen=True)
class UfuncTables:
    """Everything that a family's file says of one ufunc."""

    name: str
    symbol: str  # of the UfuncInfo
    summary: str  # definition, wrapped
    arrays: tuple[ArrayView, ...]
    row: str  # the UfuncInfo's members, wrapped

    @property
    def length(self) -> int:
        """Lines of its arrays."""
        return sum(array.rows.count("\n") + 3 for array in self.arrays)


def files(spec: Spec) -> list[OutputFile]:
    """The tables of every family that holds a ufunc."""
    kernels = KernelIndex(spec)
    made = []
    for family in table_families(spec):
        for number, part in enumerate(_parts(spec, kernels, family), 1):
            made.append(_part_file(spec, kernels, family if number == 1 else f"{family}_{number}", part))
    return made


def _parts(spec: Spec, kernels: KernelIndex, family: str) -> list[dict[Ufunc, UfuncTables]]:
    parts: list[dict[Ufunc, UfuncTables]] = []
    length = 0
    for ufunc in spec.ufuncs:
        if ufunc.family != family:
            continue
        tables = ufunc_tables(spec, kernels, ufunc)
        if not parts or length + tables.length > PART_LINES:
            parts.append({})
            length = 0
        parts[-1][ufunc] = tables
        length += tables.length
    return parts


def _part_file(spec: Spec, kernels: KernelIndex, stem: str, part: dict[Ufunc, UfuncTables]) -> OutputFile:
    package = package_of(spec)
    ufuncs = list(part)
    text = render(
        "ufunc_tables.cpp.j2",
        banner=banner([str(ufunc.origin.path) for ufunc in ufuncs], package=package.name),
        package=package,
        ufuncs=list(part.values()),
        kernel_symbols=_kernel_symbols(kernels, ufuncs),
        kinds=_kinds(ufuncs),
    )
    return OutputFile(PurePosixPath("src") / package.include / "tables" / f"{stem}.cpp", text)


def table_families(spec: Spec) -> list[str]:
    """Families that hold ufuncs of this package's tables, in the spec's order."""
    used = {ufunc.family for ufunc in spec.ufuncs}
    return [family for family in spec.families if family in used]


def _kernel_symbols(kernels: KernelIndex, ufuncs: list[Ufunc]) -> list[str]:
    return sorted({kernels.place(loop).unit.symbol for ufunc in ufuncs for loop in own_loops(ufunc)})


def _kinds(ufuncs: list[Ufunc]) -> list[ArrayView]:
    """The kinds of the family's loops by target: an array for each combination that occurs."""
    found = {loop.kinds for ufunc in ufuncs for loop in own_loops(ufunc)}
    return [
        ArrayView("TargetKind", _kinds_symbol(kinds), len(kinds), rows([_target_kind(*pair) for pair in kinds]))
        for kinds in sorted(found)
        if kinds
    ]


def _target_kind(target: str, kind: str) -> str:
    return f"{{HWY_{target}, {cpp_string(kind)}}}"


def _kinds_symbol(kinds: tuple[tuple[str, str], ...]) -> str:
    """``kVectorUpToAvx3EmulatedOnSse2Avx2Kinds``."""
    if not kinds:
        return "{}"
    last, *others = grouped_kinds(kinds)
    parts = [camel(last[0]), "UpTo", camel(kinds[-1][0].lower())]
    for kind, targets in others:
        parts += [camel(kind), "On", *(camel(target.lower()) for target in targets)]
    return f"k{''.join(parts)}Kinds"


def ufunc_symbol(ufunc: Ufunc) -> str:
    """The constant that describes a ufunc."""
    return f"k{camel(ufunc.name)}Ufunc"


def ufunc_tables(spec: Spec, kernels: KernelIndex, ufunc: Ufunc) -> UfuncTables:
    """The arrays of one ufunc, and what refers to them."""
    name = camel(ufunc.name)
    numbers = loop_numbers(ufunc)
    loops = own_loops(ufunc)
    arguments = [*ufunc.inputs, *ufunc.outputs]
    resolution = _renumbered(ufunc.resolution, numbers)
    arrays = [
        _types(name, loops),
        _strings(f"k{name}Arguments", arguments),
        ArrayView("LoopInfo", f"k{name}Loops", len(loops), _loop_rows(kernels, name, loops)),
        ArrayView("std::int16_t", f"k{name}Resolution", len(resolution), _resolution_rows(spec, resolution)),
        _strings(f"k{name}Refusals", list(ufunc.refusals)),
    ]
    if ufunc.reduction is not None:
        reduction = _renumbered(ufunc.reduction, numbers)
        cells = rows([str(cell) for cell in reduction])
        arrays.append(ArrayView("std::int16_t", f"k{name}Reduction", len(reduction), cells))
    if ufunc.aliases:
        arrays.append(_strings(f"k{name}Aliases", list(ufunc.aliases)))
    if ufunc.signature is not None:
        parts = signature_rows(name, ufunc.signature, ufunc.loops)
        arrays += [ArrayView(kind, label, len(items), rows(items)) for kind, label, items in parts]
    functions = function_names(ufunc)
    if functions:
        arrays.append(_strings(f"k{name}Functions", functions))
    return UfuncTables(
        name=ufunc.name,
        symbol=ufunc_symbol(ufunc),
        summary=_summary(name, ufunc.summary),
        arrays=tuple(array for array in arrays if array.size),
        row=_row(ufunc),
    )


def _summary(name: str, text: str) -> str:
    head = f"static const char k{name}Summary[] ="
    literal = cpp_strings(text, "    ", first=len(head) + 1)
    return f"{head}{literal};" if literal.startswith("\n") else f"{head} {literal};"


def _types(name: str, loops: tuple[Loop, ...]) -> ArrayView:
    lines = [filled("    {", [dtype_id(dtype) for dtype in loop.types], "},") for loop in loops]
    arity = len(loops[0].types) if loops else 0
    return ArrayView("DTypeId", f"k{name}Types[{len(loops)}]", arity, "\n".join(lines))


def function_names(ufunc: Ufunc) -> list[str]:
    """Names of the reductions that are functions of their own, aliases included."""
    return [name for function in ufunc.functions for name in (function.name, *function.aliases)]


def _strings(name: str, values: list[str]) -> ArrayView:
    wrapped = [cpp_strings(value, "    ", first=4) for value in values]
    if any("\n" in value for value in wrapped):
        text = ",\n".join("    " + value.lstrip("\n ") for value in wrapped) + ","
    else:
        text = rows(wrapped)
    return ArrayView("char* const", name, len(values), text)


def _renumbered(cells: tuple[int, ...], numbers: dict[int, int]) -> list[int]:
    return [cell if cell < 0 else numbers[cell] for cell in cells]


def _loop_rows(kernels: KernelIndex, name: str, loops: tuple[Loop, ...]) -> str:
    positions = {loop.kernel: position for position, loop in enumerate(loops)}
    made = []
    for position, loop in enumerate(loops):
        distance = positions.get(loop.computed_by or loop.kernel, position) - position
        made.append(_loop_row(kernels, name, position, loop, distance))
    return "\n".join(made)


def _loop_row(kernels: KernelIndex, name: str, position: int, loop: Loop, distance: int) -> str:
    place = kernels.place(loop)
    items = [
        f"k{name}Types[{position}]",
        f"&{place.unit.symbol}",
        str(place.index),
        flag_set(loop.hardware_flags),
        flag_set(loop.declared_flags),
        str(distance),
        str(kernels.checked_index(loop)),
        _kinds_symbol(loop.kinds),
        cpp_string(str(loop.origin)),
        *([cpp_string(loop.refusal)] if loop.refusal else []),
    ]
    return f"    // {types_text(loop)}\n" + filled("    {", items, "},")


def _resolution_rows(spec: Spec, cells: list[int]) -> str:
    """One line per row of the last index where it fits."""
    width = len(spec.dtypes)
    return "\n".join(rows([str(cell) for cell in cells[at : at + width]]) for at in range(0, len(cells), width))


def _row(ufunc: Ufunc) -> str:
    name = f"k{camel(ufunc.name)}"
    items = [
        cpp_string(ufunc.name),
        f"{name}Summary",
        cpp_string(ufunc.signature.text if ufunc.signature else ""),
        cpp_string(ufunc.operator or ""),
        str(len(ufunc.inputs)),
        str(ufunc.parameters),
        str(len(ufunc.outputs)),
        f"{name}Arguments",
        f"{name}Aliases" if ufunc.aliases else "{}",
        f"{name}Functions" if ufunc.functions else "{}",
        f"{name}Loops" if own_loops(ufunc) else "{}",
        f"{name}Resolution",
        f"{name}Reduction" if ufunc.reduction is not None else "nullptr",
        "kDTypeCount",
        f"{name}Refusals",
        identity(ufunc),
        "true" if ufunc.reorderable else "false",
        "true" if ufunc.compares else "false",
        cpp_string(str(ufunc.origin)),
    ]
    if ufunc.signature is not None or ufunc.exactly:
        items.append(f"{name}Core" if ufunc.signature is not None else "nullptr")
    if ufunc.exactly:
        items.append(f"ExactFold::k{camel(ufunc.exactly)}")
    return filled("    ", items, ",")


def identity(ufunc: Ufunc) -> str:
    """An Identity."""
    if ufunc.identity is None:
        return "{IdentityKind::kNone, 0, 0}"
    number = float(ufunc.identity)
    if number.is_integer():
        return f"{{IdentityKind::kInteger, {int(number)}, {int(number)}}}"
    infinity = "std::numeric_limits<double>::infinity()"
    text = {float("inf"): infinity, float("-inf"): "-" + infinity}.get(number, repr(number))
    return f"{{IdentityKind::kReal, 0, {text}}}"
