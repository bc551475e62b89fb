"""Record the golden data in tests/conformance/golden from NumPy 2.4.

The names of dtypes and ufuncs are the file names under spec/dtypes and spec/ufuncs; nothing here
names one but to say what MPFR calls it. What NumPy does not know (bfloat16, say) is left out, and
so are dtypes with a unit of time: their number has no end, each refusal names its units, and data
for one unit would not tell how units meet. They are compared with the NumPy that is installed, by
the report (tools/report), tests/generator/test_resolution.py and tests/python/test_times.py. Every
choice that could differ between two runs is fixed: random inputs come from generators seeded by
their own key, NaNs are written with one bit pattern, and results that NumPy leaves to the CPU are
replaced by a correctly rounded reference or marked (`is_rounded_by_library`, `zero_ties`).

    tools/record_golden.py            record
    tools/record_golden.py --check    record into memory and compare with the files

The format of the files is described in tests/conformance/golden/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import gmpy2  # type: ignore[import-untyped]
import numpy as np
from numpy._core import umath  # the private home of ufuncs that NumPy wraps in functions

DType = np.dtype[Any]
Array = np.ndarray[Any, DType]
Ufunc = np.ufunc
Json = Any
Found = TypeVar("Found")

FORMAT_VERSION = 1
NUMPY_SERIES = "2.4"
RANDOM_TUPLES = 200
RANDOM_SINGLES = 100  # values of ufuncs of one operand and of casts
RANDOM_COMPLEX_TUPLES = 50  # their special ones are many
REFUSALS = (TypeError, ValueError, RuntimeError)
CAST_LEVELS = ("no", "equiv", "safe", "same_kind", "unsafe")
FLAG_BITS = {"divide": 1, "overflow": 2, "underflow": 4, "invalid": 8}
UNDERFLOW = FLAG_BITS["underflow"]
REDUCING_METHODS = ("reduce", "accumulate", "reduceat", "empty")
# Where MPFR has a name that NumPy has not.
MPFR_NAMES = {"float_power": "pow"}
MANIFEST_NAME = "MANIFEST.json"

# Python scalars beside an array: in range for some dtypes, out of range for others.
WEAK_SCALARS: tuple[bool | int | float | complex, ...] = (
    True, 1, -1, 200, -200, 40_000, -40_000, 70_000, 3_000_000_000, -3_000_000_000,
    2**63, -(2**63) - 1, 2**64, 1.5, -1e300, float("nan"), 1.5 - 2j,
)  # fmt: skip


class RecordingError(Exception):
    """NumPy behaved in a way that the format cannot state truthfully."""


# ---- names, outcomes and files ------------------------------------------------------------------


@dataclass(frozen=True)
class Subjects:
    """What is recorded: the dtypes and ufuncs of the spec that NumPy knows, sorted by name."""

    dtypes: dict[str, DType]
    ufuncs: dict[str, Ufunc]


def numpy_dtype(name: str) -> DType | None:
    """The dtype NumPy has under this name in native byte order, or None; none has a unit of time."""
    try:
        found = np.dtype(name)
    except TypeError:
        return None
    return None if found.kind in "mM" else found


def numpy_ufunc(name: str) -> Ufunc | None:
    """The ufunc NumPy has under this name, public or in its umath module, or None."""
    for module in (np, umath):
        found = getattr(module, name, None)
        if isinstance(found, np.ufunc):
            return found
    return None


def known_names(folder: Path, find: Callable[[str], Found | None]) -> dict[str, Found]:
    found = {path.stem: find(path.stem) for path in sorted(folder.glob("*.yaml"))}
    return {name: value for name, value in found.items() if value is not None}


def load_subjects(spec: Path) -> Subjects:
    """Read the names from the spec's file names."""
    subjects = Subjects(
        known_names(spec / "dtypes", numpy_dtype), known_names(spec / "ufuncs", numpy_ufunc)
    )
    if not subjects.dtypes or not subjects.ufuncs:
        raise RecordingError(f"{spec} has no dtypes or no ufuncs that NumPy knows")
    return subjects


def refusal(error: Exception) -> Json:
    """An exception as data: its public class name, its built-in ancestors, its text."""
    classes = type(error).__mro__
    public = next(entry.__name__ for entry in classes if not entry.__name__.startswith("_"))
    builtin = [entry.__name__ for entry in classes if entry.__module__ == "builtins"]
    ancestors = builtin[: builtin.index("Exception")]
    return {"error": public, "builtin": ancestors, "message": str(error)}


def outcome_of(attempt: Callable[[], Json]) -> Json:
    """What the attempt returns, or the exception it raises as data."""
    try:
        return attempt()
    except Exception as error:  # every class of refusal is data here
        return refusal(error)


@dataclass
class OutcomeTable:
    """Cells in row-major order, each the index of one of the distinct outcomes."""

    outcomes: list[Json] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)

    def add(self, outcome: Json) -> None:
        key = json.dumps(outcome, sort_keys=True)
        if key not in self.positions:
            self.positions[key] = len(self.outcomes)
            self.outcomes.append(outcome)
        self.cells.append(self.positions[key])

    def as_json(self) -> dict[str, Json]:
        return {"outcomes": self.outcomes, "cells": self.cells}


def table_of(outcomes: Iterable[Json]) -> dict[str, Json]:
    table = OutcomeTable()
    for outcome in outcomes:
        table.add(outcome)
    return table.as_json()


def compact(value: Json) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def table_text(header: Mapping[str, Json], rows: Mapping[str, Json]) -> str:
    """A JSON object with one line per header entry and one line per row, both sorted."""
    head = [f"{compact(key)}: {compact(header[key])},\n" for key in sorted(header)]
    body = [f"{compact(key)}: {compact(rows[key])}" for key in sorted(rows)]
    return "{\n" + "".join(head) + '"rows": {\n' + ",\n".join(body) + "\n}\n}\n"


@dataclass
class Recording:
    """The files of one recording, held in memory until all are known, and what they count."""

    subjects: Subjects
    files: dict[str, bytes] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add_table(self, name: str, header: Mapping[str, Json], rows: Mapping[str, Json]) -> None:
        self.files[name] = table_text(header, rows).encode("utf-8")

    def count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number


# ---- (a) type resolution ------------------------------------------------------------------------


def resolved_loop(ufunc: Ufunc, inputs: Sequence[DType]) -> tuple[DType, ...]:
    """The dtypes of the loop NumPy chooses for array operands, inputs then outputs."""
    return tuple(ufunc.resolve_dtypes((*inputs, *([None] * ufunc.nout))))


