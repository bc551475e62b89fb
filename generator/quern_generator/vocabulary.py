"""The closed words of ``vocabulary.yaml``, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .classes import ClassTable, Names
from .faults import FaultLog, Place
from .kinds import KindReader, kinds_of_lanes
from .load import Mapping, Scalar
from .model import KindRow, Operation


MIXED = ("type", "width")


@dataclass(frozen=True)
class OperationWord:
    """An operation or a named body with all its signatures, each of them one ``Operation``."""

    name: str
    forms: tuple[Operation, ...]
    signless: bool
    mixed: str  # vector arguments may differ in: "" nothing, "type" but not width, "width"
    raises: tuple[tuple[Names, tuple[str, ...]], ...]  # flags by class of the lanes
    refuses: Names = frozenset()  # lanes of which some values are refused
    kinds: tuple[KindRow, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        return self.forms[0].classes

    def mixes(self, first: int, second: int) -> bool:
        """Whether vectors of two different dtypes, with lanes of so many bits, may stand together."""
        return self.mixed == "width" or self.mixed == "type" and first == second

    def form_for(self, form: Operation, lanes: str, loop_kinds: Sequence[str] = ()) -> Operation:
        """A form with the flags that it raises for lanes of a dtype, whether it refuses any, and its kinds on targets."""
        raised = {flag for members, flags in self.raises if lanes in members for flag in flags}
        flags = tuple(flag for flag in form.raises if flag in raised)
        kinds = kinds_of_lanes(self.kinds, lanes, loop_kinds)
        return replace(form, raises=flags, refuses=lanes in self.refuses, kinds=kinds)


@dataclass(frozen=True)
class Vocabulary:
    """Every closed word but classes, targets and C types."""

    dtype_kinds: tuple[str, ...]
    levels: tuple[str, ...]
    flags: tuple[str, ...]
    families: tuple[str, ...]
    loop_kinds: dict[str, str]  # word -> description, the best first
    architectures: tuple[str, ...]
    argument_kinds: tuple[str, ...]
    reference_words: tuple[str, ...]


def read_words(node: Mapping, package: Mapping | None = None) -> Vocabulary:
    """The plain words; a package adds families."""
    families = [*node.mapping("families").items]
    if package is not None:
        families += [word for word in package.mapping("families").items if word not in families]
    return Vocabulary(
        dtype_kinds=tuple(node.mapping("dtype_kinds").items),
        levels=tuple(node.mapping("casting_levels").items),
        flags=tuple(node.mapping("flags").items),
        families=tuple(families),
        loop_kinds={word: node.mapping("loop_kinds").text(word) for word in node.mapping("loop_kinds").items},
        architectures=tuple(node.mapping("architectures").items),
        argument_kinds=tuple(node.mapping("argument_kinds").items),
        reference_words=tuple(node.mapping("reference_words").items),
    )


@dataclass
class OperationReader:
    """Reads ``operations`` and ``bodies``."""

    words: Vocabulary
    classes: ClassTable
    log: FaultLog

    def read(self, nodes: list[Mapping]) -> tuple[dict[str, OperationWord], set[str]]:
        """All operations by name, and the names whose entries are faulty."""
        found: dict[str, OperationWord] = {}
        broken: set[str] = set()
        for node in nodes:
            for group in ("operations", "bodies"):
                broken |= node.mapping(group).keys.keys() - node.mapping(group).items.keys()
                for name, entry in node.mapping(group).items.items():
                    assert isinstance(entry, Mapping)
                    place = node.mapping(group).keys[name]
                    if name in found:
                        self.log.add(place, f"vocabulary.{group}.{name}", "the name is taken by another operation")
                        continue
                    word = self.read_one(group, name, entry)
                    if word is None:
                        broken.add(name)
                    else:
                        found[name] = word
        return found, broken

    def read_one(self, group: str, name: str, entry: Mapping) -> OperationWord | None:
        """One operation; None if it is faulty."""
        label = f"vocabulary.{group}.{name}"
        before = len(self.log.faults)
        members = self.members(entry, label)
        family = entry.text("family") or None
        if family is not None and family not in self.words.families:
            self.log.add_unknown(self.at(entry, "family"), f"{label}.family", "family", family, self.words.families)
        mixed = entry.text("mixed")
        if mixed not in ("", *MIXED):
            self.log.add_unknown(self.at(entry, "mixed"), f"{label}.mixed", "word", mixed, MIXED)
        raises = self.raises(entry.mapping("raises"), f"{label}.raises")
        kinds = self.kinds(name, members, entry, label)
        refuses = entry.scalar("refuses")
        refused = self.classes.evaluate(refuses, f"{label}.refuses") if refuses is not None else None
        forms = [
            self.signature(scalar, f"{label}.signatures[{position}]")
            for position, scalar in enumerate(entry.scalars("signatures"))
        ]
        if len(self.log.faults) > before or not forms or members is None:
            return None
        given = {flag for _, names in raises for flag in names}
        flags, summary = tuple(flag for flag in self.words.flags if flag in given), entry.text("summary")
        header = entry.text("header") or family or ""
        stored = entry.text("stored") == "true"
        operations = tuple(
            Operation(name, form[0], form[1], members, family, flags, summary, header, results=form[2], stored=stored)
            for form in forms
            if form is not None
        )
        signless = entry.text("signless") == "true"
        return OperationWord(name, operations, signless, mixed, raises, refused or frozenset(), kinds)

    def raises(self, node: Mapping, label: str) -> tuple[tuple[Names, tuple[str, ...]], ...]:
        """Flags by class."""
        found: list[tuple[Names, tuple[str, ...]]] = []
        for word, place in node.keys.items():
            members = self.classes.evaluate(Scalar(word, place, place), f"{label}.{word}")
            flags = node.scalars(word)
            for position, flag in enumerate(flags):
                if flag.text not in self.words.flags:
                    entry = f"{label}.{word}[{position}]"
                    self.log.add_unknown(flag.place, entry, "flag", flag.text, self.words.flags)
            found.append((members or frozenset(), tuple(flag.text for flag in flags)))
        return tuple(found)

    def kinds(self, name: str, members: tuple[str, ...] | None, entry: Mapping, label: str) -> tuple[KindRow, ...]:
        """Where the word is not of the best kind."""
        if members is None:
            return ()
        reader = KindReader(name, frozenset(members), tuple(self.words.loop_kinds), self.classes, self.log)
        return reader.read(entry.mapping("kinds"), f"{label}.kinds")

    def members(self, entry: Mapping, label: str) -> tuple[str, ...] | None:
        """The dtypes that an operation takes."""
        scalar = entry.scalar("classes")
        assert scalar is not None
        found = self.classes.evaluate(scalar, f"{label}.classes")
        return None if found is None else self.classes.ordered(found)

    @staticmethod
    def at(entry: Mapping, key: str) -> Place:
        """The place of a key's value."""
        scalar = entry.scalar(key)
        return scalar.place if scalar is not None else entry.place

    def signature(self, scalar: Scalar, label: str) -> tuple[tuple[str, ...], str, int] | None:
        """``"mask, vector -> vector"`` as argument kinds, result (a kind, or the dtype of the lanes) and its count."""
        head, arrow, tail = scalar.text.partition("->")
        arguments = [word.strip() for word in head.split(",")] if head.strip() else []
        results = [word.strip() for word in tail.split(",")]
        result = results[0]
        if not arrow:
            self.log.add(scalar.place, label, 'a signature has the form "vector, vector -> vector"')
            return None
        for word in [*arguments, result]:
            if word not in self.words.argument_kinds and (word != result or word not in self.classes.dtypes):
                offset = max(scalar.text.find(word), 0)
                place = scalar.inner.after(offset)
                self.log.add_unknown(place, label, "argument kind", word, self.words.argument_kinds)
                return None
        if len(results) > 1 and set(results) != {"vector"}:
            self.log.add(scalar.place, label, "several results are all of them vectors")
            return None
        return tuple(arguments), result, len(results)
