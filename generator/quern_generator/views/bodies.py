"""Typed bodies as C++ on Highway vectors: one functor per kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..model import Expression, Loop
from .text import WIDTH, camel, filled

VARIABLES = "abcdefgh"  # the inputs of a body, in order
FOURTH = "fourth"  # what C++ calls d, which is the tag of a functor there


@dataclass(frozen=True)
class Functor:
    """A struct whose call operator is the body of one kernel."""

    name: str
    template: str  # "class D, class V"
    parameters: str  # "D d, FlagSet& flags, V a, V b"; what the body does not use has no name
    result: str  # "auto", or "void" where the body hands several results to `store`
    body: str  # wrapped statements


def walk(bodies: Iterable[Expression]) -> Iterator[Expression]:
    """The nodes and all below them."""
    for body in bodies:
        yield body
        yield from walk(body.arguments)


def body_families(loop: Loop) -> set[str]:
    """Stems of the runtime/simd headers that the body's named operations live in."""
    return {node.operation.header for node in walk(loop.bodies) if node.operation and node.operation.header}


def functor(loop: Loop) -> Functor:
    """The functor of a loop's kernel."""
    nodes = list(walk(loop.bodies))
    used = {node.name for node in nodes if node.kind == "variable"}
    needs_d = any(_takes_d(node) for node in nodes)
    needs_flags = any(_is_named_body(node) for node in nodes)
    vectors = _vector_types(loop)
    parameters = ["D d" if needs_d else "D", "FlagSet& flags" if needs_flags else "FlagSet&"]
    for vector, variable in zip(vectors, VARIABLES):
        parameters.append(f"{vector} {_cpp_name(variable)}" if variable in used else vector)
    types = dict.fromkeys(vectors)
    several = len(loop.bodies) > 1
    if several:
        parameters.append("const Store& store")
        types["Store"] = None
    return Functor(
        name=camel(loop.kernel) + "Op",  # apart from named bodies, which are called as LessInt64Uint64 is
        template=", ".join(["class D", *(f"class {name}" for name in types)]),
        parameters=", ".join(parameters),
        result="void" if several else "auto",
        body="\n".join(_statements(loop)),
    )


def _statements(loop: Loop) -> Iterator[str]:
    """Intermediate values in the order in which they are needed, then the results."""
    labelled = [node for body in loop.bodies for node in _labelled(body)]
    for label, node in {node.label: node for node in labelled}.items():
        yield layout(f"const auto {label} = ", replace(node, label=""), ";", 4)
    if len(loop.bodies) == 1:
        yield layout("return ", loop.bodies[0], ";", 4)
    else:
        yield filled("    store(", [render(body) for body in loop.bodies], ");")


def _labelled(node: Expression) -> Iterator[Expression]:
    """Intermediate values under a node, innermost first."""
    for argument in node.arguments:
        yield from _labelled(argument)
    if node.label:
        yield node


def _vector_types(loop: Loop) -> list[str]:
    """One template parameter per input; inputs of one storage type share it."""
    if len({dtype.cpp for dtype in loop.inputs}) == 1:
        return ["V"] * len(loop.inputs)
    return [f"V{variable.upper()}" for variable, _ in zip(VARIABLES, loop.inputs)]


def _cpp_name(variable: str) -> str:
    return FOURTH if variable == "d" else variable


def _is_named_body(node: Expression) -> bool:
    return node.operation is not None and node.operation.family is not None


def _takes_d(node: Expression) -> bool:
    return node.kind == "number" or _is_named_body(node)


def render(node: Expression) -> str:
    """A node on one line."""
    head, arguments, tail = _pieces(node)
    return head + ", ".join(arguments) + tail if tail else head


def _pieces(node: Expression) -> tuple[str, list[str], str]:
    """Opening, leading plain arguments and closing of a node; the node's own arguments follow."""
    if node.kind == "variable" or node.label:
        return node.label or _cpp_name(node.name), [], ""
    if node.kind == "number":
        return f"hn::Set(d, static_cast<hn::TFromD<D>>({node.name}))", [], ""
    arguments = [render(argument) for argument in node.arguments]
    if _is_named_body(node):
        return f"{node.name}(", ["d", "flags", *arguments], ")"
    assert node.operation is not None
    counts = [kind == "count" for kind in node.operation.arguments]
    if any(counts):
        known = [text for text, count in zip(arguments, counts) if count]
        rest = [text for text, count in zip(arguments, counts) if not count]
        return f"hn::{node.name}<{', '.join(known)}>(", rest, ")"
    return f"hn::{node.name}(", arguments, ")"


def layout(head: str, node: Expression, tail: str, indent: int) -> str:
    """``head`` + node + ``tail``, broken after arguments where a line would be too long."""
    line = " " * indent + head + render(node) + tail
    if len(line) <= WIDTH or not node.arguments or node.label:
        return line
    opening, arguments, closing = _pieces(node)
    first = " " * indent + head + opening
    column = len(first)
    plain = len(arguments) - len(node.arguments)
    lines = [first + ", ".join(arguments[:plain]) + (", " if plain > 0 else "")]
    for position, argument in enumerate(node.arguments):
        last = position == len(node.arguments) - 1
        end = closing + tail if last else ","
        text = render(argument) + end
        room = lines[-1] if lines[-1].endswith(("(", " ")) else lines[-1] + " "
        if len(room) + len(text) <= WIDTH:
            lines[-1] = room + text
        else:
            wrapped = layout("", argument, end, column)
            if position == 0 and plain == 0:
                wrapped = lines.pop() + wrapped.lstrip()
            lines.extend(wrapped.split("\n"))
    return "\n".join(line.rstrip() for line in lines)
