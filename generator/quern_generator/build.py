"""From spec folders to the model: load, check everything, and build a Spec if there is no fault."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .capi import read_slots
from .casting import CastingReader, check_cycles, read_kinds
from .check_names import check_extension, check_names
from .classes import ClassTable
from .context import Context
from .dtypes import BITS, DTypes, Source, read_dtypes
from .faults import FaultLog, Place
from .load import Mapping, Node, SpecFiles, load_folder, shown
from .model import CapiSlot, DType, Spec, Target, Ufunc
from .sharing import share_code
from .shape import CAPI, CASTING, DTYPE, PACKAGE_VOCABULARY, TARGETS, UFUNC, VOCABULARY, Shape, fit
from .signature import CoreReader
from .targets import read_targets
from .ufuncs import UfuncReader
from .vocabulary import OperationReader, read_words

NOTHING = Mapping({}, {}, Place("", 1, 1))


@dataclass
class Sources:
    """The fitted files of a base and, out of tree, of a package over it."""

    words: list[Mapping] = field(default_factory=list)  # vocabulary of the base, then of the package
    casting: Mapping | None = None
    targets: Mapping | None = None
    capi: Mapping | None = None
    dtypes: dict[str, Source] = field(default_factory=dict)
    ufuncs: dict[str, Source] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


def build(folder: Path, base: Path | None = None, package: str = "quern") -> tuple[Spec | None, FaultLog]:
    """Reads and checks a spec folder; the Spec is None if there are faults."""
    log = FaultLog()
    sources = read_sources(folder, base, log)
    if len(sources.words) < 1 or sources.casting is None:
        return None, log
    spec = Assembly(sources, base is not None, package, log).spec()
    return (None if log.faults else spec), log


def read_sources(folder: Path, base: Path | None, log: FaultLog) -> Sources:
    """The files of a spec folder, and of the base below it if it is a package's."""
    sources = Sources()
    if base is not None:
        add_files(sources, load_folder(base, log), base, False, log)
    add_files(sources, load_folder(folder, log), folder, base is None, log, base is not None)
    return sources


def add_files(
    sources: Sources, files: SpecFiles, folder: Path, own: bool, log: FaultLog, is_package: bool = False
) -> None:
    """Fits the files of one folder and adds them."""
    own = own or is_package
    shapes: list[tuple[str, Shape]] = [("casting", CASTING), ("targets", TARGETS), ("capi", CAPI)]
    words = fit_file(files.vocabulary, "vocabulary", PACKAGE_VOCABULARY if is_package else VOCABULARY, log)
    if words is not None:
        sources.words.append(words)
    for name, shape in shapes:
        node: Mapping | None = getattr(files, name)
        if is_package:
            if node is not None:
                log.add(node.place, name, f"a package has no {name}.yaml of its own")
        else:
            setattr(sources, name, fit_file(node, name, shape, log))
    if not is_package:
        report_missing(files, folder, log)
    sources.broken |= files.unreadable
    groups = (("dtypes", DTYPE, sources.dtypes), ("ufuncs", UFUNC, sources.ufuncs))
    for group, shape, found in groups:
        for stem, tree in getattr(files, group).items():
            if stem in found:
                log.add(tree.place, stem, f"the base has a {group[:-1]} of this name already")
                continue
            fitted = fit(tree, shape, stem, log)
            if isinstance(fitted, Mapping):
                found[stem] = Source(fitted, own)
            else:
                sources.broken.add(stem)


def fit_file(node: Mapping | None, name: str, shape: Shape, log: FaultLog) -> Mapping | None:
    """A single file in its shape."""
    fitted: Node | None = fit(node, shape, name, log) if node is not None else None
    return fitted if isinstance(fitted, Mapping) else None


def report_missing(files: SpecFiles, folder: Path, log: FaultLog) -> None:
    """Every spec has these files."""
    for name in ("vocabulary", "casting", "targets", "capi"):
        path = folder / f"{name}.yaml"
        if not path.exists():
            log.add(Place(shown(path, folder), 1, 1), name, "the file is missing")


