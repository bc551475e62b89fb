"""Typed access to the golden data in tests/conformance/golden.

Only the standard library is used, so that a reader needs no NumPy: values come as bytes. The
format is described in golden/README.md.

    golden = Golden()
    for loop in golden.loops():
        compare(loop.ufunc, loop.types, loop.inputs, loop.outputs)
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

Json = Any

GOLDEN_FOLDER = Path(__file__).resolve().parent / "golden"
MANIFEST_NAME = "MANIFEST.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Refusal:
    """An exception: its public class name, its built-in ancestors from the nearest, its text."""

    error: str
    builtin: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class LoopTypes:
    """The types of a loop: `int8,int8->bool` is inputs int8, int8 and output bool."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> LoopTypes:
        inputs, outputs = text.split("->")
        return cls(tuple(inputs.split(",")), tuple(outputs.split(",")))

    def uses_only(self, dtypes: Sequence[str]) -> bool:
        """Whether all types are among the given ones; NumPy may choose one that is not recorded."""
        return set(self.inputs + self.outputs) <= set(dtypes)

    def __str__(self) -> str:
        return ",".join(self.inputs) + "->" + ",".join(self.outputs)


@dataclass(frozen=True)
class TypedBits:
    """One element: dtype, little-endian bytes (None where NumPy's are not exact), flags."""

    dtype: str
    bits: bytes | None
    flags: int


@dataclass(frozen=True)
class ResolutionCell:
    """The loop a ufunc chooses for array operands of these dtypes."""

    ufunc: str
    inputs: tuple[str, ...]
    outcome: LoopTypes | Refusal


@dataclass(frozen=True)
class CastCell:
    """Whether a cast is allowed at a level."""

    level: str
    source: str
    target: str
    allowed: bool


@dataclass(frozen=True)
class PromotionCell:
    """The common dtype of two (promote_types) or three (result_type) dtypes."""

    inputs: tuple[str, ...]
    outcome: str | Refusal


@dataclass(frozen=True)
class WeakCell:
    """A binary call of a one-element array holding 1 and a Python scalar."""

    ufunc: str
    dtype: str
    scalar: bool | int | float | complex
    array_first: bool
    outcome: TypedBits | Refusal


@dataclass(frozen=True)
class ReductionCell:
    """The result dtype of a reducing method; for method `empty` the value of an empty reduce."""

    ufunc: str
    method: str
    dtype: str
    outcome: str | TypedBits | Refusal


@dataclass(frozen=True)
class ReductionFacts:
    """The identity as Python prints it; whether several axes reduce at once, None if none does."""

    identity: str | None
    several_axes: bool | Refusal | None


@dataclass(frozen=True)
class Inputs:
    """Columns of input values; the first `special` tuples are the special ones."""

    types: tuple[str, ...]
    count: int
    special: int
    columns: tuple[bytes, ...]


@dataclass(frozen=True)
class LoopValues:
    """Inputs and expected outputs of one loop.

    kind: "numpy", bit-equal to NumPy, or "reference", correctly rounded.
    flags: a byte per special tuple, the sum of the bits in `Golden.flag_bits`.
    zero_ties: tuples whose zero output may have either sign.
    """

    ufunc: str
    types: LoopTypes
    kind: str
    inputs: Inputs
    outputs: tuple[bytes, ...]
    flags: bytes
    zero_ties: frozenset[int]


@dataclass(frozen=True)
class CastValues:
    """Values of one cast; `left_out` are special inputs for which C leaves the result undefined."""

    source: str
    target: str
    inputs: Inputs
    output: bytes
    flags: bytes
    left_out: tuple[bytes, ...]


@dataclass(frozen=True)
class ErrorCall:
    """A call that is refused, as data; `operands` and `keywords` as golden/README.md describes."""

    name: str
    description: str
    ufunc: str
    method: str
    operands: list[Json]
    keywords: dict[str, Json]
    refusal: Refusal


@dataclass(frozen=True)
class Manifest:
    """What the data covers. files: name to SHA-256."""

    format: int
    numpy: str
    dtypes: tuple[str, ...]
    ufuncs: tuple[str, ...]
    counts: dict[str, int]
    files: dict[str, str]


