"""Kernels: one translation unit per family, compiled once for every target."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import Loop, Spec
from .bodies import Functor, body_families, functor
from .literals import storage_literal
from .names import Package, package_of, storage_headers, storage_type, types_text
from .render import render
from .text import OutputFile, banner, filled, function, wrapped_comment
from .units import KernelIndex, Unit


@dataclass(frozen=True)
class KernelView:
    """The functions of one loop."""

    comment: str  # "// spec/ufuncs/add.yaml:9  add: float64, float64 -> float64"
    functor: Functor
    functions: tuple[str, ...]  # definitions, wrapped
    row: str  # of the family's table: "{add_float64, add_float64_reduce, ...}"


def files(spec: Spec) -> list[OutputFile]:
    """``src/kernels/<stem>.cpp``."""
    return [_unit_file(spec, package_of(spec), unit) for unit in KernelIndex(spec).units]


def _unit_file(spec: Spec, package: Package, unit: Unit) -> OutputFile:
    path = f"{package.include}kernels/{unit.stem}.cpp"
    text = render(
        "kernels.cpp.j2",
        banner=banner([str(loop.origin.path) for loop in unit.loops], package=package.name),
        path=path,
        package=package,
        unit=unit,
        includes=_includes(unit.loops),
        kernels=[kernel_view(loop) for loop in unit.loops],
        targets=[target.name for target in spec.targets if unit.family in target.families],
        excluded=[target.name for target in spec.targets if unit.family not in target.families],
    )
    return OutputFile(PurePosixPath("src") / path, text)


def _includes(loops: tuple[Loop, ...]) -> list[str]:
    """Headers that the kernels need: of the tables, of runtime/simd and of storage types."""
    forms = {"transform"}
    if any(_has_tree(loop) for loop in loops):
        forms.add("reduce")
    if any(loop.reduces for loop in loops):
        forms.add("scan")
    bodies = {stem for loop in loops for stem in body_families(loop)}
    storage = storage_headers(dtype for loop in loops for dtype in loop.types)
    return sorted(["core/tables.h", *storage, *(f"simd/{stem}-inl.h" for stem in forms | bodies)])


def _has_tree(loop: Loop) -> bool:
    return loop.reduces and loop.neutral is not None


def kernel_view(loop: Loop) -> KernelView:
    """The functor and the functions of a loop."""
    made = functor(loop)
    names = [loop.kernel]
    functions = [_transform(loop, made)]
    if _has_tree(loop):
        functions += [_reduce(loop, made), _reduce_columns(loop, made)]
        names += [f"{loop.kernel}_reduce", f"{loop.kernel}_reduce_columns"]
    else:
        names += ["nullptr", "nullptr"]
    if loop.reduces:
        functions.append(_scan(loop, made))
        names.append(f"{loop.kernel}_scan")
    else:
        names.append("nullptr")
    return KernelView(
        comment=wrapped_comment(f"{loop.origin}  {loop.ufunc}: {types_text(loop)}"),
        functor=made,
        functions=tuple(functions),
        row=filled("    {", names, "},"),
    )


def _function(name: str, parameters: list[str], call: str, arguments: list[str]) -> str:
    """A function that returns what the call of a template gives; ``call`` ends before its arguments."""
    head = filled(f"FpFlags {name}(", parameters, ") {")
    return function(head, filled(f"{call}(", arguments, ");"))


def _over_signature(template: str, loop: Loop) -> str:
    """The call of a template whose parameter is the loop's signature."""
    results = ", ".join(storage_type(dtype) for dtype in loop.outputs)
    if len(loop.outputs) > 1:
        results = f"Results<{results}>"
    return filled(f"  return {template}<{results}(", [storage_type(dtype) for dtype in loop.inputs], ")>")


def _transform(loop: Loop, made: Functor) -> str:
    parameters = ["const void* const* in", "void* const* out", "std::size_t n"]
    return _function(loop.kernel, parameters, _over_signature("Transform", loop), [f"{made.name}()", "in", "out", "n"])


def _reduce(loop: Loop, made: Functor) -> str:
    dtype = loop.outputs[0]
    neutral = storage_literal(dtype, str(loop.neutral))
    parameters = ["const void* in", "std::size_t n", "void* result"]
    arguments = [f"{made.name}()", neutral, "in", "n", "result"]
    return _function(f"{loop.kernel}_reduce", parameters, f"  return Reduce<{storage_type(dtype)}>", arguments)


def _reduce_columns(loop: Loop, made: Functor) -> str:
    dtype = loop.outputs[0]
    neutral = storage_literal(dtype, str(loop.neutral))
    parameters = [
        "const void* in",
        "std::ptrdiff_t row_stride",
        "std::size_t rows",
        "std::size_t columns",
        "void* out",
    ]
    arguments = [f"{made.name}()", neutral, "in", "row_stride", "rows", "columns", "out"]
    call = f"  return ReduceColumns<{storage_type(dtype)}>"
    return _function(f"{loop.kernel}_reduce_columns", parameters, call, arguments)


def _scan(loop: Loop, made: Functor) -> str:
    parameters = [
        "const void* in",
        "std::ptrdiff_t in_step",
        "void* out",
        "std::ptrdiff_t out_step",
        "std::size_t n",
        "void* accumulator",
    ]
    arguments = [f"{made.name}()", "in", "in_step", "out", "out_step", "n", "accumulator"]
    return _function(f"{loop.kernel}_scan", parameters, _over_signature("Scan", loop), arguments)
