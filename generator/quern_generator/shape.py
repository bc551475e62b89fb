"""The shapes of spec files: which keys an entry has, which it must have, and what stands under them.

``fit`` checks a node against a shape and returns what of it is sound, so that later checks meet no
missing key and every fault is reported once. Whether words are known is decided later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

from .faults import FaultLog
from .load import Mapping, Node, Scalar, Sequence

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
INTEGER = re.compile(r"-?[0-9]+")


@dataclass(frozen=True)
class Text:
    """A scalar; ``what`` it must be: "text", "word", "integer" or "flag"."""

    what: str = "text"

    def accepts(self, text: str) -> bool:
        """Whether a scalar's text is what belongs here."""
        if self.what == "word":
            return WORD.fullmatch(text) is not None
        if self.what == "integer":
            return INTEGER.fullmatch(text) is not None
        if self.what == "flag":
            return text in ("true", "false")
        return text.strip() != ""


@dataclass(frozen=True)
class ListOf:
    """A list of one shape."""

    item: Shape


@dataclass(frozen=True)
class MapOf:
    """A mapping from free words to one shape."""

    value: Shape


@dataclass(frozen=True)
class Record:
    """A mapping with fixed keys; those in ``required`` must be there."""

    fields: dict[str, Shape]
    required: frozenset[str]


@dataclass(frozen=True)
class Either:
    """One of several shapes, told apart by the kind of node."""

    shapes: tuple[Shape, ...]


Shape = Union[Text, ListOf, MapOf, Record, Either]


