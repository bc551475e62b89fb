"""Typed bodies as C++ on Highway vectors: one functor per kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..model import Expression, Loop
from .names import storage_type
from .text import WIDTH, camel, filled

VARIABLES = "abcdefgh"  # the inputs of a body, in order
FOURTH = "fourth"  # what C++ calls d, which is the tag of a functor there


@dataclass(frozen=True)
class Functor:
    """A struct whose call operator is the body of one kernel."""

    name: str
    template: str  # "class D, class V"
    head: str  # "HWY_INLINE auto operator()(D d, FlagSet& flags, V a) const {", wrapped; unused inputs have no name
    body: str  # wrapped statements


def walk(bodies: Iterable[Expression]) -> Iterator[Expression]:
    """The nodes and all below them."""
    for body in bodies:
        yield body
        yield from walk(body.arguments)


def body_families(loop: Loop) -> set[str]:
    """Stems of the runtime/simd headers that the body's named operations live in."""
    return {node.operation.header for node in walk(loop.bodies) if node.operation and node.operation.header}


def typed_for(loop: Loop) -> Loop:
    """The loop with the elements' type told to every body that computes on stored bits."""
    element = storage_type(loop.inputs[0])

    def told(node: Expression) -> Expression:
        stored = node.operation is not None and node.operation.stored
        name = f"{node.name}<{element}>" if stored else node.name
        return replace(node, name=name, arguments=tuple(map(told, node.arguments)))

    return replace(loop, bodies=tuple(map(told, loop.bodies)))


def functor(loop: Loop) -> Functor:
    """The functor of a loop's kernel; for a loop by parts the functor of either part."""
    loop = typed_for(loop)
    if is_by_parts(loop):
        loop = replace(loop, bodies=loop.bodies[:1])
        return _functor(loop, [("V", variable) for variable, _ in zip(VARIABLES, loop.inputs)], "")
    return _functor(loop, _vector_types(loop), "_")


def is_by_parts(loop: Loop) -> bool:
    """Whether all operands are complex and the real parts of the results are to the real parts as imaginary ones are."""
    if len(loop.outputs) > 1 or not all(dtype.real == loop.outputs[0].real for dtype in loop.types):
        return False
    if not loop.outputs[0].real or _is_whole(loop):
        return False
    variables = {node.name for node in walk(loop.bodies[:1]) if node.kind == "variable"}
    real, imag = (render(body) for body in loop.bodies)
    return all(name.endswith(".real") for name in variables) and imag == real.replace("_real", "_imag")


def _functor(loop: Loop, vectors: list[tuple[str, str]], point: str) -> Functor:
    """A functor over these vectors; ``point`` stands between a variable and its part."""
    nodes = list(walk(loop.bodies))
    used = {node.name for node in nodes if node.kind == "variable"}
    needs_d = any(_takes_d(node) for node in nodes)
    needs_flags = any(_is_named_body(node) for node in nodes)
    parameters = ["D d" if needs_d else "D", "FlagSet& flags" if needs_flags else "FlagSet&"]
    for vector, variable in vectors:
        parameters.append(f"{vector} {_cpp_name(variable)}" if {variable, f"{variable}.real"} & used else vector)
    types = dict.fromkeys(vector for vector, _ in vectors)
    several = len(loop.bodies) > 1 or _is_whole(loop)
    if several:
        parameters.append("const Store& store")
        types["Store"] = None
    return Functor(
        name=functor_name(loop.kernel),
        template=", ".join(["class D", *(f"class {name}" for name in types)]),
        head=filled(f"  HWY_INLINE {'void' if several else 'auto'} operator()(", parameters, ") const {"),
        body="\n".join(_statements(loop) if point else _part_statements(loop)),
    )


def functor_name(kernel: str) -> str:
    """The struct of a kernel's body: apart from named bodies, which are called as LessInt64Uint64 is."""
    return camel(kernel) + "Op"


def _statements(loop: Loop) -> Iterator[str]:
    """Intermediate values in the order in which they are needed, then the results."""
    labelled = [node for body in loop.bodies for node in _labelled(body)]
    for label, node in {node.label: node for node in labelled}.items():
        yield layout(f"const auto {label} = ", replace(node, label=""), ";", 4)
    if _is_whole(loop):
        opening, arguments, closing = _pieces(loop.bodies[0])
        yield filled("    " + opening, arguments, closing + ";")
    elif len(loop.bodies) == 1:
        yield layout("return ", loop.bodies[0], ";", 4)
    else:
        yield filled("    store(", [render(body) for body in loop.bodies], ");")


def _part_statements(loop: Loop) -> Iterator[str]:
    """The statements of either part of a loop by parts."""
    for statement in _statements(loop):
        yield statement.replace("_real", "")


def _labelled(node: Expression) -> Iterator[Expression]:
    """Intermediate values under a node, innermost first."""
    for argument in node.arguments:
        yield from _labelled(argument)
    if node.label:
        yield node


def _is_whole(loop: Loop) -> bool:
    """Whether the body is one operation that hands all results to `store` itself."""
    operation = loop.bodies[0].operation
    return operation is not None and operation.results > 1


def _vector_types(loop: Loop) -> list[tuple[str, str]]:
    """A template parameter for each vector and the variable that it is; inputs of one storage type share it."""
    alike = len({dtype.cpp for dtype in loop.inputs}) == 1
    made = []
    for variable, dtype in zip(VARIABLES, loop.inputs):
        names = [f"{variable}.real", f"{variable}.imag"] if dtype.real else [variable]
        made += [("V" if alike else f"V{variable.upper()}", name) for name in names]
    return made


def _cpp_name(variable: str) -> str:
    """A variable as a parameter: the part of a complex input is `a_real`."""
    name, point, part = variable.partition(".")
    return f"{FOURTH if name == 'd' else name}{'_' if point else ''}{part}"


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
        store = ["store"] if node.operation is not None and node.operation.results > 1 else []
        return f"{node.name}(", ["d", "flags", *arguments, *store], ")"
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
