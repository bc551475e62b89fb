"""Examples: ``add([1, 2], 3) == [4, 5]`` is evaluated with the references and must hold."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from .check_values import ValueChecker, read_reductions
from .context import Context
from .load import Scalar
from .model import Casting, CoreSignature, DType
from .reference import Value, convert, parse_value, same, value_text
from .resolution import Resolver
from .signature import CoreReference, Grid, apply

Literal = Union[bool, int, float]


class ExampleError(Exception):
    """An example that cannot be read or evaluated, at an offset of its text."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


class Excused(Exception):
    """An example that cannot be judged because of a fault reported elsewhere."""


@dataclass(frozen=True)
class Argument:
    """An argument: one number, or a list of them; with a signature, lists of lists too."""

    values: tuple[Literal, ...]
    is_list: bool
    shape: tuple[int, ...] = ()


class ExampleChecker:
    """Evaluates the examples of one ufunc."""

    def __init__(
        self,
        context: Context,
        casting: Casting,
        checker: ValueChecker,
        resolver: Resolver,
        signature: CoreSignature | None = None,
    ) -> None:
        self.signature = signature
        self.context = context
        self.casting = casting
        self.checker = checker
        self.resolver = resolver
        self.functions = [f.name for f in read_reductions(checker.node.mapping("reduce"))]

    def check(self) -> None:
        """Adds a fault for every example that does not hold."""
        for position, scalar in enumerate(self.checker.node.scalars("examples")):
            entry = f"{self.checker.name}.examples[{position}]"
            try:
                self.check_one(scalar)
            except Excused:
                continue
            except ExampleError as error:
                self.context.log.add(scalar.inner.after(error.offset), entry, error.message)

    def check_one(self, scalar: Scalar) -> None:
        """One example; raises ExampleError."""
        call, expected_node = parse_example(scalar.text)
        assert isinstance(call.func, ast.Name)
        name = call.func.id
        nested = self.signature is not None
        arguments = [read_argument(node, nested) for node in call.args]
        if name == self.checker.name and self.signature is not None:
            found = [self.on_cores(self.signature, arguments)]
        elif name == self.checker.name:
            found = self.elementwise(arguments)
        elif name in self.functions and len(arguments) == 1:
            found = [self.reduced(arguments[0])]
        else:
            valid = " or ".join([self.checker.name, *self.functions])
            raise ExampleError(0, f'the example calls "{name}", not {valid}')
        nodes = expected_node.elts if isinstance(expected_node, ast.Tuple) else [expected_node]
        if len(nodes) != len(found):
            raise ExampleError(expected_node.col_offset, f"{len(nodes)} result(s) where {len(found)} belong")
        for node, (results, dtype) in zip(nodes, found):
            check_results(node, results, dtype, nested)

    def chosen_loop(self, arguments: Sequence[Argument]) -> int:
        """The loop that takes the arguments."""
        arity = len(self.checker.loops[0].inputs)
        if len(arguments) != arity:
            message = f"{self.checker.name} takes {arity} argument(s), {len(arguments)} given"
            raise ExampleError(0, message)
        choosing = arguments[: self.resolver.arity]
        value = self.resolver.cell(tuple(dtype.index for dtype in self.dtypes(choosing)))
        if value < 0:
            self.need_complete()
            raise ExampleError(0, "no loop takes these arguments")
        return value

    def elementwise(self, arguments: Sequence[Argument]) -> list[tuple[list[Value], DType]]:
        """The values of a call for each output, lists element by element."""
        value = self.chosen_loop(arguments)
        loop = self.checker.loops[value]
        lengths = {len(argument.values) for argument in arguments if argument.is_list} or {1}
        if len(lengths) > 1:
            raise ExampleError(0, "the lists differ in length")
        results: list[tuple[Value, ...]] = []
        for position in range(lengths.pop()):
            chosen = [a.values[position if a.is_list else 0] for a in arguments]
            results.append(self.apply(value, [literal_value(v, d) for v, d in zip(chosen, loop.inputs)]))
        return [([row[place] for row in results], dtype) for place, dtype in enumerate(loop.outputs)]

    def on_cores(self, signature: CoreSignature, arguments: Sequence[Argument]) -> tuple[list[Value], DType]:
        """The values of a call whose arguments are whole core operands."""
        value = self.chosen_loop(arguments)
        loop, reference = self.checker.loops[value], self.checker.references[value]
        if not isinstance(reference, CoreReference):
            raise Excused
        grids = []
        for argument, dtype in zip(arguments, loop.inputs):
            known = [literal_value(literal, dtype) for literal in argument.values]
            grids.append(Grid(argument.shape, tuple(known)))
        try:
            result = apply(signature, reference, grids, loop.inputs, loop.outputs[0])
        except ValueError as error:
            raise ExampleError(0, str(error)) from error
        return list(result.values), loop.outputs[0]

    def apply(self, loop: int, inputs: Sequence[Value | None]) -> tuple[Value, ...]:
        """The values of one loop's reference."""
        known = [value for value in inputs if value is not None]
        if len(known) < len(inputs):
            raise ExampleError(0, "an argument is no value of the loop's types")
        results = self.checker.evaluate(loop, known)
        if results is None:
            raise Excused
        return results

    def need_complete(self) -> None:
        """Excuses an example that may need what has a fault already."""
        if not self.checker.complete:
            raise Excused

    def reduced(self, argument: Argument) -> tuple[list[Value], DType]:
        """The value of a reduction, from left to right."""
        dtype = self.dtypes([argument])[0]
        table = self.checker.resolution.reduction
        value = table[dtype.index] if table is not None else -1
        if value < 0 or not argument.values:
            self.need_complete()
            raise ExampleError(0, "no loop reduces these elements")
        output = self.checker.loops[value].outputs[0]
        total = literal_value(argument.values[0], output)
        for element in argument.values[1:]:
            total = self.apply(value, [total, literal_value(element, output)])[0]
        if total is None:
            raise ExampleError(0, "an element is no value of the loop's types")
        return [total], output

    def dtypes(self, arguments: Sequence[Argument]) -> list[DType]:
        """The dtype of each argument: lists are arrays, single numbers are weak."""
        everything = self.context.dtypes.all
        strong = [self.array_dtype(a.values) for a in arguments if a.is_list or isinstance(a.values[0], bool)]
        common = self.context.lattice.join(dtype.index for dtype in strong) if strong else None
        found: list[DType] = []
        for argument in arguments:
            if argument.is_list or isinstance(argument.values[0], bool):
                found.append(self.array_dtype(argument.values))
                continue
            kind = 1 if isinstance(argument.values[0], float) else 0
            weak = self.casting.weak_alone[kind] if common is None else self.casting.weak[kind][common]
            if weak is None:
                raise Excused
            found.append(everything[weak])
        return found

    def array_dtype(self, values: Sequence[Literal]) -> DType:
        """The dtype of a list: that of its numbers alone."""
        everything = self.context.dtypes.all
        if values and all(isinstance(value, bool) for value in values):
            return next(dtype for dtype in everything if dtype.kind == "boolean")
        return everything[self.casting.weak_alone[1 if any(isinstance(value, float) for value in values) else 0]]


