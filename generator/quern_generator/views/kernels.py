"""Kernels: one translation unit per family, compiled once for every target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..model import Loop, Spec
from .bodies import Functor, body_families, functor, functor_name, is_by_parts
from .cores import core_function, core_row
from .literals import storage_literal
from .names import Package, flag_set, package_of, storage_headers, storage_type, types_text
from .render import render
from .text import OutputFile, banner, camel, filled, function, wrapped_comment
from .units import KernelIndex, Unit


@dataclass(frozen=True)
class KernelView:
    """The functions of one loop."""

    comment: str  # "// spec/ufuncs/add.yaml:9  add: float64, float64 -> float64"
    functor: Functor | None  # None for a core operation
    functions: tuple[str, ...]  # definitions, wrapped


@dataclass(frozen=True)
class ConvertedView:
    """The functions of a loop that is computed in another dtype, by the kernel of another loop."""

    comment: str
    functions: tuple[str, ...]


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
        includes=_includes(unit.loops + unit.checked),
        kernels=[kernel_view(loop) for loop in unit.loops + unit.checked if loop.computed_by is None]
        + [computing_view(loop) for loop in computing_loops(unit.loops)],
        converted=[converted_view(loop) for loop in unit.loops if loop.computed_by is not None],
        rows=[kernel_row(loop) for loop in unit.loops + unit.checked],
        targets=[target.name for target in spec.targets if unit.family in target.families],
        added=[target.name for target in spec.targets if unit.family in target.families and not target.whole],
    )
    return OutputFile(PurePosixPath("src") / path, text)


def _includes(loops: tuple[Loop, ...]) -> list[str]:
    """Headers that the kernels need: of the tables, of runtime/simd and of storage types."""
    forms = {"transform"} if any(loop.core is None for loop in loops) else set()
    forms |= {loop.core.family for loop in loops if loop.core is not None}
    if any(_has_tree(loop) and not _is_folded(loop) for loop in loops):
        forms.add("reduce")
    if any(loop.reduces for loop in loops):
        forms.add("scan")
    folds = ["simd/fold.h"] if any(_is_folded(loop) for loop in loops) else []
    if any(loop.computed_by is not None for loop in loops):
        forms.add("converted")
    bodies = {stem for loop in loops for stem in body_families(loop)}
    storage = storage_headers(dtype for loop in loops for dtype in loop.types)
    return sorted(["core/tables.h", *storage, *folds, *(f"simd/{stem}-inl.h" for stem in forms | bodies)])


def _has_tree(loop: Loop) -> bool:
    return loop.reduces and loop.neutral is not None and loop.computed_by is None


def _is_folded(loop: Loop) -> bool:
    """Whether the loop reduces by its elementwise kernel, group by group."""
    return _has_tree(loop) and bool(loop.outputs[0].real) and not is_by_parts(loop)


def _form(loop: Loop, name: str) -> str:
    """A template of runtime/simd, or its form for complex operands whose parts do not meet."""
    forms = {"ReduceColumns": "ReducePartsOfColumns"}
    return forms.get(name, f"{name}Parts") if is_by_parts(loop) else name


def kernel_view(loop: Loop) -> KernelView:
    """The functor and the functions of a loop."""
    if loop.core is not None:
        return KernelView(_comment(loop), None, (core_function(loop, loop.core),))
    made = functor(loop)
    functions = [_transform(loop, made)]
    if _has_tree(loop):
        if _is_folded(loop):
            functions += [_fold(loop), _fold_elements(loop), _fold_columns(loop)]
        else:
            functions += [_reduce(loop, made), _reduce_columns(loop, made)]
    if loop.reduces:
        functions.append(_scan(loop, made))
    return KernelView(_comment(loop), made, tuple(functions))


def computing_loops(loops: tuple[Loop, ...]) -> list[Loop]:
    """Kernels that compute for loops and are no loops themselves, as loops of their computing types."""
    found: dict[str, Loop] = {}
    for loop in loops:
        if loop.computed_by is not None and loop.computing:
            count = len(loop.inputs)
            inputs, outputs = loop.computing[:count], loop.computing[count:]
            kernel = replace(loop, kernel=loop.computed_by, inputs=inputs, outputs=outputs)
            found.setdefault(loop.computed_by, kernel)
    return list(found.values())


def computing_view(loop: Loop) -> KernelView:
    """The functor and the one function of a kernel that is no loop."""
    made = functor(loop)
    return KernelView(_comment(loop), made, (_transform(loop, made),))


def converted_view(loop: Loop) -> ConvertedView:
    """The functions of a loop that another one computes."""
    flags = flag_set(loop.declared_flags)
    kernel = f"{loop.computed_by}"
    parameters = ["const void* const* in", "void* const* out", "std::size_t n"]
    arguments = [kernel, flags, "in", "out", "n"]
    functions = [_function(loop.kernel, parameters, _over_signature("Converted", loop), arguments)]
    if loop.reduces:
        head = [f"{functor_name(kernel)}()", flags]
        functions.append(_scan_function(loop, f"  return ScanConverted<{storage_type(loop.inputs[0])}>", head))
    return ConvertedView(_comment(loop), tuple(functions))


def _comment(loop: Loop) -> str:
    return wrapped_comment(f"{loop.origin}  {loop.ufunc}: {types_text(loop)}")


def kernel_row(loop: Loop) -> str:
    """A row of the unit's table; a loop without a form has no kernel of it."""
    if loop.core is not None:
        return core_row(loop)
    forms = [("reduce", _has_tree(loop)), ("reduce_columns", _has_tree(loop)), ("scan", loop.reduces)]
    names = [loop.kernel, *(f"{loop.kernel}_{form}" if has else "nullptr" for form, has in forms)]
    return filled("    {", names, "},")


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
    call = _over_signature(_form(loop, "Transform"), loop)
    return _function(loop.kernel, parameters, call, [f"{made.name}()", "in", "out", "n"])


