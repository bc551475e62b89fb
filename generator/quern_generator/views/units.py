"""Kernel translation units: a family, in parts where it would make too long a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ..model import Loop, Spec
from .names import own_loops
from .text import camel

# Estimated lines of a part. Far below the limit of write.py: parts compile side by side, and an edit of one
# ufunc rebuilds its part alone.
PART_LINES = 600


@dataclass(frozen=True)
class Unit:
    """One ``src/kernels/<stem>.cpp`` and its table of kernels."""

    family: str
    stem: str  # "arithmetic", then "arithmetic_2"
    loops: tuple[Loop, ...]  # those with a kernel of their own, in table order

    @property
    def symbol(self) -> str:
        """Of the KernelFamily."""
        return f"k{camel(self.stem)}Family"

    @property
    def table(self) -> str:
        """Of each target's KernelSets."""
        return f"k{camel(self.stem)}Kernels"


@dataclass(frozen=True)
class Place:
    """Where the kernels of a loop are: a row of a unit's table."""

    symbol: str
    stem: str
    index: int


@cache
def units(spec: Spec) -> tuple[Unit, ...]:
    """All units that the package compiles, in the spec's order of families."""
    return tuple(unit for family in spec.families for unit in _units_of(spec, family))


def _units_of(spec: Spec, family: str) -> list[Unit]:
    parts: list[list[Loop]] = []
    lines = PART_LINES
    for ufunc in spec.ufuncs:
        loops = [loop for loop in own_loops(ufunc) if loop.family == family and kernel_of(spec, loop) == loop.kernel]
        length = sum(_lines(loop) for loop in loops)
        if not loops:
            continue
        if not parts or lines + length > PART_LINES:
            parts.append([])
            lines = 0
        parts[-1] += loops
        lines += length
    stems = [family, *(f"{family}_{number}" for number in range(2, len(parts) + 1))]
    return [Unit(family, stem, tuple(loops)) for stem, loops in zip(stems, parts)]


@cache
def _shareable(spec: Spec) -> frozenset[str]:
    """Kernels that this package compiles for other loops to share; the base's are not at hand."""
    loops = [loop for ufunc in spec.ufuncs for loop in own_loops(ufunc)]
    return frozenset(loop.kernel for loop in loops if loop.same_code_as is None)


def kernel_of(spec: Spec, loop: Loop) -> str:
    """The kernel that the loop runs: one that it shares, or its own."""
    return loop.same_code_as if loop.same_code_as in _shareable(spec) else loop.kernel


def _lines(loop: Loop) -> int:
    return 14 + 8 * loop.reduces + 12 * (loop.neutral is not None)


@cache
def places(spec: Spec) -> dict[str, Place]:
    """Kernel name -> its row."""
    return {
        loop.kernel: Place(unit.symbol, unit.stem, index)
        for unit in units(spec)
        for index, loop in enumerate(unit.loops)
    }


def place(spec: Spec, loop: Loop) -> Place:
    """The row whose kernels the loop runs, its own or the one that it shares."""
    return places(spec)[kernel_of(spec, loop)]