def check_results(node: ast.expr, results: Sequence[Value], dtype: DType, nested: bool) -> None:
    """Raises ExampleError unless an example states these values of one output."""
    wanted = [literal_value(value, dtype) for value in read_argument(node, nested).values]
    if len(wanted) != len(results) or not all(w is not None and same(w, r, False) for w, r in zip(wanted, results)):
        shown = ", ".join(value_text(value, dtype) for value in results)
        raise ExampleError(node.col_offset, f"the reference gives [{shown}]")


def parse_example(text: str) -> tuple[ast.Call, ast.expr]:
    """The call and the expected value of an example."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ExampleError(max((error.offset or 1) - 1, 0), "the example is no expression") from error
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq):
        call = tree.left
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords:
            return call, tree.comparators[0]
    raise ExampleError(0, 'an example has the form "name(arguments) == result"')


def read_argument(node: ast.expr, nested: bool = False) -> Argument:
    """A number or a list of numbers; with ``nested`` also a list of lists of one length."""
    if isinstance(node, ast.List) and nested and node.elts and isinstance(node.elts[0], ast.List):
        rows = [read_argument(item) for item in node.elts]
        if len({row.shape for row in rows}) > 1:
            raise ExampleError(node.col_offset, "the lists differ in length")
        values = tuple(value for row in rows for value in row.values)
        return Argument(values, True, (len(rows), *rows[0].shape))
    if isinstance(node, ast.List):
        return Argument(tuple(read_literal(item) for item in node.elts), True, (len(node.elts),))
    return Argument((read_literal(node),), False)


def read_literal(node: ast.expr) -> Literal:
    """A number, a truth value, or one of the names inf and nan."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -read_literal(node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        return node.value
    if isinstance(node, ast.Name) and node.id in ("inf", "nan"):
        return float(node.id)
    raise ExampleError(node.col_offset, "an argument is a number or a list of numbers")


def literal_value(literal: Literal, dtype: DType) -> Value | None:
    """A literal as a value of a dtype, None if the dtype has no such value."""
    if isinstance(literal, bool):
        return convert(int(literal), dtype)
    if dtype.kind == "boolean":
        return int(literal != 0)
    if isinstance(literal, float) and not dtype.significand:
        return None
    return parse_value(repr(literal), dtype)
