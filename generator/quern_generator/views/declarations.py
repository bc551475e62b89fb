"""The C++ declarations of ufuncs: the public header ``ufuncs.hpp`` and its one-line bodies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import Loop, Spec, Ufunc
from .names import BASE_PACKAGE, own_ufuncs, package_of
from .render import render
from .text import OutputFile, banner, filled, function, identifier, wrapped_comment

# Operators that C++ lets a library define, by the number of operands.
CPP_OPERATORS = {
    1: frozenset({"-", "+", "~", "!"}),
    2: frozenset({"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", "<=", "==", "!=", ">", ">="}),
}


@dataclass(frozen=True)
class FunctionView:
    """A free function: its comment, its declaration and its definition."""

    comment: str
    declaration: str
    definition: str


@dataclass(frozen=True)
class UfuncView:
    """What the header says of one ufunc."""

    name: str
    accessor: str  # C++ name of the function in namespace ufuncs
    functions: tuple[FunctionView, ...]


def files(spec: Spec) -> list[OutputFile]:
    """``include/<package>/ufuncs.hpp`` and ``src/api/ufuncs.cpp``."""
    package = package_of(spec)
    ufuncs = own_ufuncs(spec)
    if not ufuncs:
        return []
    values = {
        "banner": banner(sorted({f"{ufunc.origin.path.parent}/" for ufunc in ufuncs}), package=package.name),
        "package": package,
        "guard": f"{package.public.upper()}_UFUNCS_HPP_",
        "prefix": _prefix(package.name),
        "ufuncs": [ufunc_view(ufunc, package.name) for ufunc in ufuncs],
        "reduces": any(ufunc.functions for ufunc in ufuncs),
        "operators": [_operator(ufunc) for ufunc in ufuncs if package.is_base and _has_operator(ufunc)],
    }
    source = PurePosixPath("src") / package.include / "api" / "ufuncs.cpp"
    return [
        OutputFile(PurePosixPath("include") / package.public / "ufuncs.hpp", render("ufuncs.hpp.j2", **values)),
        OutputFile(source, render("ufuncs.cpp.j2", **values)),
    ]


def _prefix(package: str) -> str:
    return "" if package == BASE_PACKAGE else "quern::"


def ufunc_view(ufunc: Ufunc, package: str = BASE_PACKAGE) -> UfuncView:
    """The functions of one ufunc: itself, its aliases, its reductions."""
    prefix = _prefix(package)
    functions = [_call(ufunc, ufunc.name, _comment(ufunc), prefix)]
    for alias in ufunc.aliases:
        comment = wrapped_comment(f"Another name of {ufunc.name}.")
        functions.append(_call(ufunc, alias, comment, prefix))
    for reduction in ufunc.functions:
        comment = wrapped_comment(f"{reduction.summary} All axes by default.")
        functions.append(_reduction(ufunc, reduction.name, comment, prefix))
        for alias in reduction.aliases:
            comment = wrapped_comment(f"Another name of {reduction.name}.")
            functions.append(_reduction(ufunc, alias, comment, prefix))
    return UfuncView(ufunc.name, identifier(ufunc.name), tuple(functions))


def _comment(ufunc: Ufunc) -> str:
    text = " ".join(part for part in (ufunc.summary, ufunc.description, accuracy_sentence(ufunc)) if part)
    return wrapped_comment(text)


def accuracy_groups(ufunc: Ufunc) -> list[tuple[str, list[Loop]]]:
    """Loops by accuracy, "exact" first, then by bound."""
    groups: dict[str, list[Loop]] = {}
    for loop in ufunc.loops:
        groups.setdefault(loop.accuracy, []).append(loop)
    return sorted(groups.items(), key=lambda group: -1.0 if group[0] == "exact" else float(group[0]))


def accuracy_sentence(ufunc: Ufunc) -> str:
    """``Exact for integers; within 0.5 ULP for float32, float64.``"""
    groups = accuracy_groups(ufunc)
    if [bound for bound, _ in groups] == ["exact"]:
        return "Exact."
    term = " a term" if ufunc.signature else ""
    parts = [f"within {bound} ULP{term} for {_names(loops)}" for bound, loops in groups if bound != "exact"]
    exact = ["exact for other types"] if groups[0][0] == "exact" else []
    text = ", ".join(parts + exact)
    return text[:1].upper() + text[1:] + "."


def _names(loops: list[Loop]) -> str:
    return ", ".join(dict.fromkeys(loop.inputs[0].name for loop in loops))


def _call(ufunc: Ufunc, name: str, comment: str, prefix: str) -> FunctionView:
    inputs = [identifier(argument) for argument in ufunc.inputs]
    count = len(ufunc.outputs)
    result = f"{prefix}Array" if count == 1 else f"std::array<{prefix}Array, {count}>"
    method = "call" if count == 1 else f"call_array<{count}>"
    parameters = [f"const {prefix}Operand& {argument}" for argument in inputs]
    options = f"const {prefix}CallOptions& options"
    head = f"{result} {identifier(name)}("
    body = filled(f"  return ufuncs::{identifier(ufunc.name)}().{method}({{", inputs, "}, options);")
    return FunctionView(
        comment,
        filled(f"QUERN_EXPORT {head}", [*parameters, f"{options} = {{}}"], ");"),
        function(filled(head, [*parameters, options], ") {"), body),
    )


def _reduction(ufunc: Ufunc, name: str, comment: str, prefix: str) -> FunctionView:
    head = f"{prefix}Array {identifier(name)}("
    parameters = [f"const {prefix}Array& array", f"const {prefix}ReduceOptions& options"]
    body = f"  return ufuncs::{identifier(ufunc.name)}().reduce(array, over_all_axes(options));"
    return FunctionView(
        comment,
        filled(f"QUERN_EXPORT {head}", [parameters[0], parameters[1] + " = {}"], ");"),
        function(filled(head, parameters, ") {"), body),
    )


def _has_operator(ufunc: Ufunc) -> bool:
    return ufunc.operator in CPP_OPERATORS.get(len(ufunc.inputs), frozenset())


def _operator(ufunc: Ufunc) -> str:
    names = [identifier(argument) for argument in ufunc.inputs]
    head = filled(f"inline Array operator{ufunc.operator}(", [f"const Operand& {name}" for name in names], ") {")
    return function(head, f"  return {identifier(ufunc.name)}({', '.join(names)});")