def record(required: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Record:
    """A record of required and optional keys."""
    return Record({**required, **(optional or {})}, frozenset(required))


TEXT, NAME, INT, FLAG = Text(), Text("word"), Text("integer"), Text("flag")
TEXTS, NAMES = ListOf(TEXT), ListOf(NAME)

DTYPE = record(
    {
        "name": NAME,
        "summary": TEXT,
        "kind": NAME,
        "bits": INT,
        "names": record({key: TEXT for key in ("cpp", "c", "numpy_kind", "numpy_char", "npy")}, {"buffer": TEXT}),
    },
    {
        "dlpack": record({"code": INT, "bits": INT}),
        "limits": record({"min": TEXT, "max": TEXT}),
        "real": NAME,
        "alignment": INT,
        "swap_unit": INT,
        "format": record({"significand": INT, "maximum_exponent": INT}, {"infinities": FLAG}),
        "compute": NAME,
        "safe_to": NAMES,
        "safe_from": NAMES,
        "joins": NAMES,
        "only_if_present": FLAG,
    },
)

LOOP = record(
    {"types": TEXT},
    {
        "body": TEXT,
        "checked": TEXT,
        "core": NAME,
        "for": MapOf(TEXT),
        "flags": NAMES,
        "exact": FLAG,
        "refuses": TEXT,
        "family": NAME,
    },
)
REDUCE = record(
    {},
    {
        "identity": TEXT,
        "neutral": MapOf(TEXT),
        "reorderable": FLAG,
        "exactly": NAME,
        "as": ListOf(record({"inputs": TEXT, "accumulator": NAME})),
        "functions": ListOf(record({"name": NAME, "summary": TEXT}, {"aliases": NAMES})),
    },
)
UFUNC = record(
    {
        "name": NAME,
        "summary": TEXT,
        "arguments": record({"in": NAMES, "out": NAMES}, {"parameters": NAMES}),
        "family": NAME,
        "loops": ListOf(LOOP),
        "reference": Either((TEXT, MapOf(TEXT))),
    },
    {
        "description": TEXT,
        "aliases": NAMES,
        "operator": TEXT,
        "signature": TEXT,
        "resolve": ListOf(record({"inputs": TEXT}, {"as": TEXT, "refuse": TEXT})),
        "reduce": REDUCE,
        "special_values": ListOf(
            record({"types": TEXT, "in": TEXTS, "out": Either((TEXT, TEXTS))}, {"raises": Either((NAME, NAMES))})
        ),
        "accuracy": MapOf(TEXT),
        "examples": TEXTS,
        "see_also": NAMES,
        "weak_out_of_range": NAME,
    },
)

KINDS_OF_WORD = MapOf(MapOf(TEXT))  # loop kind -> class of lanes -> targets
OPERATION = record({"signatures": TEXTS, "classes": TEXT, "summary": TEXT}, {"signless": FLAG, "kinds": KINDS_OF_WORD})
BODY = record(
    {"family": NAME, "signatures": TEXTS, "classes": TEXT, "summary": TEXT},
    {"header": NAME, "raises": MapOf(NAMES), "refuses": TEXT, "mixed": NAME, "kinds": KINDS_OF_WORD, "stored": FLAG},
)
CORE = record(
    {"family": NAME, "signature": TEXT, "classes": TEXT, "summary": TEXT},
    {"signless": FLAG, "separable": FLAG, "kinds": KINDS_OF_WORD},
)
WORDS = MapOf(TEXT)
VOCABULARY = record(
    {
        "dtype_kinds": WORDS,
        "casting_levels": WORDS,
        "flags": WORDS,
        "families": WORDS,
        "loop_kinds": WORDS,
        "architectures": WORDS,
        "argument_kinds": WORDS,
        "reference_words": WORDS,
        "operations": MapOf(OPERATION),
        "bodies": MapOf(BODY),
    },
    {"cores": MapOf(CORE)},
)
# A package adds bodies, cores and families of its own; the rest is the base's.
PACKAGE_VOCABULARY = record({}, {"families": WORDS, "bodies": MapOf(BODY), "cores": MapOf(CORE)})

CASTING = record(
    {
        "kinds": NAMES,
        "same_kind": NAMES,
        "classes": MapOf(record({"members": TEXT, "summary": TEXT})),
        "weak": MapOf(
            record({"keeps": TEXT, "otherwise": NAME, "summary": TEXT}, {"joins": MapOf(NAME)})
        ),
        "conversions": ListOf(record({"from": TEXT, "to": TEXT, "summary": TEXT}, {"flags": NAMES, "computes": NAMES})),
    },
    {
        "apart": MapOf(TEXT),
        "abstract": MapOf(record({"members": TEXT, "summary": TEXT}, {"of": NAME})),
        "standard_kinds": MapOf(TEXT),
        "absent": MapOf(record({"names": TEXTS, "reason": TEXT})),
    },
)
TARGETS = MapOf(record({"architecture": NAME, "summary": TEXT}, {"families": NAMES}))
CAPI = record(
    {
        "types": MapOf(TEXT),
        "slots": ListOf(
            record(
                {"index": INT, "name": NAME, "result": TEXT, "since": TEXT, "summary": TEXT, "history": TEXT},
                {"arguments": MapOf(TEXT)},
            )
        ),
    }
)

KINDS = {"text": "text", "list": "a list", "mapping": "a mapping"}


def fit(node: Node, shape: Shape, entry: str, log: FaultLog) -> Node | None:
    """What of a node has the shape; None if it is not usable. Faults go to the log."""
    if isinstance(shape, Either):
        chosen = next((s for s in shape.shapes if node_kind(s) == node.kind), None)
        if chosen is None:
            log.add(node.place, entry, f"{KINDS[node.kind]} where {' or '.join(map(describe, shape.shapes))} belongs")
            return None
        return fit(node, chosen, entry, log)
    if node_kind(shape) != node.kind or isinstance(shape, Text) and not shape.accepts(getattr(node, "text", "")):
        found = f'"{node.text}"' if isinstance(node, Scalar) else KINDS[node.kind]
        log.add(node.place, entry, f"{found} where {describe(shape)} belongs")
        return None
    if isinstance(shape, Record) and isinstance(node, Mapping):
        return fit_record(node, shape, entry, log)
    if isinstance(shape, MapOf) and isinstance(node, Mapping):
        return fit_map(node, shape, entry, log)
    if isinstance(shape, ListOf) and isinstance(node, Sequence):
        return fit_list(node, shape, entry, log)
    return node


def fit_record(node: Mapping, shape: Record, entry: str, log: FaultLog) -> Mapping | None:
    """A record without its faulty parts; None if a required one is missing or faulty."""
    items: dict[str, Node] = {}
    for key, value in node.items.items():
        if key not in shape.fields:
            log.add_unknown(node.keys[key], entry, "key", key, shape.fields)
            continue
        fitted = fit(value, shape.fields[key], f"{entry}.{key}", log)
        if fitted is not None:
            items[key] = fitted
    for key in shape.fields:
        if key in shape.required and key not in node.items:
            log.add(node.place, entry, f'missing key "{key}"')
    if not shape.required <= items.keys():
        return None
    return Mapping(items, node.keys, node.place)


def fit_map(node: Mapping, shape: MapOf, entry: str, log: FaultLog) -> Mapping:
    """A mapping without its faulty values."""
    items: dict[str, Node] = {}
    for key, value in node.items.items():
        fitted = fit(value, shape.value, f"{entry}.{key}", log)
        if fitted is not None:
            items[key] = fitted
    return Mapping(items, node.keys, node.place)


def fit_list(node: Sequence, shape: ListOf, entry: str, log: FaultLog) -> Sequence:
    """A list in which an empty scalar stands for each faulty entry, so that positions stay."""
    items: list[Node] = []
    for position, item in enumerate(node.items):
        fitted = fit(item, shape.item, f"{entry}[{position}]", log)
        if fitted is not None:
            items.append(fitted)
        elif not isinstance(shape.item, Text):
            items.append(Scalar("", item.place, item.place))
    return Sequence(tuple(items), node.place)


def node_kind(shape: Shape) -> str:
    """The kind of node that a shape describes."""
    if isinstance(shape, Text):
        return "text"
    return "list" if isinstance(shape, ListOf) else "mapping"


def describe(shape: Shape) -> str:
    """A shape in a message."""
    if isinstance(shape, Text):
        return {"text": "text", "word": "a word", "integer": "a whole number", "flag": "true or false"}[shape.what]
    return KINDS[node_kind(shape)]
