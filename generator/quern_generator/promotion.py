"""Promotion: the lattice of safe casts and the one rule that picks dtypes and loops from it.

Among the candidates to which every input casts safely, the least is taken (pointwise in the safe-cast
order); ties go by kind order. A tie that kind order leaves is an ambiguity, which is a fault of the
spec; no candidate is a refusal. Sets of dtypes and of loops are bit masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


def bits_of(mask: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def mask_of(positions: Iterable[int]) -> int:
    """The mask with these bits set."""
    mask = 0
    for position in positions:
        mask |= 1 << position
    return mask


class Lattice:
    """Safe casts over all dtypes, by index. ``kinds`` are ranks in the order that breaks ties.

    ``joins`` are pairs of dtypes whose promotion is the second one although the cast to it is not safe.
    """

    def __init__(
        self,
        edges: Sequence[Iterable[int]],
        kinds: Sequence[int],
        kept: int = 0,
        joins: Iterable[tuple[int, int]] = (),
    ) -> None:
        self.count = len(edges)
        self.kinds = tuple(kinds)
        self.kept = kept  # mask of only_if_present dtypes
        self.up = [self._closure(index, edges) for index in range(self.count)]
        self.promotes = list(self.up)  # what a dtype promotes to
        for source, target in joins:
            self.promotes[source] |= 1 << target
        self.below = [
            mask_of(lower for lower in range(self.count) if lower != index and self.up[lower] >> index & 1)
            for index in range(self.count)
        ]
        self._joins: dict[int, tuple[int, ...]] = {}

    @staticmethod
    def _closure(start: int, edges: Sequence[Iterable[int]]) -> int:
        """All dtypes that one casts to, itself included."""
        reached, waiting = 1 << start, [start]
        while waiting:
            for target in edges[waiting.pop()]:
                if not reached >> target & 1:
                    reached |= 1 << target
                    waiting.append(target)
        return reached

    def safe(self, source: int, target: int) -> bool:
        """Whether every value of one dtype converts safely to another."""
        return bool(self.up[source] >> target & 1)

    def allowed(self, present: int) -> int:
        """The dtypes that a conversion may introduce beside those present."""
        return ((1 << self.count) - 1) & ~(self.kept & ~present)

    def candidates(self, dtypes: Iterable[int]) -> tuple[int, ...]:
        """The least common dtypes after kind order: one, none, or several if it is ambiguous."""
        present = mask_of(dtypes)
        found = self._joins.get(present)
        if found is None:
            found = self._joins[present] = self._least(present)
        return found

    def _least(self, present: int) -> tuple[int, ...]:
        """The least common dtypes, those of the first kind only."""
        common = self.allowed(present)
        for index in bits_of(present):
            common &= self.promotes[index]
        least = [index for index in bits_of(common) if not self.below[index] & common]
        first = min((self.kinds[index] for index in least), default=0)
        return tuple(index for index in least if self.kinds[index] == first)

    def join(self, dtypes: Iterable[int]) -> int | None:
        """The promotion of any number of dtypes; None if they have none, or an ambiguous one."""
        found = self.candidates(dtypes)
        return found[0] if len(found) == 1 else None

    def cycles(self) -> list[tuple[int, ...]]:
        """Groups of dtypes that cast to each other, each a fault."""
        groups = {mask_of(o for o in bits_of(self.up[i]) if self.safe(o, i)) for i in range(self.count)}
        return sorted(tuple(bits_of(group)) for group in groups if group & (group - 1))


@dataclass(frozen=True)
class Signature:
    """A loop as the rule sees it: input dtypes by index, and whether it takes them only as they are."""

    inputs: tuple[int, ...]
    exact: bool = False


class LoopChooser:
    """The rule over the loops of one ufunc."""

    def __init__(self, lattice: Lattice, signatures: Sequence[Signature]) -> None:
        self.lattice = lattice
        self.signatures = signatures
        self.arity = len(signatures[0].inputs) if signatures else 0
        self.exact = {s.inputs: position for position, s in enumerate(signatures) if s.exact}
        self._accepts = [
            [self._accepting(position, dtype) for dtype in range(lattice.count)] for position in range(self.arity)
        ]
        self._needs = [mask_of(s.inputs) & lattice.kept for s in signatures]
        self._below = [self._lower(s) for s in signatures]
        self._keys = [self._key(s) for s in signatures]

    def _accepting(self, position: int, dtype: int) -> int:
        """The loops that take a dtype at a position."""
        up = self.lattice.up[dtype]
        return mask_of(
            number for number, s in enumerate(self.signatures) if not s.exact and up >> s.inputs[position] & 1
        )

    def _lower(self, upper: Signature) -> int:
        """The loops whose every input casts safely to this one's."""
        return mask_of(
            number
            for number, lower in enumerate(self.signatures)
            if lower.inputs != upper.inputs and all(map(self.lattice.safe, lower.inputs, upper.inputs))
        )

    def _key(self, signature: Signature) -> tuple[int, ...]:
        """Kind order among loops: by the kind of the inputs' common dtype, then of each input."""
        kinds = self.lattice.kinds
        common = self.lattice.join(signature.inputs)
        return (len(kinds) if common is None else kinds[common], *(kinds[index] for index in signature.inputs))

    def candidates(self, inputs: Sequence[int]) -> tuple[int, ...]:
        """Positions of the least loops after kind order: one, none, or several if it is ambiguous."""
        found = (1 << len(self.signatures)) - 1
        for accepts, dtype in zip(self._accepts, inputs):
            found &= accepts[dtype]
        if self.lattice.kept:
            present = mask_of(inputs)
            found &= ~mask_of(number for number, needs in enumerate(self._needs) if needs & ~present)
        least = [number for number in bits_of(found) if not self._below[number] & found]
        if len(least) < 2:
            return tuple(least)
        first = min(self._keys[number] for number in least)
        return tuple(number for number in least if self._keys[number] == first)