class Assembly:
    """Everything between fitted files and the Spec."""

    def __init__(self, sources: Sources, is_package: bool, package: str, log: FaultLog) -> None:
        self.sources = sources
        self.is_package = is_package
        self.package = package
        self.log = log
        own_words = sources.words[1] if len(sources.words) > 1 else None
        self.words = read_words(sources.words[0], own_words)

    def spec(self) -> Spec | None:
        """The Spec; incomplete where the log has faults."""
        context = self.read_context()
        capi = read_slots(self.sources.capi or NOTHING, self.log)
        if context is None:
            return None
        ufuncs = share_code(self.ufuncs(context), context.operations)
        check_names(context, self.sources.ufuncs, self.sources.broken)
        if self.is_package:
            base = self.base_ufuncs(context, ufuncs)
            ufuncs = [u for u in ufuncs if u.own or u.name in base]
        return self.assemble(context, ufuncs, capi)

    def read_context(self) -> Context | None:
        """What ufuncs are read with; None where safe casts go round in a circle."""
        kinds = read_kinds(self.casting_node, self.words, self.log)
        dtypes = read_dtypes(self.sources.dtypes, kinds, self.sources.broken, self.log)
        targets = read_targets(self.sources.targets or NOTHING, self.words, self.log)
        return self.context(dtypes, targets)

    @property
    def casting_node(self) -> Mapping:
        """What ``casting.yaml`` holds."""
        assert self.sources.casting is not None
        return self.sources.casting

    def context(self, dtypes: DTypes, targets: tuple[Target, ...]) -> Context | None:
        """The same for dtypes and targets that are read already."""
        members = {kind: [d.name for d in dtypes.all if d.kind == kind] for kind in self.words.dtype_kinds}
        members |= {f"bits{bits}": [d.name for d in dtypes.all if d.bits == bits] for bits in BITS}
        names = [dtype.name for dtype in dtypes.all]
        classes = ClassTable(members, names, self.casting_node.mapping("classes"), self.log)
        classes.excused |= dtypes.broken
        operations, broken = OperationReader(self.words, classes, self.log).read(self.sources.words)
        lattice = dtypes.lattice()
        if not check_cycles(dtypes, lattice, self.log) or not dtypes.all:
            return None
        casting = CastingReader(self.casting_node, self.words, classes, dtypes, lattice, self.log).read()
        cores = CoreReader(self.words, classes, self.log).read(self.sources.words)
        return Context(self.words, classes, dtypes, lattice, operations, broken, casting, targets, self.log, *cores)

    def ufuncs(self, context: Context) -> list[Ufunc]:
        """All sound ufuncs in name order."""
        readers = [UfuncReader(context, stem, source) for stem, source in sorted(self.sources.ufuncs.items())]
        return [ufunc for ufunc in (reader.read() for reader in readers) if ufunc is not None]

    def base_ufuncs(self, context: Context, ufuncs: Sequence[Ufunc]) -> set[str]:
        """Base ufuncs that a package's dtypes extend; changes of what the base has are faults."""
        quiet = FaultLog()
        base = Assembly(base_sources(self.sources), False, self.package, quiet)
        base_context = base.context(context.dtypes.base(), context.targets)
        if base_context is None:
            return set()
        before = {ufunc.name: ufunc for ufunc in base.ufuncs(base_context)}
        check_extension(context, base_context, before, [u for u in ufuncs if not u.own])
        return {u.name for u in ufuncs if not u.own and takes_own(u, context.dtypes)}

    def assemble(self, context: Context, ufuncs: Iterable[Ufunc], capi: tuple[CapiSlot, ...]) -> Spec:
        """The Spec from its parts."""
        dtypes = context.dtypes
        base = [dtype for dtype in dtypes.all if not dtype.own]
        table = context.classes
        words = [word for word in (self.sources.casting or NOTHING).mapping("classes").items if word in table.known]
        return Spec(
            package=self.package,
            dtypes=dtypes.all,
            ufuncs=tuple(ufuncs),
            casting=context.casting,
            targets=context.targets,
            capi=capi,
            families=self.words.families,
            flags=self.words.flags,
            dtype_classes=tuple((word, table.ordered(table.known[word])) for word in words),
            base_dtype_count=len(base) if self.is_package else 0,
            base_fingerprint=fingerprint(base) if self.is_package else "",
            fingerprint=fingerprint(dtypes.all),
            loop_kinds=tuple(self.words.loop_kinds.items()),
            kind_order=dtypes.kind_order,
        )


def base_sources(sources: Sources) -> Sources:
    """The sources without what the package adds."""
    return Sources(
        words=sources.words[:1],
        casting=sources.casting,
        dtypes={stem: source for stem, source in sources.dtypes.items() if not source.own},
        ufuncs={stem: source for stem, source in sources.ufuncs.items() if not source.own},
        broken=sources.broken,
    )


def takes_own(ufunc: Ufunc, dtypes: DTypes) -> bool:
    """Whether inputs of an own dtype lead to a loop of a base ufunc."""
    count, arity = len(dtypes.all), ufunc.choosing
    own = [dtype.index for dtype in dtypes.all if dtype.own]
    for index, value in enumerate(ufunc.resolution):
        if value >= 0 and any(index // count**position % count in own for position in range(arity)):
            return True
    return False


def fingerprint(dtypes: Iterable[DType]) -> str:
    """Identifies a list of dtypes by their names, kinds, sizes and order."""
    text = "\n".join(f"{dtype.name} {dtype.kind} {dtype.bits}" for dtype in dtypes)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
