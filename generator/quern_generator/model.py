"""The checked specification as frozen dataclasses: what every view and template reads.

Built by ``build.py`` from loaded YAML after all checks have passed, so nothing here can be
inconsistent. Each field names the spec key it comes from. Sequences are tuples; order is the
order that a reader expects (kind order for dtypes, name order for ufuncs), never file order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Origin:
    """Where an entry stands in the spec: path relative to the spec's parent, line and column from 1."""

    path: PurePosixPath
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class DType:
    """One dtype. Keys of ``spec/dtypes/<name>.yaml``."""

    name: str  # name: "float64"
    index: int  # position in kind order; the dtype id in all tables
    summary: str  # summary
    kind: str  # kind: a word of vocabulary.yaml dtype_kinds: boolean, signed, unsigned, float, complex, timedelta, datetime
    bits: int  # bits: size in memory
    alignment: int  # bytes; defaults to the size
    cpp: str  # names.cpp: storage type in C++, "double"
    c: str  # names.c: "double"
    numpy_kind: str  # names.numpy_kind: "f"
    numpy_char: str  # names.numpy_char: "d"
    npy: str  # names.npy: "f8"
    buffer_format: str  # names.buffer: "d"; "" where the buffer protocol has no format
    dlpack_code: int  # dlpack.code
    dlpack_bits: int  # dlpack.bits; 0 where DLPack has no code
    swap_unit: int  # bytes reversed together on a change of byte order; 1 = none
    minimum: str  # limits.min, as a C++ literal or Python expression text
    maximum: str  # limits.max
    safe_to: tuple[str, ...]  # safe_to: direct safe-cast edges
    origin: Origin
    own: bool  # False for a base dtype seen from an out-of-tree package
    significand: int = 0  # format.significand: bits of a float's significand, the hidden one included; as the real type's
    maximum_exponent: int = 0  # format.maximum_exponent of a float; as the real type's
    infinities: bool = True  # format.infinities: whether a float has them
    compute: str = ""  # compute: the dtype that its loops are computed in; "" is itself
    real: str = ""  # real: the type of the parts of a complex number, "" for others
    joins: tuple[str, ...] = ()  # joins: dtypes with which it promotes to itself, although they do not cast to it safely
    only_if_present: bool = False  # only_if_present: nothing becomes of this dtype that was not before

    @property
    def size(self) -> int:
        return self.bits // 8

    @property
    def is_time(self) -> bool:
        """Whether elements count a unit of time, and the lowest count is NaT."""
        return self.kind in ("timedelta", "datetime")

    @property
    def camel(self) -> str:
        """Name for C++ identifiers: ``Float64``."""
        return self.name[0].upper() + self.name[1:]

    @property
    def minimum_exponent(self) -> int:
        """Of a float's normal numbers, or of a complex dtype's parts. Without infinities the maximum lies one higher."""
        return (1 if self.infinities else 2) - self.maximum_exponent


@dataclass(frozen=True)
class Operation:
    """A word of the body language: ``vocabulary.yaml`` ``operations`` (Highway's) and ``bodies`` (ours)."""

    name: str
    arguments: tuple[str, ...]  # "vector" | "mask" | "number" | "count"
    result: str  # "vector" | "mask" | "constant" | the dtype of the lanes where that is not the arguments'
    classes: tuple[str, ...]  # dtype names it accepts
    family: str | None  # bodies only: a word of families
    raises: tuple[str, ...]  # flags a named body computes itself
    summary: str
    header: str = ""  # bodies only: file stem in runtime/simd, "division" -> division-inl.h
    kinds: tuple[tuple[str, str], ...] = ()  # kinds, for the lanes at hand: target -> loop kind where not the best
    refuses: bool = False  # a named body that refuses some values
    results: int = 1  # how many; several only as the whole body
    stored: bool = False  # bodies only: computes on stored bits, of a type that it is told


@dataclass(frozen=True)
class Expression:
    """A node of a type-checked body: a call, a variable or a number."""

    kind: str  # "call" | "variable" | "number"
    name: str  # operation, variable ("a", "a.real" of a complex input), or the number's text
    arguments: tuple["Expression", ...]
    result: str  # "vector" | "mask" | "number" | "constant"
    operation: Operation | None
    label: str = ""  # the spec's name for an intermediate value, which is computed once


