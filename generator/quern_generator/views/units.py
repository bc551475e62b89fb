"""Kernel translation units: a family, in parts where it would make too long a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..model import Loop, Spec
from .names import own_loops
from .text import camel

# Estimated lines of a part. Far below the limit of write.py: parts compile side by side, and an edit of one
# ufunc rebuilds its part alone.
PART_LINES = 600
CHECKED_LINES = 11


@dataclass(frozen=True)
class Unit:
    """One ``src/kernels/<stem>.cpp`` and its table of kernels."""

    family: str
    stem: str  # "arithmetic", then "arithmetic_2"
    loops: tuple[Loop, ...]  # those with a kernel of their own, in table order
    checked: tuple[Loop, ...] = ()  # kernels that report integer overflow, as loops; they follow in the table

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

    kernel: str
    unit: Unit
    index: int


class KernelIndex:
    """All units that a package compiles, and where each loop's kernels stand in them."""

    def __init__(self, spec: Spec) -> None:
        loops = [loop for ufunc in spec.ufuncs for loop in own_loops(ufunc)]
        # Kernels that other loops may share; those of the base are not at hand in a package.
        self._shareable = frozenset(loop.kernel for loop in loops if loop.same_code_as is None)
        self.units = tuple(unit for family in spec.families for unit in self._units_of(spec, family))
        self._places = {
            loop.kernel: Place(loop.kernel, unit, index)
            for unit in self.units
            for index, loop in enumerate((*unit.loops, *unit.checked))
        }

    def kernel_of(self, loop: Loop) -> str:
        """The kernel that the loop runs: one that it shares, or its own."""
        shared = loop.same_code_as
        return shared if shared is not None and shared in self._shareable else loop.kernel

    def place(self, loop: Loop) -> Place:
        """The row whose kernels the loop runs."""
        return self._places[self.kernel_of(loop)]

    def checked_index(self, loop: Loop) -> int:
        """The row, in the unit of the loop, of its kernel that reports integer overflow; -1 if it has none."""
        return self._places[checked_name(loop)].index if loop.checked else -1

    def _units_of(self, spec: Spec, family: str) -> list[Unit]:
        parts: list[list[Loop]] = []
        lines = PART_LINES
        for ufunc in spec.ufuncs:
            candidates = [loop for loop in own_loops(ufunc) if loop.family == family]
            loops = [loop for loop in candidates if self.kernel_of(loop) == loop.kernel]
            # Kernels of other ufuncs count, so that what is shared moves no later ufunc to another part.
            distinct = {self.kernel_of(loop): loop for loop in candidates}
            length = sum(map(_lines, distinct.values())) + CHECKED_LINES * sum(bool(loop.checked) for loop in candidates)
            if not candidates:
                continue
            if not parts or lines + length > PART_LINES:
                parts.append([])
                lines = 0
            parts[-1] += loops
            lines += length
        parts = [part for part in parts if part]
        checked = [self._checked_of(spec, part) for part in parts]
        stems = [family, *(f"{family}_{number}" for number in range(2, len(parts) + 1))]
        return [Unit(family, stem, tuple(part), more) for stem, part, more in zip(stems, parts, checked)]

    def _checked_of(self, spec: Spec, part: list[Loop]) -> tuple[Loop, ...]:
        """The checked kernels of all loops that run a kernel of a part."""
        kernels = {loop.kernel for loop in part}
        loops = [loop for ufunc in spec.ufuncs for loop in own_loops(ufunc) if loop.checked]
        return tuple(checked_kernel(loop) for loop in loops if self.kernel_of(loop) in kernels)


def checked_name(loop: Loop) -> str:
    """The kernel of a loop that reports integer overflow: its own also where the loop shares another's."""
    return f"{loop.kernel}_checked"


def checked_kernel(loop: Loop) -> Loop:
    """That kernel as a loop that does not reduce."""
    return replace(
        loop,
        kernel=checked_name(loop),
        bodies=loop.checked,
        checked=(),
        neutral=None,
        reduces=False,
        same_code_as=None,
    )


def _lines(loop: Loop) -> int:
    if loop.computed_by is not None:
        return 4 + 6 * loop.reduces
    return 14 + 8 * loop.reduces + 12 * (loop.neutral is not None)
