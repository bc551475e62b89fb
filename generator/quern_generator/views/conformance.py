"""Conformance tests: every loop against its special values and its reference, on every target."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import REFUSED, DType, Loop, Spec, SpecialValue, Ufunc
from ..reference import Reference, Value, compile_reference, parse_value, value_text
from ..signature import CoreReference, compile_core_reference
from .literals import row_literal, row_type
from .names import Package, flag_set, has_own_type, own_loops, package_of, types_text
from .render import render
from .text import OutputFile, banner, camel, cpp_string, cpp_strings, filled, identifier, rows

# Lines of one test file, safely below the limit of write.py.
PART_LINES = 1200

# Inputs for the reference, by kind; "min" and "max" are those of the dtype.
INTEGERS = ("0", "1", "2", "3", "7", "8", "31", "100", "max")
NEGATIVES = ("-1", "-2", "-3", "-8", "-100", "min")
REALS = (
    *("0.0", "1.0", "0.5", "2.0", "3.0", "0.1", "7.25", "10.0", "88.5", "1234.5678", "1e-20", "6e-39", "3e38", "max"),
    *("-0.0", "-1.0", "-0.5", "-3.0", "-7.25", "-88.5", "-1e-20", "-1e15", "min", "inf", "-inf", "nan"),
)
# Pairs of parts, some of them with much cancellation, overflow or underflow in their products.
COMPLEXES = (
    *("0j", "-0.0+0j", "-0.0-0.0j", "1", "-1j", "3+4j", "0.5-2j", "-7.25+0.1j", "1+1j", "1-1j", "1e-20+1e-20j"),
    *("1234.5678-88.5j", "max+maxj", "-max+1j", "6e-39-3e38j", "3e38+3e38j", "1e-20-1e15j", "2e-38+1j", "-3+6e-39j"),
    *("infj", "-inf", "inf-infj", "1-infj", "nan", "nanj", "inf+nanj", "nan-infj", "nan+nanj"),
)
# Partners of each value in rows of several inputs.
PARTNERS = 3


@dataclass(frozen=True)
class LoopTest:
    """The rows of one loop and how they are checked."""

    head: str  # "TEST_CASE(...) {", wrapped
    rows_name: str
    declaration: str  # "const Row<...> kAdd[] = {", wrapped
    special: tuple[str, ...]
    computed: str
    loop: str  # the Loop, wrapped


@dataclass(frozen=True)
class ExampleTest:
    """The examples of one ufunc."""

    title: str
    tags: str
    checks: tuple[str, ...]


def files(spec: Spec) -> list[OutputFile]:
    """``conformance/<family>.cpp``, in parts where it would be too long."""
    package = package_of(spec)
    made = []
    for family in spec.families:
        ufuncs = [ufunc for ufunc in spec.ufuncs if ufunc.family == family and own_loops(ufunc)]
        for number, part in enumerate(_parts(spec, ufuncs), 1):
            stem = family if number == 1 else f"{family}_{number}"
            made.append(_part_file(spec, package, stem, part))
    return made


@dataclass(frozen=True)
class UfuncTest:
    """All tests of one ufunc."""

    ufunc: Ufunc
    loops: tuple[LoopTest, ...]
    examples: tuple[ExampleTest, ...]

    @property
    def length(self) -> int:
        """Estimated lines."""
        texts = [test.computed + "\n" + test.loop for test in self.loops]
        return sum(8 + text.count("\n") + len(test.special) for text, test in zip(texts, self.loops))


def _parts(spec: Spec, ufuncs: Iterable[Ufunc]) -> list[list[UfuncTest]]:
    parts: list[list[UfuncTest]] = []
    length = 0
    for ufunc in ufuncs:
        test = ufunc_test(spec, ufunc)
        if not parts or length + test.length > PART_LINES:
            parts.append([])
            length = 0
        parts[-1].append(test)
        length += test.length
    return parts


def _part_file(spec: Spec, package: Package, stem: str, tests: list[UfuncTest]) -> OutputFile:
    text = render(
        "conformance.cpp.j2",
        banner=banner([str(test.ufunc.origin.path) for test in tests], package=package.name),
        package=package,
        loops=[loop for test in tests for loop in test.loops],
        examples=[example for test in tests for example in test.examples],
    )
    return OutputFile(PurePosixPath("conformance") / f"{stem}.cpp", text)


def ufunc_test(spec: Spec, ufunc: Ufunc) -> UfuncTest:
    """The tests of one ufunc: its reachable loops and its examples."""
    loops = [loop for loop in own_loops(ufunc) if is_reachable(spec, ufunc, loop)]
    examples = [_example_test(spec, ufunc)] if ufunc.examples and ufunc.own else []
    made = tuple(test for loop in loops if (test := _loop_test(spec, ufunc, loop)) is not None)
    return UfuncTest(ufunc, made, tuple(examples))


def is_reachable(spec: Spec, ufunc: Ufunc, loop: Loop) -> bool:
    """Whether inputs of exactly the loop's types choose it."""
    cell = 0
    for dtype in loop.inputs[: ufunc.choosing]:
        cell = cell * len(spec.dtypes) + dtype.index
    return ufunc.resolution[cell] == loop.index