@dataclass(frozen=True)
class KindRow:
    """The kind of a word for some lanes on some targets."""

    kind: str
    members: frozenset[str]  # dtypes of the lanes
    targets: frozenset[str]


@dataclass(frozen=True)
class CoreSignature:
    """``signature`` of a ufunc or of a word of ``cores``; operands name dimensions by their position."""

    text: str  # "(n?,k),(k,m?)->(n?,m?)"
    dimensions: tuple[str, ...]  # in the order of their first mention: "n", "k", "m"
    optional: tuple[bool, ...]  # by dimension: whether operands may lack it
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]

    @property
    def axes(self) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
        """What is left without the names."""
        return self.inputs, self.outputs


@dataclass(frozen=True)
class Core:
    """A word of ``vocabulary.yaml`` ``cores``: a kernel over whole core operands of one type."""

    name: str
    family: str  # file stem in runtime/simd
    signature: CoreSignature
    classes: tuple[str, ...]  # dtype names it accepts
    signless: bool  # signed and unsigned integers share its code
    separable: bool  # each output dimension may be cut and its parts computed apart
    summary: str
    kinds: tuple[KindRow, ...] = ()  # where it is not a vector loop


@dataclass(frozen=True)
class Loop:
    """One typed loop after expansion of its class variables."""

    ufunc: str
    index: int  # position in Ufunc.loops: sorted by input dtypes in kind order, never file order
    inputs: tuple[DType, ...]
    outputs: tuple[DType, ...]
    bodies: tuple[Expression, ...]  # body: an expression for each output, two for a complex one; or one call for all
    declared_flags: tuple[str, ...]  # loops[].flags
    hardware_flags: tuple[str, ...]  # those of them that no named body computes
    neutral: str | None  # reduce.neutral rendered for the type ("-0.0", "min", "0"...); None = sequential
    reduces: bool  # input 0 and 1 and the output share one type
    exact: bool  # takes no converted inputs
    family: str  # kernel translation unit
    kernel: str  # C++ function name: "add_float64" or "less_int64_uint64"
    same_code_as: str | None  # kernel of another loop whose machine code this one shares
    accuracy: str  # "exact" or an ULP bound as text
    origin: Origin
    refusal: str = ""  # loops[].refuses: why the loop refuses some values; "" if it takes all
    reference: str = ""  # reference, the expressions that hold for these types; see reference.py
    kinds: tuple[tuple[str, str], ...] = ()  # target that it is built for -> a word of loop_kinds; see kinds.py
    core: Core | None = None  # loops[].core, in the place of a body
    computed_by: str | None = None  # kernel that computes this loop after a conversion, mostly another loop's
    computing: tuple[DType, ...] = ()  # inputs and outputs of that kernel, where no loop has it
    checked: tuple[Expression, ...] = ()  # loops[].checked: bodies that report integer overflow, too

    @property
    def types(self) -> tuple[DType, ...]:
        return self.inputs + self.outputs


INTEGER_OVERFLOW = "integer_overflow"  # the flag that only checked bodies raise
REFUSED = "refused"  # the output of a special value whose inputs the loop refuses


@dataclass(frozen=True)
class SpecialValue:
    """One row of ``special_values``, expanded to one loop: exact input and output, and flags."""

    loop: int
    inputs: tuple[str, ...]  # canonical text: "1", "-0.0", "inf", "nan", "min", "max", "true"
    outputs: tuple[str, ...]  # REFUSED alone if the loop refuses the inputs
    raises: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True)
