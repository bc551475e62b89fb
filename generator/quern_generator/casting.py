"""``casting.yaml``: kinds, classes, levels, weak scalars and the flags of conversions, as tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from .classes import ClassTable, Names
from .dtypes import DTypes
from .faults import FaultLog
from .load import Mapping, Scalar
from .model import AbsentDType, Casting, DType, NamedSet
from .promotion import Lattice, bits_of
from .vocabulary import Vocabulary

WEAK_KINDS = ("integer", "real", "complex")  # in the order of the runtime's WeakKind


def read_kinds(node: Mapping, words: Vocabulary, log: FaultLog) -> tuple[str, ...]:
    """The kind order; ``same_kind`` must hold the same kinds."""
    order: tuple[str, ...] = ()
    for key in ("kinds", "same_kind"):
        found: list[str] = []
        for position, scalar in enumerate(node.scalars(key)):
            entry = f"casting.{key}[{position}]"
            if scalar.text not in words.dtype_kinds:
                log.add_unknown(scalar.place, entry, "dtype kind", scalar.text, words.dtype_kinds)
            elif scalar.text in found:
                log.add(scalar.place, entry, f'"{scalar.text}" is given twice')
            else:
                found.append(scalar.text)
        apart = node.mapping("apart").keys if key == "same_kind" else {}
        for kind in words.dtype_kinds:
            if kind not in found and kind not in apart:
                log.add(node.keys[key], f"casting.{key}", f'the kind "{kind}" is missing')
        order = order or tuple(found)
    return (*order, *(kind for kind in words.dtype_kinds if kind not in order))


@dataclass
class CastingReader:
    """Builds the tables over all dtypes."""

    node: Mapping
    words: Vocabulary
    classes: ClassTable
    dtypes: DTypes
    lattice: Lattice
    log: FaultLog
    apart: dict[str, Names] = field(default_factory=dict)

    def read(self) -> Casting:
        """All tables; faults go to the log."""
        self.check_promotion()
        self.apart = self.read_apart()
        weak = self.weak_rows()
        everything = self.dtypes.all
        return Casting(
            least_level=tuple(tuple(self.level(source, target) for target in everything) for source in everything),
            promotion=tuple(
                tuple(self.lattice.join((source.index, target.index)) for target in everything)
                for source in everything
            ),
            up_sets=tuple(
                tuple(bits_of(self.lattice.promotes[dtype.index]))
                for dtype in everything
            ),
            weak=tuple(row for row, _ in weak),
            weak_kinds=WEAK_KINDS,
            weak_alone=tuple(alone for _, alone in weak),
            flags=self.flags(),
            abstract=self.abstract(),
            absent=self.absent(),
            standard_kinds=self.standard_kinds(),
        )

    def read_apart(self) -> dict[str, Names]:
        """From which dtypes casts to the kinds outside ``same_kind`` are of that level."""
        node = self.node.mapping("apart")
        found: dict[str, Names] = {}
        for kind, place in node.keys.items():
            if kind not in self.words.dtype_kinds:
                self.log.add_unknown(place, "casting.apart", "dtype kind", kind, self.words.dtype_kinds)
            scalar = node.scalar(kind)
            members = self.classes.evaluate(scalar, f"casting.apart.{kind}") if scalar is not None else None
            found[kind] = members or frozenset()
        return found

    def check_promotion(self) -> None:
        """Every pair of dtypes must have at most one least common dtype."""
        for second in self.dtypes.all:
            for first in self.dtypes.all[: second.index]:
                found = self.lattice.candidates((first.index, second.index))
                if len(found) > 1:
                    self.report_ambiguous(first, second, [self.dtypes.all[index] for index in found])

    def report_ambiguous(self, first: DType, second: DType, found: list[DType]) -> None:
        """A pair without one least common dtype, at a newcomer's safe_from if one is to blame."""
        names = " and ".join(dtype.name for dtype in found)
        message = f"{first.name} and {second.name} promote to {names} alike"
        for dtype, key in [*((dtype, "safe_from") for dtype in found), (second, "safe_to")]:
            node = self.dtypes.nodes[dtype.name]
            if key in node.keys:
                self.log.add(node.keys[key], f"{dtype.name}.{key}", message)
                return

    def level(self, source: DType, target: DType) -> str:
        """The least level that allows a cast."""
        if source is target:
            return self.words.levels[0]
        if self.lattice.safe(source.index, target.index):
            return "safe"
        if target.kind in self.apart:
            return "same_kind" if source.name in self.apart[target.kind] else "unsafe"
        order = [scalar.text for scalar in self.node.scalars("same_kind")]
        if source.kind in order and target.kind in order and order.index(source.kind) <= order.index(target.kind):
            return "same_kind"
        return "unsafe"

    def weak_rows(self) -> list[tuple[tuple[int | None, ...], int]]:
        """The row of every weak kind, which are just those that the runtime knows."""
        node = self.node.mapping("weak")
        for name, place in node.keys.items():
            if name not in WEAK_KINDS:
                self.log.add_unknown(place, "casting.weak", "weak kind", name, WEAK_KINDS)
        rows = []
        for name in WEAK_KINDS:
            entry = node.get(name)
            unused = name == "complex" and not any(dtype.real for dtype in self.dtypes.all)
            if name not in node.keys and not unused:
                self.log.add(node.place, "casting.weak", f'missing key "{name}"')
            nothing: tuple[tuple[int | None, ...], int] = tuple(None for _ in self.dtypes.all), 0
            rows.append(self.weak(name, entry) if isinstance(entry, Mapping) else nothing)
        return rows

    def weak(self, name: str, entry: Mapping) -> tuple[tuple[int | None, ...], int]:
        """What a weak scalar becomes beside each dtype, and alone."""
        label = f"casting.weak.{name}"
        keeps, otherwise = entry.scalar("keeps"), entry.scalar("otherwise")
        assert keeps is not None and otherwise is not None
        members = self.classes.evaluate(keeps, f"{label}.keeps") or frozenset()
        alone = self.dtypes.by_name.get(otherwise.text)
        if alone is None:
            if otherwise.text not in self.dtypes.broken:
                names = self.dtypes.by_name
                self.log.add_unknown(otherwise.place, f"{label}.otherwise", "dtype", otherwise.text, names)
            return tuple(None for _ in self.dtypes.all), 0
        joined = self.weak_joins(entry.mapping("joins"), f"{label}.joins")
        row = tuple(
            dtype.index if dtype.name in members else joined.get(dtype.index, alone.index) for dtype in self.dtypes.all
        )
        return row, alone.index

    def weak_joins(self, node: Mapping, label: str) -> dict[int, int | None]:
        """What a weak scalar becomes beside dtypes that it joins as if it were of a dtype, by class."""
        found: dict[int, int | None] = {}
        for word, scalar in node.items.items():
            assert isinstance(scalar, Scalar)
            members = self.classes.evaluate(Scalar(word, node.keys[word], node.keys[word]), f"{label}.{word}")
            least = self.dtypes.by_name.get(scalar.text)
            if least is None:
                if scalar.text not in self.dtypes.broken:
                    self.log.add_unknown(scalar.place, f"{label}.{word}", "dtype", scalar.text, self.dtypes.by_name)
                continue
            for dtype in self.dtypes.all:
                if dtype.name in (members or frozenset()):
                    found[dtype.index] = self.lattice.join((dtype.index, least.index))
        return found

    def flags(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """Hardware flags that each conversion reports."""
        count = len(self.dtypes.all)
        table: list[list[tuple[str, ...]]] = [[()] * count for _ in range(count)]
        decided: dict[tuple[int, int], int] = {}
        for position, row in self.node.mappings("conversions"):
            label = f"casting.conversions[{position}]"
            sides: list[list[DType]] = []
            for key in ("from", "to"):
                scalar = row.scalar(key)
                assert scalar is not None
                names = self.classes.evaluate(scalar, f"{label}.{key}") or frozenset()
                sides.append([dtype for dtype in self.dtypes.all if dtype.name in names])
            flags = self.known_flags(row, label)
            for source in sides[0]:
                for target in sides[1]:
                    first = decided.setdefault((source.index, target.index), position)
                    if first != position:
                        message = f"conversions[{first}] already covers {source.name} to {target.name}"
                        self.log.add(row.place, label, message)
                    table[source.index][target.index] = flags
        return tuple(map(tuple, table))

    def abstract(self) -> tuple[NamedSet, ...]:
        """NumPy's abstract classes, each with dtypes of the one that it is a subclass of."""
        found: dict[str, Names | None] = {}
        classes: list[NamedSet] = []
        for name, entry in self.node.mapping("abstract").items.items():
            assert isinstance(entry, Mapping)
            label = f"casting.abstract.{name}"
            members, above = entry.scalar("members"), entry.scalar("of")
            assert members is not None
            names = self.classes.evaluate(members, f"{label}.members")
            parent = list(found).index(above.text) if above is not None and above.text in found else None
            holder = found.get(above.text) if above is not None else None
            if above is not None and parent is None:
                self.log.add_unknown(above.place, f"{label}.of", "abstract class before it", above.text, found)
            elif above is not None and names is not None and holder is not None and not names <= holder:
                missing = self.classes.ordered(names - holder)[0]
                self.log.add(members.place, f"{label}.members", f"{missing} is not among the dtypes of {above.text}")
            found[name] = names
            classes.append(NamedSet(name, self.indices(names), parent, entry.text("summary")))
        return tuple(classes)

    def absent(self) -> tuple[AbsentDType, ...]:
        """Dtypes that are named to be refused; no name is that of a dtype, or of two of them."""
        taken = {name: "a dtype" for dtype in self.dtypes.all for name in (dtype.name, dtype.npy)}
        found = []
        for name, entry in self.node.mapping("absent").items.items():
            assert isinstance(entry, Mapping)
            names = entry.scalars("names")
            words = [(name, self.node.mapping("absent").keys[name]), *((scalar.text, scalar.place) for scalar in names)]
            for word, place in words:
                if word in taken:
                    self.log.add(place, f"casting.absent.{name}", f'"{word}" is the name of {taken[word]} already')
                taken.setdefault(word, f'"{name}"')
            found.append(AbsentDType(name, tuple(scalar.text for scalar in names), entry.text("reason")))
        return tuple(found)

    def standard_kinds(self) -> tuple[NamedSet, ...]:
        """The array API standard's kinds of dtypes."""
        kinds = []
        for name, scalar in self.node.mapping("standard_kinds").items.items():
            assert isinstance(scalar, Scalar)
            names = self.classes.evaluate(scalar, f"casting.standard_kinds.{name}")
            kinds.append(NamedSet(name, self.indices(names)))
        return tuple(kinds)

    def indices(self, names: Names | None) -> tuple[int, ...]:
        """The dtypes of a class, none of a faulty one."""
        return tuple(dtype.index for dtype in self.dtypes.all if dtype.name in (names or frozenset()))

    def known_flags(self, row: Mapping, label: str) -> tuple[str, ...]:
        """The hardware flags of a conversion; unknown words become faults."""
        for key in ("flags", "computes"):
            for position, scalar in enumerate(row.scalars(key)):
                if scalar.text not in self.words.flags:
                    entry = f"{label}.{key}[{position}]"
                    self.log.add_unknown(scalar.place, entry, "flag", scalar.text, self.words.flags)
        given = {scalar.text for scalar in row.scalars("flags")}
        return tuple(flag for flag in self.words.flags if flag in given)


def check_cycles(dtypes: DTypes, lattice: Lattice, log: FaultLog) -> bool:
    """Reports dtypes that cast safely to each other; True if there are none."""
    groups = lattice.cycles()
    for group in groups:
        first = dtypes.all[group[0]]
        node = dtypes.nodes[first.name]
        names = ", ".join(dtypes.all[index].name for index in group)
        place = node.keys.get("safe_to", node.place)
        log.add(place, f"{first.name}.safe_to", f"safe casts go round in a circle among {names}")
    return not groups
