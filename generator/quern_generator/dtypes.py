"""Dtype files: read, checked and put in order, with the lattice of their safe casts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from .faults import FaultLog, Place
from .load import Mapping
from .model import DType, Origin
from .promotion import Lattice, mask_of

BITS = (8, 16, 32, 64, 128)
TIMES = ("timedelta", "datetime")  # kinds that neither buffers nor DLPack can name
NUMPY_CHARACTER = re.compile(r"[?a-zA-Z0-9]")


@dataclass(frozen=True)
class Source:
    """A dtype or ufunc file and whether the package owns it."""

    node: Mapping
    own: bool


@dataclass
class DTypes:
    """All dtypes by index and what later checks need of them."""

    all: tuple[DType, ...]
    by_name: dict[str, DType]
    broken: set[str]  # names whose files are faulty: known, but not usable
    nodes: dict[str, Mapping]
    kinds: tuple[str, ...]
    kept: frozenset[str]  # only_if_present

    @property
    def kind_order(self) -> tuple[int, ...]:
        """Indices in the order that breaks ties."""
        return tuple(sorted(range(len(self.all)), key=lambda index: self.rank(self.all[index])))

    def rank(self, dtype: DType) -> tuple[int, int, str]:
        """Sorts dtypes by kind, then size, then name."""
        return self.kinds.index(dtype.kind), dtype.bits, dtype.name

    def lattice(self) -> Lattice:
        """The safe casts among all dtypes."""
        edges = [[self.by_name[name].index for name in dtype.safe_to] for dtype in self.all]
        kept = mask_of(self.by_name[name].index for name in self.kept)
        joins = [(self.by_name[name].index, dtype.index) for dtype in self.all for name in dtype.joins]
        return Lattice(edges, [self.kinds.index(dtype.kind) for dtype in self.all], kept, joins)

    def base(self) -> DTypes:
        """The base's dtypes alone, as they are without the package."""
        all_ = tuple(d for d in self.all if not d.own)
        names = {d.name for d in all_}
        kept_edges = tuple(
            replace(d, safe_to=tuple(n for n in d.safe_to if n in names), joins=tuple(n for n in d.joins if n in names))
            for d in all_
        )
        by_name = {dtype.name: dtype for dtype in kept_edges}
        return DTypes(kept_edges, by_name, self.broken, self.nodes, self.kinds, self.kept & names)


def origin_of(place: Place) -> Origin:
    """A place in the model's form."""
    return Origin(PurePosixPath(place.file), place.line, place.column)


def read_dtypes(sources: Dict[str, Source], kinds: tuple[str, ...], unreadable: set[str], log: FaultLog) -> DTypes:
    """All dtypes that are sound, base before own and each in kind order."""
    found: dict[str, DType] = {}
    for stem, source in sources.items():
        dtype = DTypeReader(source, stem, kinds, log).read()
        if dtype is not None:
            found[dtype.name] = dtype
    found = {name: made for name, dtype in found.items() if (made := with_parts(dtype, found, sources, log)) is not None}
    nodes = {stem: source.node for stem, source in sources.items()}
    extends = any(not source.own for source in sources.values())
    for name in unfit_to_compute(found, nodes, (set(sources) | unreadable) - set(found), extends, log):
        del found[name]
    broken = (set(sources) | unreadable) - set(found)
    kept = frozenset(name for name, dtype in found.items() if dtype.only_if_present)
    edges = read_edges(found, nodes, broken, log)
    found = {name: with_known_joins(dtype, found, nodes[name], broken, log) for name, dtype in found.items()}
    base = DTypes((), {}, broken, nodes, kinds, kept)
    ordered = sorted(found.values(), key=lambda d: (d.own, base.rank(d)))
    everything = tuple(replace(d, index=i, safe_to=edges[d.name]) for i, d in enumerate(ordered))
    check_unique(everything, nodes, log)
    return DTypes(everything, {d.name: d for d in everything}, broken, nodes, kinds, kept)


def with_parts(
    dtype: DType, found: Dict[str, DType], sources: Dict[str, Source], log: FaultLog
) -> DType | None:
    """A complex dtype with the limits and the format of its parts, None if it is faulty; others as they are."""
    if not dtype.real:
        return dtype
    scalar = sources[dtype.name].node.scalar("real")
    assert scalar is not None
    parts = found.get(dtype.real)
    if parts is None or parts.kind != "float" or parts.compute:
        floats = [name for name, other in found.items() if other.kind == "float" and not other.compute]
        log.add_unknown(scalar.place, f"{dtype.name}.real", "real type", dtype.real, floats)
        return None
    if 2 * parts.bits != dtype.bits:
        message = f"two parts of {parts.name} have {2 * parts.bits} bits, not {dtype.bits}"
        log.add(scalar.place, f"{dtype.name}.real", message)
        return None
    return replace(
        dtype,
        significand=parts.significand,
        maximum_exponent=parts.maximum_exponent,
        minimum=parts.minimum,
        maximum=parts.maximum,
        alignment=parts.alignment,
        swap_unit=parts.swap_unit,
    )