def parse_refusal(data: Json) -> Refusal | None:
    if not isinstance(data, dict) or "error" not in data:
        return None
    return Refusal(data["error"], tuple(data["builtin"]), data["message"])


def parse_typed_bits(data: Json) -> TypedBits:
    bits = None if data["bits"] is None else bytes.fromhex(data["bits"])
    return TypedBits(data["type"], bits, data.get("flags", 0))


def parse_scalar(data: Json) -> bool | int | float | complex:
    text = str(data["text"])
    if data["kind"] == "bool":
        return text == "True"
    if data["kind"] == "complex":
        return complex(text)
    return int(text) if data["kind"] == "int" else float(text)


def outcomes(row: Json) -> Iterator[Json]:
    """The outcome of each cell, in the order of the cells."""
    return (row["outcomes"][position] for position in row["cells"])


class Golden:
    """One folder of golden data; files are read when first asked for."""

    def __init__(self, folder: Path = GOLDEN_FOLDER) -> None:
        self.folder = folder
        self._table = lru_cache(maxsize=None)(self._read_table)
        self._bytes = lru_cache(maxsize=None)(self._read_bytes)
        if self.manifest.format != FORMAT_VERSION:
            raise ValueError(f"{folder} has format {self.manifest.format}, not {FORMAT_VERSION}")

    def _read_bytes(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _read_table(self, name: str) -> Json:
        return json.loads(self._bytes(name))

    @cached_property
    def manifest(self) -> Manifest:
        data = self._table(MANIFEST_NAME)
        files = {name: entry["sha256"] for name, entry in data["rows"].items()}
        return Manifest(
            data["format"], data["numpy"], tuple(data["dtypes"]), tuple(data["ufuncs"]),
            data["counts"], files,
        )  # fmt: skip

    @cached_property
    def flag_bits(self) -> dict[str, int]:
        """The bit of each floating-point flag."""
        return dict(self._table("values.json")["flag_bits"])

    @cached_property
    def item_sizes(self) -> dict[str, int]:
        """Bytes per element of each recorded dtype."""
        return dict(self._table("inputs.json")["itemsize"])

    def damaged_files(self) -> list[str]:
        """Files that are missing, not in the manifest, or whose hash is not the manifest's."""
        paths = [path for suffix in ("json", "bin") for path in self.folder.rglob(f"*.{suffix}")]
        found = {path.relative_to(self.folder).as_posix() for path in paths} - {MANIFEST_NAME}
        listed = self.manifest.files
        return sorted(
            name
            for name in found | set(listed)
            if name not in found or name not in listed or self._digest(name) != listed[name]
        )

    def _digest(self, name: str) -> str:
        return hashlib.sha256(self._bytes(name)).hexdigest()

    def resolution(self) -> Iterator[ResolutionCell]:
        table = self._table("resolution.json")
        for ufunc, row in table["rows"].items():
            tuples = itertools.product(table["dtypes"], repeat=row["nin"])
            for inputs, outcome in zip(tuples, outcomes(row), strict=True):
                yield ResolutionCell(
                    ufunc, inputs, parse_refusal(outcome) or LoopTypes.parse(outcome)
                )

    def can_cast(self) -> Iterator[CastCell]:
        table = self._table("casting.json")
        for level in table["levels"]:
            for source, marks in table["rows"][f"can_cast {level}"].items():
                for target, mark in zip(table["dtypes"], marks, strict=True):
                    yield CastCell(level, source, target, mark == "1")

    def _promotions(self, row: str, fixed: tuple[str, ...]) -> Iterator[PromotionCell]:
        table = self._table("casting.json")
        pairs = itertools.product(table["dtypes"], repeat=2)
        for pair, outcome in zip(pairs, outcomes(table["rows"][row]), strict=True):
            yield PromotionCell(fixed + pair, parse_refusal(outcome) or outcome)

    def promote_types(self) -> Iterator[PromotionCell]:
        return self._promotions("promote_types", ())

    def result_type(self) -> Iterator[PromotionCell]:
        for dtype in self._table("casting.json")["dtypes"]:
            yield from self._promotions(f"result_type {dtype}", (dtype,))

    def weak_scalars(self) -> Iterator[WeakCell]:
        table = self._table("weak.json")
        scalars = [parse_scalar(data) for data in table["scalars"]]
        for ufunc, row in table["rows"].items():
            axes = itertools.product(table["dtypes"], scalars, (True, False))
            for (dtype, scalar, array_first), outcome in zip(axes, outcomes(row), strict=True):
                result = parse_refusal(outcome) or parse_typed_bits(outcome)
                yield WeakCell(ufunc, dtype, scalar, array_first, result)

    def reductions(self) -> Iterator[ReductionCell]:
        table = self._table("reductions.json")
        for ufunc, row in table["rows"].items():
            axes = itertools.product(table["methods"], table["dtypes"])
            for (method, dtype), outcome in zip(axes, outcomes(row), strict=True):
                plain = outcome if isinstance(outcome, str) else None
                result = plain or parse_refusal(outcome) or parse_typed_bits(outcome)
                yield ReductionCell(ufunc, method, dtype, result)

    def reduction_facts(self) -> dict[str, ReductionFacts]:
        rows = self._table("reductions.json")["rows"]
        return {
            ufunc: ReductionFacts(
                row["identity"], parse_refusal(row["several_axes"]) or row["several_axes"]
            )
            for ufunc, row in rows.items()
        }

    def _slice(self, file: str, offset: int, count: int, dtype: str) -> bytes:
        end = offset + count * self.item_sizes[dtype]
        data = self._bytes(file)[offset:end]
        if len(data) != end - offset:
            raise ValueError(f"{file} ends before byte {end}")
        return data

    def inputs(self, key: str) -> Inputs:
        table = self._table("inputs.json")
        row = table["rows"][key]
        count = row["count"]
        columns = tuple(
            self._slice(table["file"], offset, count, dtype)
            for offset, dtype in zip(row["offsets"], row["types"], strict=True)
        )
        return Inputs(tuple(row["types"]), count, row["special"], columns)

    def _loop(self, ufunc: str, file: str, entry: Json) -> LoopValues:
        types = LoopTypes.parse(entry["loop"])
        inputs = self.inputs(entry["inputs"])
        outputs = tuple(
            self._slice(file, offset, inputs.count, dtype)
            for offset, dtype in zip(entry["outputs"], types.outputs, strict=True)
        )
        flags = self._bytes(file)[entry["flags"] :][: inputs.special]
        ties = frozenset(entry["zero_ties"])
        return LoopValues(ufunc, types, entry["kind"], inputs, outputs, flags, ties)

    def loops(self, only: str | None = None) -> Iterator[LoopValues]:
        """The loops of all ufuncs, or of one."""
        for ufunc, row in self._table("values.json")["rows"].items():
            if only in (None, ufunc):
                for entry in row["loops"]:
                    yield self._loop(ufunc, row["file"], entry)

    def without_values(self) -> Iterator[tuple[str, str]]:
        """Ufuncs and loops that are chosen but whose values are not recorded."""
        for ufunc, row in self._table("values.json")["rows"].items():
            yield from ((ufunc, str(LoopTypes.parse(loop))) for loop in row["without_values"])

    def casts(self) -> Iterator[CastValues]:
        table = self._table("casts.json")
        file = table["file"]
        for source, row in table["rows"].items():
            for target, entry in row.items():
                inputs = self.inputs(entry["inputs"])
                output = self._slice(file, entry["output"], inputs.count, target)
                flags = self._bytes(file)[entry["flags"] :][: inputs.special]
                left_out = tuple(map(bytes.fromhex, entry["left_out"]))
                yield CastValues(source, target, inputs, output, flags, left_out)

    def error_calls(self) -> Iterator[ErrorCall]:
        for name, row in self._table("errors.json")["rows"].items():
            yield ErrorCall(
                name, row["description"], row["ufunc"], row["method"], row["operands"],
                row["keywords"], Refusal(row["error"], tuple(row["builtin"]), row["message"]),
            )  # fmt: skip