def loop_text(ufunc: Ufunc, types: Sequence[DType]) -> str:
    """A loop as text: `int8,int8->bool`."""
    names = [dtype.name for dtype in types]
    return ",".join(names[: ufunc.nin]) + "->" + ",".join(names[ufunc.nin :])


def record_resolution(recording: Recording) -> None:
    rows: dict[str, dict[str, Json]] = {}
    for name, ufunc in recording.subjects.ufuncs.items():
        tuples = itertools.product(recording.subjects.dtypes.values(), repeat=ufunc.nin)
        rows[name] = {"nin": ufunc.nin, "nout": ufunc.nout} | table_of(
            outcome_of(lambda: loop_text(ufunc, resolved_loop(ufunc, inputs))) for inputs in tuples
        )
        recording.count("resolution cells", len(rows[name]["cells"]))
    recording.add_table("resolution.json", {"dtypes": list(recording.subjects.dtypes)}, rows)


def chosen_loops(subjects: Subjects, ufunc: Ufunc) -> list[tuple[DType, ...]]:
    """Every loop that some cell of the resolution table chooses, made of recorded dtypes alone."""
    loops: dict[str, tuple[DType, ...]] = {}
    for inputs in itertools.product(subjects.dtypes.values(), repeat=ufunc.nin):
        try:
            loop = resolved_loop(ufunc, inputs)
        except TypeError:
            continue
        if all(dtype.name in subjects.dtypes for dtype in loop):
            loops[loop_text(ufunc, loop)] = loop
    return [loops[text] for text in sorted(loops)]


# ---- (b) casting and weak scalars ---------------------------------------------------------------


def cast_rows(dtypes: Mapping[str, DType], level: Any) -> dict[str, str]:
    """Per source dtype one character per target dtype: 1 where the cast is allowed."""
    return {
        name: "".join(str(int(np.can_cast(source, target, level))) for target in dtypes.values())
        for name, source in dtypes.items()
    }


def joined(dtypes: Sequence[DType]) -> Json:
    return outcome_of(lambda: np.result_type(*dtypes).name)


def promoted(first: DType, second: DType) -> Json:
    return outcome_of(lambda: np.promote_types(first, second).name)


def record_casting(recording: Recording) -> None:
    dtypes = recording.subjects.dtypes
    every = list(dtypes.values())
    rows: dict[str, Json] = {f"can_cast {level}": cast_rows(dtypes, level) for level in CAST_LEVELS}
    rows["promote_types"] = table_of(itertools.starmap(promoted, itertools.product(every, every)))
    for name, dtype in dtypes.items():
        pairs = itertools.product(every, every)
        rows[f"result_type {name}"] = table_of(joined((dtype, *pair)) for pair in pairs)
    recording.count("can_cast cells", len(CAST_LEVELS) * len(every) ** 2)
    recording.count("promote_types cells", len(every) ** 2)
    recording.count("result_type cells", len(every) ** 3)
    header = {"dtypes": list(dtypes), "levels": list(CAST_LEVELS)}
    recording.add_table("casting.json", header, rows)


@dataclass
class FlagCollector:
    """The floating-point flags NumPy reports while `watch` runs, as a sum of FLAG_BITS."""

    raised: int = 0

    def note(self, _message: str, flags: int) -> None:
        self.raised |= flags

    def watch(self, action: Callable[[], Any]) -> Any:
        self.raised = 0
        with np.errstate(all="call", call=self.note):
            return action()


def bits_of(value: Array) -> str:
    return canonical(value).tobytes().hex()


def weak_outcome(ufunc: Ufunc, operands: Sequence[Any]) -> Json:
    """Result dtype, bits and flags of a call with one element and a Python scalar."""
    collector = FlagCollector()
    result: Array = collector.watch(lambda: ufunc(*operands))
    bits = None if is_rounded_by_library(ufunc) else bits_of(result)
    return {"type": result.dtype.name, "bits": bits, "flags": collector.raised}


def weak_cells(subjects: Subjects, ufunc: Ufunc) -> Iterator[Json]:
    for dtype, scalar in itertools.product(subjects.dtypes.values(), WEAK_SCALARS):
        array = np.ones(1, dtype)
        for operands in ((array, scalar), (scalar, array)):
            yield outcome_of(lambda: weak_outcome(ufunc, operands))


def record_weak_scalars(recording: Recording) -> None:
    binary = {name: u for name, u in recording.subjects.ufuncs.items() if (u.nin, u.nout) == (2, 1)}
    rows = {name: table_of(weak_cells(recording.subjects, ufunc)) for name, ufunc in binary.items()}
    for row in rows.values():
        recording.count("weak scalar cells", len(row["cells"]))
    scalars = [{"kind": type(scalar).__name__, "text": repr(scalar)} for scalar in WEAK_SCALARS]
    header = {
        "dtypes": list(recording.subjects.dtypes),
        "scalars": scalars,
        "positions": ["array, scalar", "scalar, array"],
    }
    recording.add_table("weak.json", header, rows)


# ---- (c) reductions -----------------------------------------------------------------------------


def reduction_call(ufunc: Ufunc, method: str, dtype: DType) -> Array:
    if method == "empty":
        return np.asarray(ufunc.reduce(np.ones(0, dtype)))
    ones = np.ones(2, dtype)
    if method == "reduceat":
        return np.asarray(ufunc.reduceat(ones, [0, 1]))
    return np.asarray(getattr(ufunc, method)(ones))


def reduction_outcome(ufunc: Ufunc, method: str, dtype: DType) -> Json:
    """The result dtype; for an empty reduction the bits of its value as well."""
    result = reduction_call(ufunc, method, dtype)
    if method == "empty":
        return {"type": result.dtype.name, "bits": bits_of(result)}
    return result.dtype.name


def several_axes(ufunc: Ufunc, dtypes: Iterable[DType]) -> Json:
    """Whether the ufunc reduces two axes at once: true, the refusal, None if it never reduces."""
    for dtype in dtypes:
        try:
            ufunc.reduce(np.ones((2, 2), dtype), axis=0)
        except REFUSALS:
            continue
        square = np.ones((2, 2), dtype)
        return outcome_of(lambda: ufunc.reduce(square, axis=(0, 1)) is not None)
    return None