class ReductionFunction:
    """A free function that is one of the ufunc's reductions: ``reduce.functions`` (sum, max, ...)."""

    name: str
    summary: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Ufunc:
    """One ufunc. Keys of ``spec/ufuncs/<name>.yaml``."""

    name: str
    summary: str
    description: str
    aliases: tuple[str, ...]
    operator: str | None
    inputs: tuple[str, ...]  # arguments.in, then arguments.parameters: their names
    outputs: tuple[str, ...]
    family: str  # family: vocabulary word; the kernel translation unit
    loops: tuple[Loop, ...]
    resolution: tuple[int, ...]  # dense over dtypes^choosing: loop index, or -(1 + refusal index)
    reduction: tuple[int, ...] | None  # by dtype: loop index or refusal; None if it never reduces
    refusals: tuple[str, ...]  # [0] == ""
    identity: str | None  # reduce.identity: number text
    reorderable: bool  # reduce.reorderable
    functions: tuple[ReductionFunction, ...]
    compares: bool  # weak_out_of_range: compare
    reference: str  # reference: Python expression, or a word naming the definition
    special_values: tuple[SpecialValue, ...]
    examples: tuple[str, ...]
    see_also: tuple[str, ...]
    origin: Origin
    own: bool  # False: a base ufunc, present because own dtypes extend it
    parameters: int = 0  # inputs at the end that take no part in the choice of a loop
    exactly: str = ""  # reduce.exactly: "sum" or "product", what its reductions of integers are; "" for others
    signature: CoreSignature | None = None  # signature; None: elementwise

    @property
    def choosing(self) -> int:
        """Inputs whose dtypes choose the loop."""
        return len(self.inputs) - self.parameters


@dataclass(frozen=True)
class Target:
    """One instruction-set target: a line of ``targets.yaml``."""

    name: str  # Highway's name: "AVX2"
    architecture: str  # "x86" | "arm" | "any"
    summary: str
    families: tuple[str, ...]  # kernel families built for it
    whole: bool  # all families, casts and movers are; else the best whole target below it runs the rest
    origin: Origin


@dataclass(frozen=True)
class NamedSet:
    """A set of dtypes by the name that others have for it: ``abstract`` and ``standard_kinds`` of ``casting.yaml``."""

    name: str
    members: tuple[int, ...]  # dtype indices, in index order
    parent: int | None = None  # of: position of the set that holds this one
    summary: str = ""


@dataclass(frozen=True)
class AbsentDType:
    """A dtype of NumPy that there is none for here: ``absent`` of ``casting.yaml``."""

    name: str
    names: tuple[str, ...]  # others that it goes by
    reason: str


@dataclass(frozen=True)
class Casting:
    """Promotion and casting over all dtypes, in index order."""

    least_level: tuple[tuple[str, ...], ...]  # [from][to]: no, equiv, safe, same_kind, unsafe
    promotion: tuple[tuple[int | None, ...], ...]
    up_sets: tuple[tuple[int, ...], ...]  # per dtype: indices it promotes to, itself included
    weak: tuple[tuple[int | None, ...], ...]  # [weak kind][dtype]
    weak_kinds: tuple[str, ...]
    weak_alone: tuple[int, ...]
    flags: tuple[tuple[tuple[str, ...], ...], ...]  # [from][to] hardware flags reported by the cast
    abstract: tuple[NamedSet, ...] = ()  # abstract: NumPy's classes of dtypes, each after the one that holds it
    standard_kinds: tuple[NamedSet, ...] = ()  # standard_kinds: the array API standard's
    absent: tuple[AbsentDType, ...] = ()  # absent: NumPy's dtypes without a counterpart


@dataclass(frozen=True)
class CapiSlot:
    """One append-only slot of the C function table: ``capi.yaml``."""

    index: int
    name: str
    since: str
    result: str
    arguments: tuple[tuple[str, str], ...]  # (C type, name)
    summary: str
    history: str
    origin: Origin


@dataclass(frozen=True)
class Spec:
    """Everything a view may read."""

    package: str  # "quern", or the out-of-tree package's name
    dtypes: tuple[DType, ...]
    ufuncs: tuple[Ufunc, ...]
    casting: Casting
    targets: tuple[Target, ...]
    capi: tuple[CapiSlot, ...]
    families: tuple[str, ...]
    flags: tuple[str, ...]  # divide_by_zero, overflow, underflow, invalid
    dtype_classes: tuple[tuple[str, tuple[str, ...]], ...]  # class word -> dtype names
    base_dtype_count: int  # 0 for quern itself
    base_fingerprint: str
    fingerprint: str
    loop_kinds: tuple[tuple[str, str], ...] = ()  # word -> description, the best first
    kind_order: tuple[int, ...] = ()  # dtype indices in the order that breaks ties; not by index out of tree
