"""``capi.yaml``: the slots of the C function table, which only ever grow at the end."""

from __future__ import annotations

import re

from .dtypes import origin_of
from .faults import FaultLog
from .load import Mapping, Scalar
from .model import CapiSlot

VERSION = re.compile(r"[0-9]+\.[0-9]+")
C_NAME = re.compile(r"[a-z_][a-z0-9_]*")
PREFIX = "qn_"
# Words that no C or C++ name may be.
RESERVED = frozenset(
    """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const
    consteval constexpr constinit continue decltype default delete do double else enum explicit export
    extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
    operator or or_eq private protected public register requires restrict return short signed sizeof static
    struct switch template this throw true try typedef typeid typename union unsigned using virtual void
    volatile while xor xor_eq
    """.split()
)


def read_slots(node: Mapping, log: FaultLog) -> tuple[CapiSlot, ...]:
    """All slots in order."""
    types = set(node.mapping("types").items)
    names: dict[str, int] = {}
    found: list[CapiSlot] = []
    since = (0, 0)
    expected = 0
    for position, slot in node.mappings("slots"):
        entry = f"capi.slots[{position}]"
        index, name = int(slot.text("index")), slot.text("name")
        check_index(slot, entry, index, expected, log)
        expected = max(expected, index) + 1
        check_name(slot, entry, name, names, index, log)
        since = check_since(slot, entry, since, log)
        check_type(scalar_of(slot, "result"), f"{entry}.result", types, log)
        arguments = slot.mapping("arguments")
        pairs: list[tuple[str, str]] = []
        for argument, node_ in arguments.items.items():
            assert isinstance(node_, Scalar)
            check_type(node_, f"{entry}.arguments.{argument}", types, log)
            if not C_NAME.fullmatch(argument) or argument in RESERVED:
                log.add(arguments.keys[argument], f"{entry}.arguments", f'"{argument}" is no C identifier')
            pairs.append((node_.text, argument))
        texts = (slot.text("result"), tuple(pairs), slot.text("summary"), slot.text("history"))
        found.append(CapiSlot(index, name, slot.text("since"), *texts, origin_of(slot.place)))
    return tuple(found)


def scalar_of(node: Mapping, key: str) -> Scalar:
    """The scalar under a key that is required."""
    scalar = node.scalar(key)
    assert scalar is not None
    return scalar


def check_index(slot: Mapping, entry: str, index: int, expected: int, log: FaultLog) -> None:
    """Slots count up from 0 without a gap."""
    place = scalar_of(slot, "index").place
    if index < expected:
        log.add(place, f"{entry}.index", f"slot {index} is taken or out of order; the next free slot is {expected}")
    elif index > expected:
        log.add(place, f"{entry}.index", f"slot {index} skips slot {expected}; a slot once given is never removed")


def check_name(slot: Mapping, entry: str, name: str, names: dict[str, int], index: int, log: FaultLog) -> None:
    """A name is an identifier with the prefix, and no other slot's."""
    place = scalar_of(slot, "name").place
    if not name.startswith(PREFIX) or not C_NAME.fullmatch(name):
        log.add(place, f"{entry}.name", f'"{name}" is no C identifier that starts with "{PREFIX}"')
    if names.setdefault(name, index) != index:
        log.add(place, f"{entry}.name", f'"{name}" is already slot {names[name]}')


def check_since(slot: Mapping, entry: str, since: tuple[int, int], log: FaultLog) -> tuple[int, int]:
    """A later slot is not older than an earlier one."""
    scalar = scalar_of(slot, "since")
    if not VERSION.fullmatch(scalar.text):
        log.add(scalar.place, f"{entry}.since", f'"{scalar.text}" is no version; the form is "1.0"')
        return since
    major, minor = map(int, scalar.text.split("."))
    if (major, minor) < since:
        message = f"version {scalar.text} is older than that of an earlier slot, {since[0]}.{since[1]}"
        log.add(scalar.place, f"{entry}.since", message)
    return max(since, (major, minor))


def check_type(scalar: Scalar, entry: str, types: set[str], log: FaultLog) -> None:
    """A C type is a known word with ``const`` and stars around it."""
    word = re.sub(r"\bconst\b|\*", " ", scalar.text).strip()
    if word not in types:
        place = scalar.inner.after(max(scalar.text.find(word), 0))
        log.add_unknown(place, entry, "C type", word, types)
