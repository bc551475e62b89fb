"""What the spec says, read from the generated index: the report's list of what to measure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .basics import Json, loop_text
from .times import run_as

# The bound, in ULP, of an operation that is correctly rounded.
CORRECTLY_ROUNDED = 0.5


@dataclass(frozen=True)
class SpecialRow:
    """One row of `special_values`: texts such as "nan" or "-128", and flags in the spec's words."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    raises: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class Loop:
    """One typed loop of a ufunc.

    accuracy: the promised bound in ULP; None for exact operations.
    neutral: the start of its reduction; None where reductions go from left to right.
    refuses: whether it refuses some values with an exception.
    kinds: by instruction-set target that its kernel is built for, how it runs there.
    """

    ufunc: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    accuracy: float | None
    flags: tuple[str, ...]
    reduces: bool
    neutral: str | None
    refuses: bool
    kinds: dict[str, str]
    origin: str
    special_values: tuple[SpecialRow, ...]
    signature: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.kinds)

    @property
    def types(self) -> str:
        return loop_text(self.inputs, self.outputs)

    @property
    def operands(self) -> tuple[str, ...]:
        """The dtypes of the arrays that the loop is run on: its inputs, times in a unit."""
        return tuple(map(run_as, self.inputs))

    @property
    def results(self) -> tuple[str, ...]:
        """The dtypes of what it then returns."""
        return tuple(map(run_as, self.outputs))

    @property
    def is_rounded_correctly(self) -> bool:
        """Whether results are exact or the nearest there is."""
        return self.accuracy is None or self.accuracy <= CORRECTLY_ROUNDED


@dataclass(frozen=True)
class Ufunc:
    """One ufunc and its loops.

    parameters: the names of its last inputs, where these take no part in the choice of a loop.
    """

    name: str
    summary: str
    aliases: tuple[str, ...]
    family: str
    nin: int
    nout: int
    identity: str | None
    reorderable: bool
    loops: tuple[Loop, ...]
    signature: str | None = None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """Everything the report reads of the spec; dtypes in kind order, ufuncs in name order.

    kinds: of the dtypes.
    loop_kinds: word and description, the best first.
    targets: from the least to the best; whole_targets: those that everything is built for.
    """

    fingerprint: str
    dtypes: tuple[str, ...]
    kinds: dict[str, str]
    loop_kinds: dict[str, str]
    targets: tuple[str, ...]
    whole_targets: tuple[str, ...]
    ufuncs: tuple[Ufunc, ...]

    @property
    def elementwise(self) -> tuple[Ufunc, ...]:
        """The ufuncs without a signature."""
        return tuple(ufunc for ufunc in self.ufuncs if ufunc.signature is None)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return tuple(loop for ufunc in self.ufuncs for loop in ufunc.loops)


def _special_rows(data: Json, loop: int) -> tuple[SpecialRow, ...]:
    return tuple(
        SpecialRow(
            tuple(row["inputs"]), tuple(row["outputs"]), tuple(row["raises"]), row["origin"]
        )
        for row in data["special_values"]
        if row["loop"] == loop
    )


def _loop(data: Json, index: int) -> Loop:
    entry = data["loops"][index]
    return Loop(
        ufunc=data["name"],
        inputs=tuple(entry["inputs"]),
        outputs=tuple(entry["outputs"]),
        accuracy=None if entry["accuracy"] == "exact" else float(entry["accuracy"]),
        flags=tuple(entry["flags"]),
        reduces=entry["reduces"],
        neutral=entry["neutral"],
        refuses=entry["refusal"] != "",
        kinds=entry["kinds"],
        origin=entry["origin"],
        special_values=_special_rows(data, index),
        signature=data.get("signature"),
    )


def _ufunc(data: Json) -> Ufunc:
    return Ufunc(
        name=data["name"],
        summary=data["summary"],
        aliases=tuple(data["aliases"]),
        family=data["family"],
        nin=len(data["inputs"]),
        nout=len(data["outputs"]),
        identity=data["identity"],
        reorderable=data["reorderable"],
        loops=tuple(_loop(data, index) for index in range(len(data["loops"]))),
        signature=data.get("signature"),
        parameters=tuple(data["inputs"][len(data["inputs"]) - data["parameters"] :]),
    )


def load_spec(generated: Path) -> Spec:
    """Reads `spec_index.json` in the folder of generated files."""
    index = json.loads((generated / "spec_index.json").read_text(encoding="utf-8"))
    return Spec(
        fingerprint=index["fingerprint"],
        dtypes=tuple(dtype["name"] for dtype in index["dtypes"]),
        kinds={dtype["name"]: dtype["kind"] for dtype in index["dtypes"]},
        loop_kinds=index["loop_kinds"],
        targets=tuple(target["name"] for target in index["targets"]),
        whole_targets=tuple(target["name"] for target in index["targets"] if target["whole"]),
        ufuncs=tuple(_ufunc(data) for data in index["ufuncs"]),
    )
