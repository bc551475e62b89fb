"""Ufuncs with a signature: core dimensions, the operations on whole core operands, and what they mean.

A signature as NumPy writes it, ``(n?,k),(k,m?)->(n?,m?)``, names the core dimensions of each operand; one
with a question mark may be absent. A loop of such a ufunc names a word of ``cores`` instead of a body: a
kernel over whole core operands. Its reference is a fold over the core dimensions that no output has,
``sum(a * b)`` or ``any(a and b)``, whose operand is a reference for single elements.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping as Dict, Sequence
from dataclasses import dataclass
from typing import Any

from .classes import ClassTable
from .faults import FaultLog
from .kinds import KindReader
from .load import Mapping, Scalar
from .model import Core, CoreSignature, DType
from .reference import Reference, ReferenceFault, Value, compile_reference, convert, real
from .vocabulary import Vocabulary

OPERAND = re.compile(r"\(([^()]*)\)")
DIMENSION = re.compile(r"[a-z][a-z0-9]*\??")
FORM = 'a signature has the form "(m,k),(k,n)->(m,n)"'
FOLD = re.compile(r"\s*(sum|any)\((.*)\)\s*", re.DOTALL)
FOLDS: dict[str, Callable[[Any, Any], Any]] = {"sum": lambda x, y: x + y, "any": lambda x, y: x or y}


class SignatureFault(Exception):
    """A signature that cannot be read, at an offset of its text."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


def parse_signature(text: str) -> CoreSignature:
    """A signature; raises SignatureFault."""
    head, arrow, tail = text.partition("->")
    if not arrow:
        raise SignatureFault(0, FORM)
    dimensions: dict[str, bool] = {}
    inputs = operands(head, 0, dimensions)
    known = len(dimensions)
    outputs = operands(tail, len(head) + 2, dimensions)
    names = list(dimensions)
    if len(names) > known:
        raise SignatureFault(len(head) + 2, f'no input has the dimension "{names[known]}"')
    sides = [tuple(tuple(names.index(name) for name in operand) for operand in side) for side in (inputs, outputs)]
    return CoreSignature(text.replace(" ", ""), tuple(names), tuple(dimensions.values()), sides[0], sides[1])


def operands(text: str, start: int, dimensions: dict[str, bool]) -> list[list[str]]:
    """The dimensions of each operand of one side; adds new ones, with whether they are optional."""
    if not re.fullmatch(r"\s*\([^()]*\)\s*(,\s*\([^()]*\)\s*)*", text):
        raise SignatureFault(start, FORM)
    found = []
    for match in OPERAND.finditer(text):
        words = [word.strip() for word in match.group(1).split(",")] if match.group(1).strip() else []
        for word in words:
            if not DIMENSION.fullmatch(word):
                raise SignatureFault(start + match.start(), f'"{word}" is no name of a dimension')
            name, optional = word.rstrip("?"), word.endswith("?")
            if dimensions.setdefault(name, optional) != optional:
                raise SignatureFault(start + match.start(), f'"{name}" is optional in one place and not in another')
        found.append([word.rstrip("?") for word in words])
    return found


@dataclass
class CoreReader:
    """Reads ``cores``."""

    words: Vocabulary
    classes: ClassTable
    log: FaultLog

    def read(self, nodes: Sequence[Mapping]) -> tuple[dict[str, Core], set[str]]:
        """All words by name, and the names whose entries are faulty."""
        found: dict[str, Core] = {}
        broken: set[str] = set()
        for node in nodes:
            group = node.mapping("cores")
            broken |= group.keys.keys() - group.items.keys()
            for name, entry in group.items.items():
                assert isinstance(entry, Mapping)
                core = self.read_one(name, entry)
                if name in found:
                    self.log.add(group.keys[name], f"vocabulary.cores.{name}", "the name is taken by another core")
                elif core is None:
                    broken.add(name)
                else:
                    found[name] = core
        return found, broken

    def read_one(self, name: str, entry: Mapping) -> Core | None:
        """One word; None if it is faulty."""
        label = f"vocabulary.cores.{name}"
        before = len(self.log.faults)
        family, classes, text = (entry.scalar(key) for key in ("family", "classes", "signature"))
        assert family is not None and classes is not None and text is not None
        members = self.classes.evaluate(classes, f"{label}.classes")
        if family.text not in self.words.families:
            self.log.add_unknown(family.place, f"{label}.family", "family", family.text, self.words.families)
        signature = read_signature(text, f"{label}.signature", self.log)
        if members is None or signature is None or len(self.log.faults) > before:
            return None
        signless, separable = (entry.text(key) == "true" for key in ("signless", "separable"))
        ordered, summary = self.classes.ordered(members), entry.text("summary")
        kinds = KindReader(name, members, tuple(self.words.loop_kinds), self.classes, self.log)
        rows = kinds.read(entry.mapping("kinds"), f"{label}.kinds")
        return Core(name, family.text, signature, ordered, signless, separable, summary, rows)


def read_signature(scalar: Scalar, entry: str, log: FaultLog) -> CoreSignature | None:
    """A signature; None, with a fault, if it cannot be read."""
    try:
        return parse_signature(scalar.text)
    except SignatureFault as fault:
        log.add(scalar.inner.after(fault.offset), entry, fault.message)
        return None