def reduction_row(ufunc: Ufunc, dtypes: Mapping[str, DType]) -> Json:
    cells = itertools.product(REDUCING_METHODS, dtypes.values())
    table = table_of(
        outcome_of(lambda: reduction_outcome(ufunc, method, dtype)) for method, dtype in cells
    )
    identity = None if ufunc.identity is None else repr(ufunc.identity)
    return {"identity": identity, "several_axes": several_axes(ufunc, dtypes.values())} | table


def record_reductions(recording: Recording) -> None:
    dtypes = recording.subjects.dtypes
    rows = {name: reduction_row(ufunc, dtypes) for name, ufunc in recording.subjects.ufuncs.items()}
    for row in rows.values():
        recording.count("reduction cells", len(row["cells"]))
    header = {"dtypes": list(dtypes), "methods": list(REDUCING_METHODS)}
    recording.add_table("reductions.json", header, rows)


# ---- inputs -------------------------------------------------------------------------------------


def canonical(values: Array) -> Array:
    """The values in little-endian order, every NaN written with the one positive quiet pattern."""
    little = np.array(values, dtype=values.dtype.newbyteorder("<"))
    parts = little.view(little.real.dtype) if little.dtype.kind == "c" else little
    if parts.dtype.kind == "f":
        parts[np.isnan(parts)] = np.nan
    return little


def distinct(values: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(values))


def special_integers(dtype: DType) -> list[int]:
    limits = np.iinfo(dtype)
    low, high, width = int(limits.min), int(limits.max), limits.bits
    if low == 0:
        middle = high // 2
        return distinct([0, 1, 2, 3, 7, width - 1, width, middle, middle + 1, high - 1, high])
    return distinct([low, low + 1, -2, -1, 0, 1, 2, 3, 7, width - 1, width, high - 1, high])


def special_floats(dtype: DType) -> list[float]:
    limits = np.finfo(dtype)
    tiny, least, most = (
        float(limits.smallest_normal), float(limits.smallest_subnormal), float(limits.max)
    )  # fmt: skip
    signed = [0.0, 1.0, 3.7, tiny, least, most, np.inf]
    pairs = [value for size in signed for value in (size, -size)]
    return [*pairs, 0.5, 2.0, 1.0 + float(limits.eps), np.nan]


def special_complex() -> list[complex]:
    parts = (0.0, -0.0, 1.0, np.inf, np.nan)
    return [complex(*pair) for pair in itertools.product(parts, parts)]


def special_values(dtype: DType) -> Array:
    """Limits, zeros of both signs, ones, powers, infinities, NaN: what the dtype has of these."""
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        return np.array(special_integers(dtype), dtype)
    if dtype.kind == "f":
        return np.array(special_floats(dtype), dtype)
    if dtype.kind == "c":
        return np.array(special_complex(), dtype)
    raise RecordingError(f"no special values are defined for {dtype.name}")


