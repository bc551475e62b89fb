"""Loop kinds: how well the instructions of a target serve a body, by what vocabulary.yaml says of its words.

A word runs as the first of ``loop_kinds``, the best, wherever its entry names no worse one::

    kinds:
      emulated: {integers & bits8: always, integers & bits64: "below AVX3, below SVE"}

Targets below another are those of its architecture before it in ``HIGHWAY_TARGETS``, so that a new target
needs no new entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .classes import ClassTable, Names
from .faults import FaultLog
from .highway import HIGHWAY_TARGETS
from .load import Mapping, Scalar
from .model import Core, Expression, KindRow, Target

PART = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
ALWAYS = "always"
BELOW = re.compile(r"(below +)([A-Za-z0-9_]+)")


@dataclass
class KindReader:
    """Reads the ``kinds`` of one word, which takes lanes of ``members``."""

    word: str
    members: Names
    kinds: Sequence[str]
    classes: ClassTable
    log: FaultLog

    def read(self, node: Mapping, label: str) -> tuple[KindRow, ...]:
        """The rows that are sound."""
        rows = []
        for kind, place in node.keys.items():
            if kind not in self.kinds[1:]:
                self.log.add_unknown(place, label, "loop kind", kind, self.kinds[1:])
            group = node.mapping(kind)
            for text, at in group.keys.items():
                entry = f"{label}.{kind}.{text}"
                members = self.classes.evaluate(Scalar(text, at, at), entry)
                if members is not None and not members & self.members:
                    self.log.add(at, entry, f'{self.word} takes no lanes of "{text}"')
                where = group.scalar(text)
                targets = self.targets(where, entry) if where is not None else frozenset[str]()
                rows.append(KindRow(kind, members or frozenset(), targets))
        return tuple(rows)

    def targets(self, scalar: Scalar, entry: str) -> frozenset[str]:
        """``always``, or places below targets, separated by commas."""
        if scalar.text == ALWAYS:
            return frozenset(HIGHWAY_TARGETS)
        found: set[str] = set()
        for part in PART.finditer(scalar.text):
            match = BELOW.fullmatch(part[0])
            place = scalar.inner.after(part.start())
            if match is None:
                self.log.add(place, entry, f'"{part[0]}" where "{ALWAYS}" or "below" a target belongs')
                continue
            name = match[2]
            if name not in HIGHWAY_TARGETS:
                self.log.add_unknown(place.after(len(match[1])), entry, "target", name, HIGHWAY_TARGETS)
                continue
            lesser = list(below(name))
            if not lesser:
                self.log.add(place.after(len(match[1])), entry, f"no target lies below {name}")
            found.update(lesser)
        return frozenset(found)


def below(target: str) -> Iterator[str]:
    """The targets of the architecture that come before one."""
    for name, architecture in HIGHWAY_TARGETS.items():
        if name == target:
            return
        if architecture == HIGHWAY_TARGETS[target]:
            yield name


def kinds_of_lanes(rows: Sequence[KindRow], lanes: str, kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """For lanes of a dtype the targets on which the kind is not the best, each with the worst kind named."""
    found: dict[str, str] = {}
    for row in rows:
        if lanes in row.members:
            for target in row.targets:
                found[target] = max(found.get(target, row.kind), row.kind, key=kinds.index)
    return tuple((target, found[target]) for target in HIGHWAY_TARGETS if target in found)


def body_kind(body: Expression, target: Target, kinds: Sequence[str]) -> str:
    """The worst kind of a body's words on a target."""
    if target.architecture == "any":  # no instructions of its own: Highway computes lane by lane
        return kinds[-1]
    own = dict(body.operation.kinds).get(target.name, kinds[0]) if body.operation else kinds[0]
    return max([own, *(body_kind(argument, target, kinds) for argument in body.arguments)], key=kinds.index)


def core_kind(core: Core, lanes: str, target: Target, kinds: Sequence[str]) -> str:
    """The kind of a core operation with lanes of a dtype on a target."""
    if target.architecture == "any":
        return kinds[-1]
    return dict(kinds_of_lanes(core.kinds, lanes, kinds)).get(target.name, kinds[0])


def grouped_kinds(kinds: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Each kind and the targets it is of, that of the last target first."""
    targets: dict[str, list[str]] = {}
    for target, kind in reversed(kinds):
        targets.setdefault(kind, []).insert(0, target)
    return list(targets.items())


def kinds_text(kinds: Sequence[tuple[str, str]]) -> str:
    """Kinds by target in words, that of the last target first: ``vector; emulated on SSE2, AVX2``.

    Targets without instructions of their own go without saying: there everything is scalar.
    """
    told = [(target, kind) for target, kind in kinds if HIGHWAY_TARGETS[target] != "any"]
    (last, _), *others = grouped_kinds(told) or [("", [])]
    return "; ".join([last, *(f"{kind} on {', '.join(targets)}" for kind, targets in others)])