@dataclass(frozen=True)
class CoreRows:
    """What a ufunc's signature asks of its loop rows."""

    signature: CoreSignature | None  # None: an elementwise ufunc, or one whose signature is faulty
    stated: bool  # the ufunc states a signature
    cores: Dict[str, Core]
    broken: set[str]
    log: FaultLog

    def of_row(self, row: Mapping, entry: str) -> Core | None:
        """The core operation of a row; adds faults where a row has the wrong kind of kernel."""
        scalar, body = row.scalar("core"), row.scalar("body")
        wanted, other = ("core", body) if self.stated else ("body", scalar)
        if other is not None:
            message = "a ufunc with a signature has cores" if self.stated else "only a ufunc with a signature has cores"
            self.log.add(other.place, f"{entry}.{'body' if self.stated else 'core'}", message)
        elif (scalar if self.stated else body) is None:
            self.log.add(row.place, entry, f'missing key "{wanted}"')
        if scalar is None or not self.stated or scalar.text in self.broken:
            return None
        core = self.cores.get(scalar.text)
        if core is None:
            self.log.add_unknown(scalar.place, f"{entry}.core", "core", scalar.text, self.cores)
        elif self.signature is not None and core.signature.axes != self.signature.axes:
            message = f"{core.name} is an operation {core.signature.text}, not {self.signature.text}"
            self.log.add(scalar.place, f"{entry}.core", message)
        return core


@dataclass(frozen=True)
class CoreReference:
    """A fold over the core dimensions that no output has. On single elements it is its operand."""

    text: str
    fold: str
    element: Reference

    def __call__(self, inputs: Sequence[Value], dtypes: Sequence[DType], outputs: Sequence[DType]) -> tuple[Value, ...]:
        """The result where every core dimension has extent 1."""
        return self.element(inputs, dtypes, outputs)

    def over(self, pairs: Sequence[Sequence[Value]], dtypes: Sequence[DType], output: DType) -> Value:
        """The fold of all groups of elements, exact and rounded once."""
        exact = [self.element.exact(inputs, dtypes)[0] for inputs in pairs]
        if not exact:
            return convert(0, output)
        total = exact[0]
        for value in exact[1:]:
            total = FOLDS[self.fold](total, value)
        return convert(real(total) if output.kind == "float" else total, output)


def compile_core_reference(text: str, arity: int) -> CoreReference:
    """Reads the reference of a ufunc with a signature; raises ReferenceFault."""
    match = FOLD.fullmatch(text)
    if match is None:
        raise ReferenceFault(0, 'the reference of a ufunc with a signature is "sum(...)" or "any(...)"')
    try:
        return CoreReference(text, match.group(1), compile_reference(match.group(2), arity, 1))
    except ReferenceFault as fault:
        raise ReferenceFault(fault.offset + match.start(2), fault.message, fault.word) from fault


@dataclass(frozen=True)
class Grid:
    """Elements of one core operand in C order."""

    shape: tuple[int, ...]
    values: tuple[Any, ...]

    def at(self, index: Sequence[int]) -> Any:
        """One element."""
        position = 0
        for extent, place in zip(self.shape, index):
            position = position * extent + place
        return self.values[position]


def extents_of(signature: CoreSignature, shapes: Sequence[tuple[int, ...]]) -> list[int | None]:
    """The extent of each core dimension, None for one that is absent; raises ValueError."""
    found: dict[int, int | None] = {}
    for axes, shape in zip(signature.inputs, shapes):
        missing = len(axes) - len(shape)
        if missing < 0:
            raise ValueError("an operand has more axes than the signature")
        if missing > sum(signature.optional[axis] for axis in axes):
            raise ValueError("an operand has fewer axes than the signature")
        kept = [axis for axis in axes if not (signature.optional[axis] and missing)]
        for axis in axes:
            if axis not in kept:
                found[axis] = None
        for axis, extent in zip(kept, shape):
            if found.setdefault(axis, extent) != extent:
                raise ValueError(f'the operands differ in "{signature.dimensions[axis]}"')
    return [found[axis] for axis in range(len(signature.dimensions))]


def apply(
    signature: CoreSignature,
    reference: CoreReference,
    operands_given: Sequence[Grid],
    dtypes: Sequence[DType],
    output: DType,
) -> Grid:
    """The reference on whole core operands; raises ValueError where their shapes do not fit."""
    extents = extents_of(signature, [grid.shape for grid in operands_given])
    sizes = [1 if extent is None else extent for extent in extents]
    result = signature.outputs[0]
    folded = [axis for axis in range(len(sizes)) if axis not in result]
    values = []
    for place in itertools.product(*(range(sizes[axis]) for axis in result)):
        groups = []
        for inner in itertools.product(*(range(sizes[axis]) for axis in folded)):
            index = dict(zip((*result, *folded), (*place, *inner)))
            chosen = []
            for axes, grid in zip(signature.inputs, operands_given):
                chosen.append(grid.at([index[axis] for axis in axes if extents[axis] is not None]))
            groups.append(chosen)
        values.append(reference.over(groups, dtypes, output))
    return Grid(tuple(sizes[axis] for axis in result if extents[axis] is not None), tuple(values))