def few_special_values(dtype: DType) -> Array:
    """A subset of the special values, for ufuncs of three and more inputs."""
    if dtype.kind == "b":
        return special_values(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = int(limits.min), int(limits.max)
        return np.array(distinct([low, -1 if low else high // 2, 0, 1, high]), dtype)
    return np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], dtype)


def values_of_input(dtype: DType, count: int) -> Array:
    """The special values of one of `count` inputs: the more inputs, the fewer."""
    if count > 2:
        return few_special_values(dtype)
    if count == 2 and dtype.kind == "c":
        parts = (-0.0, 1.0, np.nan), (0.0, 1.0, np.inf, np.nan)
        return np.array([complex(*pair) for pair in itertools.product(*parts)], dtype)
    return special_values(dtype)


def random_bits(generator: random.Random, dtype: DType) -> Any:
    return np.frombuffer(generator.randbytes(dtype.itemsize), dtype.newbyteorder("<"))[0]


def random_float(generator: random.Random, dtype: DType) -> Any:
    """Any bit pattern, a value of moderate size, a small one, or a small whole number."""
    choice = generator.randrange(4)
    if choice == 0:
        return random_bits(generator, dtype)
    if choice == 3:
        return float(generator.randint(-20, 20))
    return generator.uniform(-1.0, 1.0) * (100.0 if choice == 1 else 2.0)


def random_integer(generator: random.Random, dtype: DType) -> Any:
    """Any bit pattern or a value of at most 16, evenly."""
    if generator.randrange(2):
        return random_bits(generator, dtype)
    return generator.randint(0 if dtype.kind == "u" else -16, 16)


def random_value(generator: random.Random, dtype: DType) -> Any:
    if dtype.kind == "b":
        return bool(generator.getrandbits(1))
    if dtype.kind in "iu":
        return random_integer(generator, dtype)
    part = np.zeros(0, dtype).real.dtype
    if dtype.kind == "c":
        return complex(random_float(generator, part), random_float(generator, part))
    return random_float(generator, dtype)


def random_tuple(generator: random.Random, types: Sequence[DType]) -> list[Any]:
    """One value per operand; one tuple in eight repeats its first value, so that ties occur."""
    values = [random_value(generator, dtype) for dtype in types]
    repeat = generator.randrange(8) == 0 and len(set(types)) == 1
    return [values[0]] * len(values) if repeat else values


def random_columns(key: str, types: Sequence[DType]) -> list[Array]:
    generator = random.Random(f"quern golden data {key}")
    number = RANDOM_SINGLES if len(types) == 1 else RANDOM_TUPLES
    if any(dtype.kind == "c" for dtype in types):
        number = RANDOM_COMPLEX_TUPLES
    tuples = [random_tuple(generator, types) for _ in range(number)]
    return [np.array(column, dtype) for column, dtype in zip(zip(*tuples), types, strict=True)]


@dataclass(frozen=True)
class Corpus:
    """Input tuples shared by all loops with these input types: the special ones come first."""

    key: str
    types: tuple[DType, ...]
    columns: tuple[Array, ...]
    special: int

    @property
    def count(self) -> int:
        return len(self.columns[0])


def make_corpus(types: Sequence[DType]) -> Corpus:
    """Every combination of special values, then random tuples."""
    grids = np.meshgrid(*(values_of_input(dtype, len(types)) for dtype in types), indexing="ij")
    key = ",".join(dtype.name for dtype in types)
    columns = [
        canonical(np.concatenate([grid.ravel(), values]))
        for grid, values in zip(grids, random_columns(key, types), strict=True)
    ]
    return Corpus(key, tuple(types), tuple(columns), grids[0].size)


@dataclass
class CorpusStore:
    """All corpora in use, made on demand, and where each lies in inputs.bin."""

    corpora: dict[str, Corpus] = field(default_factory=dict)

    def for_types(self, types: Sequence[DType]) -> Corpus:
        key = ",".join(dtype.name for dtype in types)
        return self.corpora.get(key) or self.keep(make_corpus(types))

    def keep(self, corpus: Corpus) -> Corpus:
        self.corpora[corpus.key] = corpus
        return corpus


def record_inputs(recording: Recording, store: CorpusStore) -> None:
    data = bytearray()
    rows = {}
    for key, corpus in sorted(store.corpora.items()):
        offsets = [append(data, column) for column in corpus.columns]
        types = [dtype.name for dtype in corpus.types]
        rows[key] = {
            "types": types, "count": corpus.count, "special": corpus.special, "offsets": offsets
        }  # fmt: skip
        recording.count("input tuples", corpus.count)
    sizes = {name: dtype.itemsize for name, dtype in recording.subjects.dtypes.items()}
    recording.add_table("inputs.json", {"file": "inputs.bin", "itemsize": sizes}, rows)
    recording.files["inputs.bin"] = bytes(data)


def append(data: bytearray, values: Array) -> int:
    """Append the values' bytes and return the offset they start at."""
    offset = len(data)
    data += values.tobytes()
    return offset


# ---- correctly rounded references ---------------------------------------------------------------


def arithmetic_context(dtype: DType) -> Any:
    """MPFR arithmetic with the precision, exponent range and subnormals of a real float dtype."""
    limits = np.finfo(dtype)
    precision = limits.nmant + 1
    least = int(limits.minexp) - limits.nmant + 1
    return gmpy2.context(
        precision=precision, emax=int(limits.maxexp), emin=least, subnormalize=True
    )


def mpfr_function(ufunc: Ufunc, context: Any) -> Callable[..., Any] | None:
    """MPFR's function of the ufunc's name or of an alias, or None."""
    aliases = [name for name in dir(np) if getattr(np, name) is ufunc]
    for name in (MPFR_NAMES.get(ufunc.__name__, ufunc.__name__), *aliases):
        for home in (gmpy2, context):
            found = getattr(home, name, None)
            if callable(found):
                return lambda *inputs: found(*inputs)
    return None


def value_at_squares(ufunc: Ufunc, precision: int) -> list[Any] | None:
    """MPFR's values at squares of fractions, or None where MPFR has no such function."""
    with gmpy2.context(precision=precision) as context:
        function = mpfr_function(ufunc, context)
        if function is None or ufunc.nout != 1:
            return None
        squares = [gmpy2.mpfr(float(Fraction(top, 2) ** 2)) for top in (3, 5, 9)]
        points = [squares[start : start + ufunc.nin] for start in (0, 1)]
        try:
            return [function(*point) for point in points]
        except (TypeError, ValueError):
            return None


@lru_cache(maxsize=None)
def is_rounded_by_library(ufunc: Ufunc) -> bool:
    """Whether NumPy's float results depend on its maths library and the CPU (exp, not sqrt).

    MPFR knows the function, and at squares of fractions its value changes with the precision:
    functions that IEEE arithmetic rounds correctly are exact there, transcendental ones are not.
    """
    return value_at_squares(ufunc, 53) != value_at_squares(ufunc, 106)


@lru_cache(maxsize=None)
def cancels(ufunc: Ufunc) -> bool:
    """Whether the real part of z * z, for z on the diagonal, is a difference of two products.

    NumPy fuses such products where the CPU can, so that their last bits depend on it.
    """
    point = np.array([(1 + 2.0**-27) * (1 + 1j)])
    try:
        result = as_tuple(ufunc(*[point] * ufunc.nin))[0]
    except TypeError:
        return False
    return bool(result.dtype.kind == "c" and abs(result.real[0]) < 2.0**-40 < result.imag[0])


@lru_cache(maxsize=None)
def is_irrational(ufunc: Ufunc) -> bool:
    """Whether NumPy's results at small Gaussian integers are no dyadic numbers: roots and magnitudes.

    IEEE arithmetic gives those of sums, products and of these quotients exactly; others depend on the
    maths library and the CPU.
    """
    points = [np.array([value]) for value in (1 + 2j, 1 + 1j, 2 - 1j)]
    try:
        results = as_tuple(ufunc(*points[: ufunc.nin]))
    except TypeError:
        return False
    parts = [part for result in results for part in (result.real, result.imag)]
    return any(part * 2.0**20 != np.floor(part * 2.0**20) for part in parts)


def rounded_by(ufunc: Ufunc, dtype: DType, inputs: Sequence[float]) -> tuple[float, bool]:
    """A result correctly rounded to a dtype, and whether it underflows."""
    with gmpy2.context(arithmetic_context(dtype)) as context:
        function = mpfr_function(ufunc, context)
        assert function is not None
        exact = [gmpy2.mpfr(value) for value in inputs]
        context.clear_flags()  # those of converting subnormal inputs
        return float(function(*exact)), bool(context.underflow and context.inexact)


def underflows(ufunc: Ufunc, dtype: DType, inputs: tuple[float, ...], result: float) -> bool:
    """Whether NumPy reports that a correctly rounded result underflows.

    Its vector code is silent where a subnormal input comes back unchanged, as from log1p. It computes float16 in float32 and
    reports what the second rounding raises.
    """
    if dtype.itemsize == 2:
        wide, underflow = rounded_by(ufunc, np.dtype(np.float32), inputs)
        return underflow or wide != result and abs(wide) < float(np.finfo(dtype).smallest_normal)
    return rounded_by(ufunc, dtype, inputs)[1] and inputs != (result,)


def reference_results(ufunc: Ufunc, corpus: Corpus, dtype: DType) -> tuple[Array, bytes]:
    """Correctly rounded results, each with a byte that is UNDERFLOW where the result underflows.

    The types of the loop are all one real float dtype.
    """
    if dtype.kind != "f" or set(corpus.types) != {dtype}:
        raise RecordingError(f"no reference for {ufunc.__name__} on {corpus.key}")
    tuples = list(zip(*(column.astype(float).tolist() for column in corpus.columns), strict=True))
    results = [rounded_by(ufunc, dtype, values)[0] for values in tuples]
    flags = bytes(
        UNDERFLOW if underflows(ufunc, dtype, values, result) else 0
        for values, result in zip(tuples, results, strict=True)
    )
    return canonical(np.array(results, dtype)), flags


# ---- (d) values and (e) flags -------------------------------------------------------------------


def as_tuple(result: Any) -> tuple[Array, ...]:
    return result if isinstance(result, tuple) else (result,)


def native(column: Array) -> Array:
    return column.astype(column.dtype.newbyteorder("="))


def evaluate(ufunc: Ufunc, corpus: Corpus, loop: Sequence[DType]) -> list[Array]:
    """NumPy's outputs for a whole corpus."""
    with np.errstate(all="ignore"):
        outputs = as_tuple(ufunc(*map(native, corpus.columns)))
    if [output.dtype for output in outputs] != list(loop[ufunc.nin :]):
        raise RecordingError(f"{ufunc.__name__} on {corpus.key} took another loop")
    return [canonical(output) for output in outputs]


def same_bits(left: Array, right: Array) -> Array:
    """Element by element, whether two arrays of one dtype hold the same bytes."""
    shape = (len(left), left.dtype.itemsize)
    rows = (np.ascontiguousarray(side).view(np.uint8).reshape(shape) for side in (left, right))
    return np.asarray(np.equal(*rows).all(axis=1))


def selects_an_input(corpus: Corpus, output: Array) -> bool:
    """Whether every output of the corpus is NaN or, bit for bit, one of its inputs."""
    if any(column.dtype != output.dtype for column in corpus.columns):
        return False
    matches = [same_bits(column, output) for column in corpus.columns]
    return bool(np.all(np.logical_or.reduce([*matches, np.isnan(output)])))


def zero_ties(corpus: Corpus, outputs: Sequence[Array]) -> list[int]:
    """Tuples whose zero result has a sign NumPy leaves to the CPU.

    A ufunc that returns one of its float inputs (a maximum, say) may return either of two equal
    zeros; which one depends on the instruction set and on the length of the array.
    """
    if outputs[0].dtype.kind != "f" or not selects_an_input(corpus, outputs[0]):
        return []
    zeros = [column == 0 for column in corpus.columns]
    plus = [zero & ~np.signbit(col) for zero, col in zip(zeros, corpus.columns, strict=True)]
    minus = [zero & np.signbit(col) for zero, col in zip(zeros, corpus.columns, strict=True)]
    mixed = np.logical_or.reduce(plus) & np.logical_or.reduce(minus)
    tied = mixed & (outputs[0] == 0)
    return [int(index) for index in np.flatnonzero(tied)]


def special_flags(action: Callable[..., Any], columns: Sequence[Array], special: int) -> bytes:
    """One byte of flags for each special tuple, from a call with one-element arrays."""
    collector = FlagCollector()
    plain = [native(column) for column in columns]
    flags = bytearray()
    for index in range(special):
        operands = [column[index : index + 1] for column in plain]
        collector.watch(lambda: action(*operands))
        flags.append(collector.raised)
    return bytes(flags)


def check_single_elements(ufunc: Ufunc, corpus: Corpus, output: Array, ties: list[int]) -> None:
    """Prove that one-element calls give the bits of the whole call, away from ties."""
    plain = [native(column) for column in corpus.columns]
    with np.errstate(all="ignore"):
        singles = [
            as_tuple(ufunc(*(column[index : index + 1] for column in plain)))[0]
            for index in range(corpus.special)
        ]
    same = same_bits(canonical(np.concatenate(singles)), output[: corpus.special])
    differing = set(np.flatnonzero(~same).tolist()) - set(ties)
    if differing:
        raise RecordingError(f"{ufunc.__name__} on {corpus.key}: tuples {differing} vary")


@dataclass(frozen=True)
class Expectation:
    """What a loop must give: its outputs, the flags of the special tuples, free signs of zero."""

    kind: str
    outputs: list[Array]
    flags: bytes
    ties: list[int]


def numpy_expectation(ufunc: Ufunc, corpus: Corpus, loop: Sequence[DType]) -> Expectation:
    """NumPy's own results, bit for bit."""
    outputs = evaluate(ufunc, corpus, loop)
    ties = zero_ties(corpus, outputs)
    check_single_elements(ufunc, corpus, outputs[0], ties)
    flags = special_flags(ufunc, corpus.columns, corpus.special)
    return Expectation("numpy", outputs, flags, ties)


def reference_expectation(ufunc: Ufunc, corpus: Corpus, loop: Sequence[DType]) -> Expectation:
    """Correctly rounded results, with NumPy's flags except underflow.

    Whether NumPy's vector code raises underflow on its way to a normal result depends on the CPU;
    the flag recorded says whether the result itself underflows.
    """
    output, underflows = reference_results(ufunc, corpus, loop[-1])
    flags = special_flags(ufunc, corpus.columns, corpus.special)
    merged = bytes(
        raised & ~UNDERFLOW | underflow
        for raised, underflow in zip(flags, underflows, strict=False)
    )
    return Expectation("reference", [output], merged, [])


def has_expectation(store: CorpusStore, ufunc: Ufunc, loop: Sequence[DType]) -> bool:
    """Whether values can be recorded.

    Complex results that are no dyadic numbers or differences of products have no reference, and some loops refuse special
    inputs with an exception (whole numbers to a negative power).
    """
    if any(dtype.kind == "c" for dtype in loop) and (is_irrational(ufunc) or cancels(ufunc)):
        return False
    try:
        evaluate(ufunc, store.for_types(loop[: ufunc.nin]), loop)
    except ValueError:
        return False
    return True


def expectation(ufunc: Ufunc, corpus: Corpus, loop: Sequence[DType]) -> Expectation:
    if loop[-1].kind == "f" and is_rounded_by_library(ufunc):
        return reference_expectation(ufunc, corpus, loop)
    return numpy_expectation(ufunc, corpus, loop)


def record_loop(
    recording: Recording, store: CorpusStore, ufunc: Ufunc, loop: tuple[DType, ...], data: bytearray
) -> Json:
    corpus = store.for_types(loop[: ufunc.nin])
    expected = expectation(ufunc, corpus, loop)
    recording.count(f"value tuples, {expected.kind}", corpus.count)
    recording.count("flag tuples", corpus.special)
    recording.count("zero ties", len(expected.ties))
    offsets = [append(data, output) for output in expected.outputs]
    return {
        "loop": loop_text(ufunc, loop), "inputs": corpus.key, "kind": expected.kind,
        "outputs": offsets, "zero_ties": expected.ties,
        "flags": append(data, np.frombuffer(expected.flags, np.uint8)),
    }  # fmt: skip


def record_values(recording: Recording, store: CorpusStore) -> None:
    """The loops of all elementwise ufuncs; not those with a core signature."""
    rows = {}
    elementwise = {n: u for n, u in recording.subjects.ufuncs.items() if u.signature is None}
    for name, ufunc in elementwise.items():
        data = bytearray()
        chosen = chosen_loops(recording.subjects, ufunc)
        loops = [loop for loop in chosen if has_expectation(store, ufunc, loop)]
        entries = [record_loop(recording, store, ufunc, loop, data) for loop in loops]
        without = [loop_text(ufunc, loop) for loop in chosen if loop not in loops]
        rows[name] = {"file": f"values/{name}.bin", "loops": entries, "without_values": without}
        recording.files[f"values/{name}.bin"] = bytes(data)
        recording.count("loops", len(loops))
    recording.add_table("values.json", {"flag_bits": FLAG_BITS}, rows)


# ---- (d) casts ----------------------------------------------------------------------------------


def fits(value: float, limits: Any) -> bool:
    """Whether the value, cut to a whole number, lies in the integer dtype's range."""
    return bool(np.isfinite(value)) and limits.min <= int(value) <= limits.max


def uniform_inside(generator: random.Random, limits: Any) -> float:
    """A value of the integer dtype's range: spread over it, or near zero."""
    if generator.randrange(2):
        return generator.uniform(float(limits.min), float(limits.max))
    return generator.uniform(max(-100.0, float(limits.min)), min(100.0, float(limits.max)))


def in_range_corpus(source: DType, target: DType) -> tuple[Corpus, list[str]]:
    """Floats that fit an integer dtype, and the bits of the special values that do not."""
    key = f"{source.name}>{target.name}"
    limits = np.iinfo(target)
    generator = random.Random(f"quern golden data {key}")
    values = [uniform_inside(generator, limits) for _ in range(RANDOM_SINGLES)]
    specials = special_values(source)
    kept = [fits(float(value), limits) for value in specials]
    random_part = [value for value in np.array(values, source) if fits(float(value), limits)]
    column = canonical(np.concatenate([specials[kept], np.array(random_part, source)]))
    excluded = [bits_of(specials[index : index + 1]) for index, keep in enumerate(kept) if not keep]
    return Corpus(key, (source,), (column,), sum(kept)), excluded


def cast_corpus(store: CorpusStore, source: DType, target: DType) -> tuple[Corpus, list[str]]:
    if source.kind == "f" and target.kind in "iu":
        corpus, excluded = in_range_corpus(source, target)
        return store.keep(corpus), excluded
    return store.for_types((source,)), []


def record_cast(
    recording: Recording, store: CorpusStore, pair: tuple[DType, DType], data: bytearray
) -> Json:
    source, target = pair
    corpus, excluded = cast_corpus(store, source, target)
    with np.errstate(all="ignore"):
        output = native(corpus.columns[0]).astype(target)
    flags = special_flags(lambda one: one.astype(target), corpus.columns, corpus.special)
    recording.count("cast values", corpus.count)
    recording.count("cast flags", corpus.special)
    recording.count("cast specials left out", len(excluded))
    return {
        "inputs": corpus.key, "output": append(data, canonical(output)),
        "flags": append(data, np.frombuffer(flags, np.uint8)), "left_out": excluded,
    }  # fmt: skip


def record_casts(recording: Recording, store: CorpusStore) -> None:
    """Casts between every ordered pair but complex to whole numbers, which has no clear range."""
    dtypes = recording.subjects.dtypes
    data = bytearray()
    rows: dict[str, Json] = {}
    for (source_name, source), (target_name, target) in itertools.product(
        dtypes.items(), dtypes.items()
    ):
        if source.kind == "c" and target.kind in "iu":
            continue
        row = rows.setdefault(source_name, {})
        row[target_name] = record_cast(recording, store, (source, target), data)
    recording.add_table("casts.json", {"file": "casts.bin"}, rows)
    recording.files["casts.bin"] = bytes(data)


# ---- (f) error classes --------------------------------------------------------------------------

FLOAT = np.dtype(float).name
SIGNED = np.dtype(int).name
BOOLEAN = np.dtype(bool).name


def array_of(dtype: str, *shape: int, **more: Json) -> Json:
    """An array operand as data: filled with ones, writable unless `readonly` is true."""
    return {"array": {"dtype": dtype, "shape": list(shape), **more}}


@dataclass(frozen=True)
class BadCall:
    """A call that NumPy refuses, as data that any language can replay.

    `role` says which property the ufunc must have; the first recorded ufunc with it is called.
    """

    name: str
    description: str
    role: str
    method: str
    operands: list[Json]
    keywords: dict[str, Json] = field(default_factory=dict)


def floats(*shape: int) -> Json:
    return array_of(FLOAT, *shape)


def whole_numbers(*shape: int) -> Json:
    return array_of(SIGNED, *shape)


SHAPE_CALLS = [
    BadCall("operands-shape", "operand shapes do not broadcast", "identity", "call",
            [floats(2), floats(3)]),
    BadCall("operands-shape-2d", "operand shapes do not broadcast in the first of two axes",
            "identity", "call", [floats(2, 3), floats(4, 3)]),
    BadCall("out-too-small", "out would have to be broadcast", "identity", "call",
            [floats(2), floats(2)], {"out": floats(1)}),
    BadCall("out-fewer-axes", "out has fewer axes than the result", "identity", "call",
            [floats(2, 2), floats(2)], {"out": floats(2)}),
    BadCall("out-shape", "out does not broadcast with the operands", "identity", "call",
            [floats(2), floats(2)], {"out": floats(3)}),
    BadCall("where-shape", "where does not broadcast with the operands", "identity", "call",
            [floats(2), floats(2)], {"out": floats(2), "where": array_of(BOOLEAN, 3)}),
    BadCall("reduce-out-shape", "out of a reduction has the wrong shape", "identity", "reduce",
            [floats(2, 3)], {"axis": 0, "out": floats(2)}),
    BadCall("reduce-out-axes", "out of a reduction has the wrong number of axes", "identity",
            "reduce", [floats(2, 3)], {"axis": 0, "out": floats(1, 3)}),
]  # fmt: skip

CASTING_CALLS = [
    BadCall("out-casting", "the result cannot be cast to out", "identity", "call",
            [floats(2), floats(2)], {"out": whole_numbers(2)}),
    BadCall("input-casting", "an input cannot be cast to the loop that dtype names", "identity",
            "call", [floats(2), whole_numbers(2)], {"dtype": SIGNED}),
    BadCall("casting-no", "mixed operands with casting no", "identity", "call",
            [floats(2), whole_numbers(2)], {"casting": "no"}),
    BadCall("casting-name", "unknown casting name", "identity", "call",
            [floats(2), floats(2)], {"casting": "bogus"}),
    BadCall("dtype-no-loop", "no loop has the dtype asked for", "unary float", "call",
            [whole_numbers(2)], {"dtype": SIGNED}),
    BadCall("no-loop", "no loop for the operands' dtypes", "refuses floats", "call",
            [floats(2), floats(2)]),
    BadCall("refused-booleans", "booleans are refused by name", "refuses booleans", "call",
            [array_of(BOOLEAN, 2), array_of(BOOLEAN, 2)]),
    BadCall("reduce-no-loop", "a reduction has no loop for the dtype", "refuses floats", "reduce",
            [floats(2)]),
    BadCall("where-dtype", "where is not boolean", "identity", "call",
            [floats(2), floats(2)], {"out": floats(2), "where": whole_numbers(2)}),
    BadCall("weak-range", "a Python int does not fit the array's dtype", "identity", "call",
            [whole_numbers(2), {"integer": str(2**63)}]),
]  # fmt: skip

AXIS_CALLS = [
    BadCall("axis-high", "axis past the last", "identity", "reduce", [floats(2, 2)], {"axis": 2}),
    BadCall("axis-low", "axis before the first", "identity", "reduce", [floats(2, 2)],
            {"axis": -3}),
    BadCall("axis-tuple", "one axis of several out of range", "identity", "reduce",
            [floats(2, 2)], {"axis": [0, 2]}),
    BadCall("axis-duplicate", "duplicate axis", "identity", "reduce", [floats(2, 2)],
            {"axis": [0, 0]}),
    BadCall("axis-duplicate-negative", "one axis named from both ends", "identity", "reduce",
            [floats(2, 2)], {"axis": [1, -1]}),
    BadCall("axis-of-scalar", "axis 1 of an array without axes", "identity", "reduce", [floats()],
            {"axis": 1}),
    BadCall("axis-type", "axis is not a whole number", "identity", "reduce", [floats(2)],
            {"axis": 0.5}),
    BadCall("accumulate-axis", "axis of accumulate out of range", "identity", "accumulate",
            [floats(2)], {"axis": 1}),
    BadCall("accumulate-axes", "accumulate over several axes", "identity", "accumulate",
            [floats(2, 2)], {"axis": [0, 1]}),
    BadCall("accumulate-scalar", "accumulate of an array without axes", "identity", "accumulate",
            [floats()]),
    BadCall("reduceat-axis", "axis of reduceat out of range", "identity", "reduceat",
            [floats(2), {"indices": [0]}], {"axis": 1}),
    BadCall("not-reorderable", "several axes of a reduction whose order matters",
            "not reorderable", "reduce", [floats(2, 2)], {"axis": None}),
]  # fmt: skip

REDUCTION_CALLS = [
    BadCall("empty", "empty reduction without identity", "no identity", "reduce", [floats(0)]),
    BadCall("empty-initial-none", "empty reduction whose identity is switched off", "identity",
            "reduce", [floats(0)], {"initial": None}),
    BadCall("where-no-identity", "masked reduction without identity", "no identity", "reduce",
            [floats(2)], {"where": array_of(BOOLEAN, 2)}),
    BadCall("reduce-unary", "reduce of a unary ufunc", "unary float", "reduce", [floats(2)]),
    BadCall("accumulate-unary", "accumulate of a unary ufunc", "unary float", "accumulate",
            [floats(2)]),
    BadCall("reduceat-unary", "reduceat of a unary ufunc", "unary float", "reduceat",
            [floats(2), {"indices": [0]}]),
    BadCall("outer-unary", "outer of a unary ufunc", "unary float", "outer", [floats(2)]),
    BadCall("reduce-ternary", "reduce of a ternary ufunc", "ternary", "reduce", [floats(2)]),
    BadCall("reduceat-index-high", "index of reduceat past the last", "identity", "reduceat",
            [floats(3), {"indices": [0, 3]}]),
    BadCall("reduceat-index-low", "index of reduceat below zero", "identity", "reduceat",
            [floats(3), {"indices": [-1]}]),
    BadCall("reduceat-empty", "reduceat of an empty array", "identity", "reduceat",
            [floats(0), {"indices": [0]}]),
    BadCall("at-index", "index of at out of range", "identity", "at",
            [floats(3), {"indices": [3]}, floats(1)]),
    BadCall("at-ternary", "at of a ternary ufunc", "ternary", "at",
            [floats(3), {"indices": [0]}, floats(1)]),
    BadCall("at-shape", "operand of at does not broadcast with the indices", "identity", "at",
            [floats(3), {"indices": [0, 1]}, floats(3)]),
]  # fmt: skip

ARGUMENT_CALLS = [
    BadCall("out-readonly", "out is read-only", "identity", "call", [floats(2), floats(2)],
            {"out": array_of(FLOAT, 2, readonly=True)}),
    BadCall("reduce-out-readonly", "out of a reduction is read-only", "identity", "reduce",
            [floats(2)], {"out": array_of(FLOAT, readonly=True)}),
    BadCall("too-few", "an operand is missing", "identity", "call", [floats(2)]),
    BadCall("too-many", "an operand too many", "unary float", "call",
            [floats(2), floats(2), floats(2)]),
    BadCall("keyword", "unknown keyword", "identity", "call", [floats(2), floats(2)],
            {"bogus": 1}),
    BadCall("out-type", "out is not an array", "identity", "call", [floats(2), floats(2)],
            {"out": 1}),
    BadCall("order-name", "unknown order", "identity", "call", [floats(2), floats(2)],
            {"order": "X"}),
    BadCall("dtype-name", "unknown dtype name", "identity", "call", [floats(2), floats(2)],
            {"dtype": "bogus"}),
]  # fmt: skip

BAD_CALLS = SHAPE_CALLS + CASTING_CALLS + AXIS_CALLS + REDUCTION_CALLS + ARGUMENT_CALLS


def accepts(ufunc: Ufunc, *names: str) -> bool:
    try:
        resolved_loop(ufunc, [np.dtype(name) for name in names])
    except (TypeError, ValueError):
        return False
    return True


def reduces_axes(ufunc: Ufunc, axis: int | tuple[int, int]) -> bool:
    try:
        ufunc.reduce(np.ones((2, 2)), axis=axis)
    except REFUSALS:
        return False
    return True


def keeps_floats(ufunc: Ufunc) -> bool:
    """Whether a float result comes out of float inputs."""
    names = [FLOAT] * ufunc.nin
    return accepts(ufunc, *names) and resolved_loop(ufunc, [np.dtype(float)] * ufunc.nin)[
        -1
    ] == np.dtype(float)


def plays(role: str, ufunc: Ufunc) -> bool:
    """Whether the ufunc has the property that a role of the bad calls asks for."""
    if ufunc.nout != 1:
        return False
    if role == "ternary":
        return ufunc.nin == 3
    if role == "unary float":
        return ufunc.nin == 1 and loop_is_float_only(ufunc)
    if ufunc.nin != 2:
        return False
    if role == "refuses floats":
        return not accepts(ufunc, FLOAT, FLOAT)
    if role == "refuses booleans":
        return not accepts(ufunc, BOOLEAN, BOOLEAN) and accepts(ufunc, FLOAT, FLOAT)
    return keeps_floats(ufunc) and plays_in_reduction(role, ufunc)


def loop_is_float_only(ufunc: Ufunc) -> bool:
    """Whether whole numbers become floats because the ufunc has no loop for them."""
    return keeps_floats(ufunc) and resolved_loop(ufunc, [np.dtype(int)])[0].kind == "f"


def plays_in_reduction(role: str, ufunc: Ufunc) -> bool:
    if role == "not reorderable":
        return reduces_axes(ufunc, 0) and not reduces_axes(ufunc, (0, 1))
    has_identity = ufunc.identity is not None
    return reduces_axes(ufunc, (0, 1)) and has_identity == (role == "identity")


def materialise(value: Json) -> Any:
    """The Python object that a piece of call data stands for."""
    if isinstance(value, list):
        return tuple(value)
    if not isinstance(value, dict):
        return value
    if "integer" in value:
        return int(value["integer"])
    if "indices" in value:
        return np.array(value["indices"], int)
    description = value["array"]
    array = np.ones(description["shape"], description["dtype"])
    array.flags.writeable = not description.get("readonly", False)
    return array


def perform(ufunc: Ufunc, call: BadCall) -> None:
    operands = [materialise(operand) for operand in call.operands]
    keywords = {name: materialise(value) for name, value in call.keywords.items()}
    function = ufunc if call.method == "call" else getattr(ufunc, call.method)
    function(*operands, **keywords)


def bad_call_row(ufuncs: Mapping[str, Ufunc], call: BadCall) -> Json:
    """The call as data with the exception it raises, or None where no recorded ufunc fits."""
    name = next((name for name, ufunc in ufuncs.items() if plays(call.role, ufunc)), None)
    if name is None:
        return None
    result = outcome_of(lambda: perform(ufuncs[name], call))
    if result is None:
        raise RecordingError(f"NumPy accepts the bad call {call.name} with {name}")
    return result | {
        "description": call.description, "ufunc": name, "method": call.method,
        "operands": call.operands, "keywords": call.keywords,
    }  # fmt: skip


def record_errors(recording: Recording) -> None:
    ufuncs = recording.subjects.ufuncs
    rows = {call.name: bad_call_row(ufuncs, call) for call in BAD_CALLS}
    rows = {name: row for name, row in rows.items() if row is not None}
    recording.count("error calls", len(rows))
    recording.add_table("errors.json", {}, rows)


# ---- the whole recording ------------------------------------------------------------------------


def manifest_text(recording: Recording) -> str:
    files = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in recording.files.items()
    }
    header = {
        "format": FORMAT_VERSION, "numpy": np.__version__, "counts": recording.counts,
        "dtypes": list(recording.subjects.dtypes), "ufuncs": list(recording.subjects.ufuncs),
    }  # fmt: skip
    return table_text(header, files)


def record(spec: Path) -> Recording:
    """Record everything NumPy says about the subjects of a spec."""
    recording = Recording(load_subjects(spec))
    store = CorpusStore()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record_resolution(recording)
        record_casting(recording)
        record_weak_scalars(recording)
        record_reductions(recording)
        record_values(recording, store)
        record_casts(recording, store)
        record_inputs(recording, store)
        record_errors(recording)
    recording.files[MANIFEST_NAME] = manifest_text(recording).encode("utf-8")
    return recording


def write(recording: Recording, folder: Path) -> None:
    """Write the files that changed, and delete data files that are no longer recorded."""
    for name, data in recording.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)
    for name in data_files(folder) - set(recording.files):
        (folder / name).unlink()