def _loop_test(spec: Spec, ufunc: Ufunc, loop: Loop) -> LoopTest | None:
    special = [_special_row(spec, loop, row) for row in ufunc.special_values if row.loop == loop.index]
    computed = [_row(spec, loop, values, []) for values in reference_rows(loop)]
    if not special and not computed:
        return None
    inputs, outputs = ([row_type(t, is_built_in(spec, t)) for t in side] for side in (loop.inputs, loop.outputs))
    types = [outputs[0] if len(outputs) == 1 else f"Two<{', '.join(outputs)}>", *inputs]
    return LoopTest(
        head=filled("TEST_CASE(", [cpp_string(f"{ufunc.name}: {types_text(loop)}"), cpp_string(f"[{ufunc.name}]")], ") {"),
        rows_name=f"k{camel(loop.kernel)}",
        declaration=filled("const Row<", types, f"> k{camel(loop.kernel)}[] = {{"),
        special=tuple(rows([row]) for row in special),
        computed=rows(computed),
        loop=_loop_literal(spec, loop),
    )


def _loop_literal(spec: Spec, loop: Loop) -> str:
    targets = [cpp_string(target.name) for target in spec.targets if loop.family in target.families]
    bound = "0" if loop.accuracy == "exact" else loop.accuracy
    fields = [
        f".ufunc = {cpp_string(loop.ufunc)}",
        f".origin = {cpp_string(str(loop.origin))}",
        ".types = {" + ", ".join(cpp_string(dtype.name) for dtype in loop.types) + "}",
        ".targets = {" + ", ".join(targets) + "}",
        f".declared = {flag_set(loop.declared_flags).replace('0', 'kNone')}",
        f".bound = {bound}",
    ]
    return filled("  const Loop loop = {", fields, "};")


def is_built_in(spec: Spec, dtype: DType) -> bool:
    """Whether the library's public headers have the dtype's type."""
    return not has_own_type(dtype) and (package_of(spec).is_base or not dtype.own)


def _row(spec: Spec, loop: Loop, values: Sequence[str], rest: Sequence[str]) -> str:
    cells = [row_literal(dtype, value, is_built_in(spec, dtype)) for dtype, value in zip(loop.types, values)]
    inputs, outputs = cells[: len(loop.inputs)], ", ".join(cells[len(loop.inputs) :])
    result = outputs if len(loop.outputs) == 1 else "{" + outputs + "}"
    return "{" + ", ".join((*inputs, result, *rest)) + "}"


def _special_row(spec: Spec, loop: Loop, row: SpecialValue) -> str:
    conditions = " | ".join(f"k{camel(flag)}" for flag in row.raises) or "kNone"
    outputs = list(row.outputs)
    if REFUSED in outputs:
        conditions, outputs = "kRefused", ["0"] * len(loop.outputs)
    return _row(spec, loop, [*row.inputs, *outputs], [conditions, str(row.origin.line)])