def read_edges(
    found: Dict[str, DType], nodes: Dict[str, Mapping], broken: set[str], log: FaultLog
) -> dict[str, tuple[str, ...]]:
    """Direct safe casts of each dtype, declared by itself (safe_to) or by a newcomer (safe_from)."""
    edges: dict[str, list[str]] = {name: [] for name in found}
    for name in sorted(found):
        for key in ("safe_to", "safe_from"):
            for position, scalar in enumerate(nodes[name].scalars(key)):
                entry = f"{name}.{key}[{position}]"
                other = scalar.text
                if other not in found:
                    if other not in broken:
                        log.add_unknown(scalar.place, entry, "dtype", other, set(found) | broken)
                    continue
                source, target = (name, other) if key == "safe_to" else (other, name)
                if target in edges[source] or source == target:
                    log.add(scalar.place, entry, f"the safe cast from {source} to {target} is already known")
                    continue
                edges[source].append(target)
    return {name: tuple(targets) for name, targets in edges.items()}


def with_known_joins(
    dtype: DType, found: Dict[str, DType], node: Mapping, broken: set[str], log: FaultLog
) -> DType:
    """The dtype with those of its joins that name dtypes; others are faults."""
    for position, scalar in enumerate(node.scalars("joins")):
        if scalar.text not in found and scalar.text not in broken:
            log.add_unknown(scalar.place, f"{dtype.name}.joins[{position}]", "dtype", scalar.text, set(found) | broken)
    return replace(dtype, joins=tuple(name for name in dtype.joins if name in found))


def unfit_to_compute(
    found: Dict[str, DType], nodes: Dict[str, Mapping], broken: set[str], extends: bool, log: FaultLog
) -> list[str]:
    """Dtypes with a fault in what they compute in: a float with lanes of 32 bits that computes in itself."""
    unfit: list[str] = []
    for name in sorted(found):
        dtype, scalar = found[name], nodes[name].scalar("compute")
        if scalar is None or scalar.text in broken:
            continue
        other = found.get(scalar.text)
        before = len(log.faults)
        if extends and dtype.own:
            log.add(scalar.place, f"{name}.compute", "a dtype of a package computes in itself")
        elif other is None:
            log.add_unknown(scalar.place, f"{name}.compute", "dtype", scalar.text, set(found) | broken)
        elif dtype.kind != "float" or other.kind != "float" or other.bits != 32 or other.compute or dtype.bits > 16:
            message = f"{name} cannot compute in {other.name}: a float of at most 16 bits computes in one of 32"
            log.add(scalar.place, f"{name}.compute", message)
        elif dtype.cpp != f"quern::{name}":
            log.add(scalar.place, f"{name}.compute", f'{name} is stored as "quern::{name}", which quern declares')
        if len(log.faults) > before:
            unfit.append(name)
    return unfit


def check_unique(dtypes: tuple[DType, ...], nodes: Dict[str, Mapping], log: FaultLog) -> None:
    """Names outside the library that must tell dtypes apart."""
    for key in ("numpy_char", "npy"):
        seen: dict[str, str] = {}
        for dtype in dtypes:
            scalar = nodes[dtype.name].mapping("names").scalar(key)
            assert scalar is not None
            if scalar.text in seen:
                log.add(scalar.place, f"{dtype.name}.names.{key}", f'"{scalar.text}" is already {seen[scalar.text]}')
            seen.setdefault(scalar.text, dtype.name)


