"""Bodies: an expression language over the vocabulary, parsed by hand and type-checked for each loop.

::

    body       = { name "=" expression ";" } expression { "," expression }
    expression = number | name | name "." part | name "(" [ expression { "," expression } ] ")"

The inputs of a body are ``a``, ``b``, ``c`` … in the order of the ufunc's arguments; its results are
the outputs in that order. A complex input is its parts ``a.real`` and ``a.imag``, a complex output two
results; an operation with several results is a whole body. A named intermediate value stands for its
expression wherever the name is used, and is computed once. A number in the place of a vector is that
number in every lane.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace

from .faults import FaultLog, nearest, shorten
from .load import Scalar
from .model import DType, Expression
from .vocabulary import OperationWord

TOKEN = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*(?:\.(?:real|imag)\b)?|[(),;=])")
VARIABLES = "abcdefgh"
TAKEN = {*VARIABLES, "flags", "fourth", "hn", "store"}  # names of generated code


class BodyError(Exception):
    """A fault of a body, at an offset of its text. ``dtype`` ends the message where it is given."""

    def __init__(self, offset: int, message: str, suggestion: str | None = None, dtype: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.suggestion = suggestion
        self.dtype = dtype


class BodyExcused(Exception):
    """A body that uses an operation whose own entry is faulty."""


@dataclass(frozen=True)
class Tree:
    """A parsed body before types are known."""

    kind: str  # "call" | "variable" | "number"
    name: str
    arguments: tuple[Tree, ...]
    offset: int
    label: str = ""  # the intermediate value that the tree is, if the body names it


class Parser:
    """Recursive descent over the tokens of one body."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, int]] = []
        self.end = len(text.rstrip())
        position = 0
        while position < self.end:
            match = TOKEN.match(text, position)
            if match is None:
                offset = position + len(text[position:]) - len(text[position:].lstrip())
                raise BodyError(offset, f'"{text[offset]}" has no meaning in a body')
            self.tokens.append((match.group(1), match.start(1)))
            position = match.end()
        self.at = 0
        self.named: dict[str, Tree] = {}
        self.unused: dict[str, int] = {}

    def parse(self) -> tuple[Tree, ...]:
        """The results of the body, intermediate names replaced by what they stand for."""
        while self.peek(1) == "=":
            name, offset = self.take()
            if not name[0].isalpha() or name in TAKEN or name in self.named:
                raise BodyError(offset, f'"{name}" cannot name an intermediate value')
            self.take()
            tree = self.expression()
            self.named[name] = replace(tree, label=name) if tree.kind == "call" and not tree.label else tree
            self.unused[name] = offset
            self.expect(";")
        trees = [self.expression()]
        while self.peek() == ",":
            self.take()
            trees.append(self.expression())
        if self.at < len(self.tokens):
            word, offset = self.tokens[self.at]
            raise BodyError(offset, f'"{word}" where the body has ended')
        for name, offset in self.unused.items():
            raise BodyError(offset, f'the intermediate value "{name}" is never used')
        return tuple(trees)

    def peek(self, ahead: int = 0) -> str:
        """A token further on, empty beyond the end."""
        return self.tokens[self.at + ahead][0] if self.at + ahead < len(self.tokens) else ""

    def take(self) -> tuple[str, int]:
        """The next token and its offset."""
        if self.at >= len(self.tokens):
            raise BodyError(self.end, "the body ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, wanted: str, message: str = "") -> None:
        """Takes a token that must come now."""
        if self.peek() != wanted:
            offset = self.tokens[self.at][1] if self.at < len(self.tokens) else self.end
            found = f'"{self.peek()}"' if self.peek() else "the end"
            raise BodyError(offset, f"{found} " + (message or f'where "{wanted}" belongs'))
        self.at += 1

    def expression(self) -> Tree:
        """A number, a variable or a call."""
        word, offset = self.take()
        if word[0].isdigit() or word[0] == "-":
            return Tree("number", word, (), offset)
        if not word[0].isalpha():
            raise BodyError(offset, f'"{word}" where a value belongs')
        if self.peek() == "(":
            return Tree("call", word, self.arguments(), offset)
        if word in self.named:
            self.unused.pop(word, None)
            return self.named[word]
        return Tree("variable", word, (), offset)

    def arguments(self) -> tuple[Tree, ...]:
        """The arguments of a call, parentheses included."""
        self.expect("(")
        found: list[Tree] = []
        while self.peek() != ")":
            if found:
                self.expect(",", 'where "," or ")" belongs')
            found.append(self.expression())
        self.expect(")")
        return tuple(found)


def called(tree: Tree) -> set[str]:
    """Names of all operations in a tree."""
    own = {tree.name} if tree.kind == "call" else set()
    return own.union(*(called(argument) for argument in tree.arguments))


def parse(text: str) -> tuple[Tree, ...]:
    """The results of a body; raises BodyError."""
    return Parser(text).parse()


@dataclass(frozen=True)
class Typed:
    """A checked expression and the dtype of its lanes; None for numbers and masks."""

    expression: Expression
    lanes: DType | None


@dataclass
class Checker:
    """Types one body for one set of inputs."""

    operations: Dict[str, OperationWord]
    broken: Set[str]  # operations whose entries are faulty
    dtypes: Dict[str, DType]  # by name, for operations that give lanes of a dtype whatever they take
    inputs: tuple[DType, ...]
    loop_kinds: Sequence[str] = ()  # the best first

    def check(self, tree: Tree) -> Typed:
        """The typed form of a tree; raises BodyError."""
        if tree.kind == "number":
            return Typed(Expression("number", tree.name, (), "number", None), None)
        if tree.kind == "variable":
            return self.variable(tree)
        word = self.operations.get(tree.name)
        if tree.name in self.broken:
            raise BodyExcused
        if word is None:
            raise BodyError(tree.offset, f'unknown operation "{tree.name}"', nearest(tree.name, self.operations))
        arguments = [self.check(argument) for argument in tree.arguments]
        several = next((a for a in arguments if result_count(a.expression) > 1), None)
        if several is not None:
            raise BodyError(tree.offset, f"{several.expression.name} has several results and stands alone, not in {word.name}")
        return self.call(tree, word, arguments)

    def variable(self, tree: Tree) -> Typed:
        """One of the inputs."""
        names = VARIABLES[: len(self.inputs)]
        name, point, part = tree.name.partition(".")
        if name not in names or len(name) != 1:
            valid = ", ".join(names)
            raise BodyError(tree.offset, f'unknown variable "{tree.name}"; the inputs are {valid}')
        lanes = self.inputs[names.index(name)]
        if lanes.real and not point:
            raise BodyError(tree.offset, f"{name} has two parts, {name}.real and {name}.imag, in lanes of", dtype=lanes.name)
        if point and not lanes.real:
            raise BodyError(tree.offset, f'{name} has no part "{part}" in lanes of', dtype=lanes.name)
        lanes = self.dtypes[lanes.real] if point else lanes
        return Typed(Expression("variable", tree.name, (), "vector", None), lanes)

    def call(self, tree: Tree, word: OperationWord, arguments: list[Typed]) -> Typed:
        """A call, in the form that its arguments select."""
        counts = sorted({len(form.arguments) for form in word.forms})
        if len(arguments) not in counts:
            takes = " or ".join(map(str, counts))
            raise BodyError(tree.offset, f"{word.name} takes {takes} argument(s), {len(arguments)} given")
        kinds = tuple(argument.expression.result for argument in arguments)
        form = next((form for form in word.forms if all(map(accepts, form.arguments, kinds))), None)
        if form is None:
            wanted = " or ".join(f"({', '.join(form.arguments)})" for form in word.forms)
            raise BodyError(tree.offset, f"{word.name} takes {wanted}, ({', '.join(kinds)}) given")
        lanes = self.lanes(tree, word, arguments)
        typed = [
            self.argument(child, argument, kind, lanes)
            for child, argument, kind in zip(tree.arguments, arguments, form.arguments)
        ]
        used = word.form_for(form, lanes.name, self.loop_kinds) if lanes is not None else form
        if form.result in self.dtypes:
            expression = Expression("call", word.name, tuple(typed), "vector", used, tree.label)
            return Typed(expression, self.dtypes[form.result])
        expression = Expression("call", word.name, tuple(typed), form.result, used, tree.label)
        return Typed(expression, lanes if form.result == "vector" else None)

    def lanes(self, tree: Tree, word: OperationWord, arguments: list[Typed]) -> DType | None:
        """The common lane type of the vector arguments, which the operation must accept."""
        found = [argument.lanes for argument in arguments if argument.lanes is not None]
        if not found:
            if any(argument.expression.result == "number" for argument in arguments):
                raise BodyError(tree.offset, f"{word.name} has no argument that gives its lanes a type")
            return None
        for lanes in found:
            if lanes.name not in word.members:
                raise BodyError(tree.offset, f"{word.name} does not take", dtype=lanes.name)
            if lanes is not found[0] and not word.mixes(lanes.bits, found[0].bits):
                raise BodyError(tree.offset, f"{word.name} is given {found[0].name} and {lanes.name} lanes")
        return found[0]

    @staticmethod
    def argument(tree: Tree, argument: Typed, kind: str, lanes: DType | None) -> Expression:
        """An argument as its place wants it: a number in a vector's place becomes a vector."""
        expression = argument.expression
        if expression.kind != "number" or kind != "vector":
            return expression
        assert lanes is not None
        if not representable(expression.name, lanes):
            raise BodyError(tree.offset, f"{expression.name} is no value of", dtype=lanes.name)
        return Expression("number", expression.name, (), "vector", None)


def result_count(expression: Expression) -> int:
    """How many results an expression has."""
    return expression.operation.results if expression.operation is not None else 1


def accepts(wanted: str, given: str) -> bool:
    """Whether an argument of one kind may stand where another is wanted."""
    return wanted == given or given == "number" and wanted in ("vector", "count")


def representable(number: str, dtype: DType) -> bool:
    """Whether a number of a body is a value of the dtype."""
    if dtype.kind == "float":
        return True
    assert not dtype.real
    return re.fullmatch("-?[0-9]+", number) is not None and int(dtype.minimum) <= int(number) <= int(dtype.maximum)


@dataclass(frozen=True)
class ParsedBody:
    """The body of one loop row, for all of its expansions: an expression for each output."""

    trees: tuple[Tree, ...]
    scalar: Scalar
    entry: str


def parse_body(scalar: Scalar, entry: str, log: FaultLog) -> ParsedBody | None:
    """Parses a body; None, with a fault, if it is malformed."""
    try:
        return ParsedBody(parse(scalar.text), scalar, entry)
    except BodyError as error:
        log.add(scalar.inner.after(error.offset), entry, error.message, error.suggestion)
        return None


class BodyFaults:
    """Faults of one row's body over its expansions: the same fault of several dtypes is one fault."""

    def __init__(self) -> None:
        self.found: dict[tuple[int, str, str | None], list[str]] = {}

    def add(self, error: BodyError) -> None:
        """Counts a fault of one expansion."""
        dtypes = self.found.setdefault((error.offset, error.message, error.suggestion), [])
        if error.dtype and error.dtype not in dtypes:
            dtypes.append(error.dtype)

    def report(self, body: ParsedBody, log: FaultLog) -> None:
        """Adds the faults to the log, at their places in the body's text."""
        for (offset, message, suggestion), dtypes in self.found.items():
            message += " " + shorten(dtypes) if dtypes else ""
            log.add(body.scalar.inner.after(offset), body.entry, message, suggestion)


def raised_by(expression: Expression) -> set[str]:
    """Flags that the named bodies in an expression compute."""
    own = set(expression.operation.raises) if expression.operation else set()
    return own.union(*(raised_by(argument) for argument in expression.arguments))


def refuses_values(expression: Expression) -> bool:
    """Whether a named body in an expression refuses some values."""
    own = expression.operation is not None and expression.operation.refuses
    return own or any(map(refuses_values, expression.arguments))


def words_in(expression: Expression) -> set[str]:
    """Names of all operations in an expression."""
    own = {expression.name} if expression.kind == "call" else set()
    return own.union(*(words_in(argument) for argument in expression.arguments))


def text_of(bodies: Iterable[Expression]) -> str:
    """The results of a body as a spec would write them without intermediate names."""
    return ", ".join(
        f"{body.name}({text_of(body.arguments)})" if body.kind == "call" else body.name for body in bodies
    )