def reference_rows(loop: Loop) -> list[tuple[str, ...]]:
    """Inputs, and the results that the loop's reference gives for them."""
    if not loop.reference:
        return []
    reference: Reference | CoreReference
    if loop.core is not None:
        reference = compile_core_reference(loop.reference, len(loop.inputs))
    else:
        reference = compile_reference(loop.reference, len(loop.inputs), len(loop.outputs))
    made = []
    for inputs in sample_inputs(loop.inputs):
        try:
            results = reference(inputs, loop.inputs, loop.outputs)
        except ArithmeticError:
            continue
        made.append(tuple(value_text(value, dtype) for value, dtype in zip((*inputs, *results), loop.types)))
    return made


def sample_inputs(dtypes: Sequence[DType]) -> list[tuple[Value, ...]]:
    """A few dozen inputs: every sample of the first, with some of the others'."""
    columns = [sample_values(dtype) for dtype in dtypes]
    if len(columns) == 1:
        return [(value,) for value in columns[0]]
    made = []
    for position, shift in itertools.product(range(len(columns[0])), range(PARTNERS)):
        others = [
            column[(position * (5 + 2 * place) + shift * 4 + place) % len(column)]
            for place, column in enumerate(columns[1:])
        ]
        made.append((columns[0][position], *others))
    return made


def sample_values(dtype: DType) -> list[Value]:
    """The samples that the dtype has."""
    own = {"boolean": ("false", "true"), "unsigned": INTEGERS, "float": REALS, "complex": COMPLEXES}
    texts = own.get(dtype.kind, INTEGERS + NEGATIVES + (("nat",) if dtype.is_time else ()))
    values = [parse_value(text, dtype) for text in texts]
    return [value for value in values if value is not None]


def _example_test(spec: Spec, ufunc: Ufunc) -> ExampleTest:
    api = package_of(spec).api_namespace
    return ExampleTest(
        title=cpp_string(f"{ufunc.name}: examples"),
        tags=cpp_string(f"[{ufunc.name}][examples]"),
        checks=tuple(_example_check(ufunc, example, api) for example in ufunc.examples),
    )


def _example_check(ufunc: Ufunc, example: str, api: str) -> str:
    tree = ast.parse(example, mode="eval").body
    if isinstance(tree, ast.Compare) and isinstance(tree.left, ast.Call) and isinstance(tree.left.func, ast.Name):
        call, expected = tree.left, tree.comparators[0]
        function = f"{api}::{identifier(tree.left.func.id)}"
        arguments = ", ".join(_argument(argument) for argument in call.args)
        if not call.keywords:
            results = expected.elts if isinstance(expected, ast.Tuple) else [expected]
            arrays = [_array(result if isinstance(result, ast.List) else ast.List([result])) for result in results]
            items = [
                cpp_strings(example, " " * 18, first=18),
                f"{function}({arguments})",
                arrays[0] if len(arrays) == 1 else "{" + ", ".join(arrays) + "}",
            ]
            return filled("    check_example(", items, ");")
    raise ValueError(f"{ufunc.origin}: example {example!r} cannot be turned into a test")


def _argument(node: ast.expr) -> str:
    return _array(node) if isinstance(node, ast.List) else repr(ast.literal_eval(node))


def _array(node: ast.List) -> str:
    if node.elts and isinstance(node.elts[0], ast.List):
        rows = [row for row in node.elts if isinstance(row, ast.List)]
        flat = _array(ast.List([value for row in rows for value in row.elts]))
        return f"{flat}.reshape({{{len(rows)}, {len(rows[0].elts)}}})"
    values = [ast.literal_eval(element) for element in node.elts]
    if all(isinstance(value, bool) for value in values):
        return "truths({" + ", ".join("true" if value else "false" for value in values) + "})"
    maker = "reals" if any(isinstance(value, float) for value in values) else "integers"
    return f"{maker}({{{', '.join(map(repr, values))}}})"