class DTypeReader:
    """Reads one dtype file."""

    def __init__(self, source: Source, stem: str, kinds: tuple[str, ...], log: FaultLog) -> None:
        self.node = source.node
        self.own = source.own
        self.stem = stem
        self.kinds = kinds
        self.log = log

    def fault(self, key: str, message: str, within: Mapping | None = None, group: str = "") -> None:
        """A fault at the value of a key."""
        scalar = (within or self.node).scalar(key)
        place = scalar.place if scalar is not None else self.node.place
        self.log.add(place, f"{self.stem}.{group}{key}", message)

    def number(self, node: Mapping, key: str, default: int = 0) -> int:
        """A whole number under a key."""
        return int(node.text(key) or default)

    def read(self) -> DType | None:
        """The dtype, or None if it is faulty."""
        before = len(self.log.faults)
        node, names = self.node, self.node.mapping("names")
        if node.text("name") != self.stem:
            self.fault("name", f'the name is "{node.text("name")}", the file "{self.stem}.yaml"')
        kind = node.scalar("kind")
        assert kind is not None
        if kind.text not in self.kinds:
            self.log.add_unknown(kind.place, f"{self.stem}.kind", "dtype kind", kind.text, self.kinds)
        bits = self.number(node, "bits")
        if bits not in BITS:
            self.fault("bits", f"{bits} bits; possible are {', '.join(map(str, BITS))}")
        for group, key in ((node, "dlpack"), (names, "buffer")):
            if key not in group.keys and kind.text in self.kinds and kind.text not in TIMES:
                self.log.add(group.place, self.stem if group is node else f"{self.stem}.names", f'missing key "{key}"')
        if not NUMPY_CHARACTER.fullmatch(names.text("numpy_char")):
            self.fault("numpy_char", "a dtype character is one letter or digit", names, "names.")
        if len(self.log.faults) > before:
            return None
        dtype = self.build(node, names, kind.text, bits)
        self.check_limits(dtype)
        return dtype if len(self.log.faults) == before else None

    def build(self, node: Mapping, names: Mapping, kind: str, bits: int) -> DType:
        """The dtype without its index and its safe casts."""
        float_format = node.mapping("format")
        return DType(
            name=self.stem,
            index=0,
            summary=node.text("summary"),
            kind=kind,
            bits=bits,
            alignment=self.number(node, "alignment", bits // 8),
            cpp=names.text("cpp"),
            c=names.text("c"),
            numpy_kind=names.text("numpy_kind"),
            numpy_char=names.text("numpy_char"),
            npy=names.text("npy"),
            buffer_format=names.text("buffer"),
            dlpack_code=self.number(node.mapping("dlpack"), "code"),
            dlpack_bits=self.number(node.mapping("dlpack"), "bits"),
            swap_unit=self.number(node, "swap_unit", bits // 8),
            minimum=node.mapping("limits").text("min"),
            maximum=node.mapping("limits").text("max"),
            safe_to=(),
            origin=origin_of(node.place),
            own=self.own,
            significand=self.number(float_format, "significand"),
            maximum_exponent=self.number(float_format, "maximum_exponent"),
            infinities=float_format.text("infinities") != "false",
            compute=node.text("compute"),
            real=node.text("real"),
            joins=tuple(scalar.text for scalar in node.scalars("joins")),
            only_if_present=node.text("only_if_present") == "true",
        )

    def check_format(self, dtype: DType) -> None:
        """The bits that the significand leaves decide the exponents."""
        if not 1 < dtype.significand < dtype.bits - 1:
            message = f"{dtype.significand} bits of significand leave no exponent in {dtype.bits} bits"
            self.fault("significand", message, self.node.mapping("format"), "format.")
        elif dtype.maximum_exponent != exponent_of(dtype):
            message = f"{dtype.maximum_exponent} is not the highest exponent of the format, {exponent_of(dtype)}"
            self.fault("maximum_exponent", message, self.node.mapping("format"), "format.")

    def check_limits(self, dtype: DType) -> None:
        """Limits must be those that the kind, width and format give; a complex dtype has those of its parts."""
        for key, needed in (("real", dtype.kind == "complex"), ("limits", dtype.kind != "complex")):
            if (key in self.node.keys) != needed:
                wants = "needs" if needed else "has no use for"
                self.log.add(self.node.place, self.stem, f'a dtype of kind {dtype.kind} {wants} the key "{key}"')
                return
        if dtype.kind == "complex":
            return
        if dtype.kind == "float" and not dtype.significand:
            self.log.add(self.node.place, self.stem, 'a float needs the key "format"')
            return
        if dtype.kind == "float":
            self.check_format(dtype)
        for key, expected in zip(("min", "max"), limits_of(dtype)):
            text = self.node.mapping("limits").text(key)
            try:
                given: int | float = float(text) if dtype.kind == "float" else int(text)
            except ValueError:
                given = math.nan
            if given != expected:
                message = f"{text} is not the {key} of {dtype.name}, {expected}"
                self.fault(key, message, self.node.mapping("limits"), "limits.")


def exponent_of(dtype: DType) -> int:
    """The highest exponent of a float of a width: without infinities the last field counts too."""
    return (1 << (dtype.bits - dtype.significand - 1)) - (1 if dtype.infinities else 0)


def limits_of(dtype: DType) -> tuple[int | float, int | float]:
    """Lowest and highest finite value."""
    if dtype.kind == "boolean":
        return 0, 1
    if dtype.kind == "float":
        # Without infinities the highest significand is the one NaN.
        below_two = 2.0 ** (1 - dtype.significand) * (1 if dtype.infinities else 2)
        largest = (2 - below_two) * 2.0**dtype.maximum_exponent
        return -largest, largest
    if dtype.kind == "unsigned":
        return 0, (1 << dtype.bits) - 1
    if dtype.is_time:  # the value below is NaT
        return 1 - (1 << (dtype.bits - 1)), (1 << (dtype.bits - 1)) - 1
    return -(1 << (dtype.bits - 1)), (1 << (dtype.bits - 1)) - 1