def data_files(folder: Path) -> set[str]:
    found = [path for suffix in ("json", "bin") for path in folder.rglob(f"*.{suffix}")]
    return {path.relative_to(folder).as_posix() for path in found}


def differences(recording: Recording, folder: Path) -> list[str]:
    """Data files that are missing, stale or different in the folder."""
    names = data_files(folder) | set(recording.files)
    return sorted(name for name in names if differs(recording.files.get(name), folder / name))


def differs(data: bytes | None, path: Path) -> bool:
    return not path.exists() or path.read_bytes() != data


def check(recording: Recording, folder: Path) -> int:
    changed = differences(recording, folder)
    for name in changed:
        print(f"differs from a new recording: {name}", file=sys.stderr)
    print(f"{len(recording.files)} files recorded anew, {len(changed)} differ")
    return 1 if changed else 0


def summarise(recording: Recording, folder: Path) -> int:
    size = sum(map(len, recording.files.values()))
    print(f"{folder}: {len(recording.files)} files, {size} bytes, NumPy {np.__version__}")
    for what, number in recording.counts.items():
        print(f"  {number:8} {what}")
    return 0


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    root = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description="Record golden data from NumPy.")
    parser.add_argument("--spec", type=Path, default=root / "spec", help="folder of the specs")
    parser.add_argument(
        "--output", type=Path, default=root / "tests/conformance/golden", help="folder of the data"
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    options = parse_arguments(arguments)
    if not np.__version__.startswith(NUMPY_SERIES + "."):
        print(f"golden data needs NumPy {NUMPY_SERIES}, not {np.__version__}", file=sys.stderr)
        return 2
    try:
        recording = record(options.spec)
    except RecordingError as error:
        print(f"cannot record: {error}", file=sys.stderr)
        return 2
    if options.check:
        return check(recording, options.output)
    write(recording, options.output)
    return summarise(recording, options.output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
