"""What every check of a ufunc needs: words, classes, dtypes, safe casts, operations, the log."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from .classes import ClassTable, Names
from .dtypes import DTypes
from .faults import FaultLog
from .load import Scalar
from .model import Casting, Core, DType, Target
from .promotion import Lattice
from .vocabulary import OperationWord, Vocabulary


@dataclass(frozen=True)
class Context:
    """Read once, shared by all ufuncs."""

    words: Vocabulary
    classes: ClassTable
    dtypes: DTypes
    lattice: Lattice
    operations: Dict[str, OperationWord]
    broken_operations: set[str]
    casting: Casting
    targets: tuple[Target, ...]
    log: FaultLog
    cores: Dict[str, Core] = field(default_factory=dict)
    broken_cores: set[str] = field(default_factory=set)

    def class_list(self, scalar: Scalar, entry: str) -> list[Names] | None:
        """The classes of a comma-separated list; None, with faults, if one is unknown."""
        found = [self.classes.evaluate_text(part, scalar, entry, offset) for part, offset in split_list(scalar.text)]
        return None if None in found else [members for members in found if members is not None]

    def members(self, names: Names) -> list[DType]:
        """Members of a class in index order."""
        return [dtype for dtype in self.dtypes.all if dtype.name in names]

    def flag_names(self, scalars: tuple[Scalar, ...], entry: str) -> tuple[str, ...]:
        """Known flags, in the vocabulary's order; unknown ones become faults."""
        for position, scalar in enumerate(scalars):
            if scalar.text not in self.words.flags:
                self.log.add_unknown(scalar.place, f"{entry}[{position}]", "flag", scalar.text, self.words.flags)
        given = {scalar.text for scalar in scalars}
        return tuple(flag for flag in self.words.flags if flag in given)


def split_list(text: str) -> list[tuple[str, int]]:
    """Parts between commas, each with its offset, spaces around it removed."""
    parts: list[tuple[str, int]] = []
    offset = 0
    for part in text.split(","):
        parts.append((part.strip(), offset + len(part) - len(part.lstrip())))
        offset += len(part) + 1
    return parts