REDUCE = ["const void* in", "std::size_t n", "void* result"]
REDUCE_COLUMNS = [
    "const void* in",
    "std::ptrdiff_t row_stride",
    "std::size_t rows",
    "std::size_t columns",
    "void* out",
]


def _fold(loop: Loop) -> str:
    """The loop as the reduction by groups takes it."""
    dtype, name = loop.outputs[0], camel(loop.kernel)
    _, opening, parts = storage_literal(dtype, str(loop.neutral)).partition("(")
    neutral = f"const {storage_type(dtype)} k{name}Neutral{opening}\n    {parts};"
    items = [loop.kernel, f"&k{name}Neutral", f"sizeof k{name}Neutral"]
    return f"{neutral}\n" + filled(f"const FoldLoop k{name}Fold = {{", items, "};")


def _fold_elements(loop: Loop) -> str:
    head = filled(f"FpFlags {loop.kernel}_reduce(", REDUCE, ") {")
    return function(head, f"  return FoldElements(k{camel(loop.kernel)}Fold, in, n, result);")


def _fold_columns(loop: Loop) -> str:
    head = filled(f"FpFlags {loop.kernel}_reduce_columns(", REDUCE_COLUMNS, ") {")
    arguments = [f"k{camel(loop.kernel)}Fold", "in", "row_stride", "rows", "columns", "out"]
    return function(head, filled("  return FoldColumns(", arguments, ");"))


def _reduce(loop: Loop, made: Functor) -> str:
    dtype = loop.outputs[0]
    neutral = storage_literal(dtype, str(loop.neutral))
    arguments = [f"{made.name}()", neutral, "in", "n", "result"]
    call = f"  return {_form(loop, 'Reduce')}<{storage_type(dtype)}>"
    return _function(f"{loop.kernel}_reduce", REDUCE, call, arguments)


def _reduce_columns(loop: Loop, made: Functor) -> str:
    dtype = loop.outputs[0]
    neutral = storage_literal(dtype, str(loop.neutral))
    arguments = [f"{made.name}()", neutral, "in", "row_stride", "rows", "columns", "out"]
    call = f"  return {_form(loop, 'ReduceColumns')}<{storage_type(dtype)}>"
    return _function(f"{loop.kernel}_reduce_columns", REDUCE_COLUMNS, call, arguments)


def _scan(loop: Loop, made: Functor) -> str:
    return _scan_function(loop, _over_signature(_form(loop, "Scan"), loop), [f"{made.name}()"])


def _scan_function(loop: Loop, call: str, head: list[str]) -> str:
    parameters = [
        "const void* in",
        "std::ptrdiff_t in_step",
        "void* out",
        "std::ptrdiff_t out_step",
        "std::size_t n",
        "void* accumulator",
    ]
    arguments = [*head, "in", "in_step", "out", "out_step", "n", "accumulator"]
    return _function(f"{loop.kernel}_scan", parameters, call, arguments)
