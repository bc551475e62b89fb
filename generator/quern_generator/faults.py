"""Faults of a specification: collected over a whole run, reported together, as text or as JSON."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field


LEAST_LIKENESS = 0.55  # of a suggestion, as difflib measures it


@dataclass(frozen=True, order=True)
class Place:
    """A position in a spec file: shown path, line and column from 1."""

    file: str
    line: int
    column: int

    def after(self, characters: int) -> Place:
        """The place so many characters further on the same line."""
        return Place(self.file, self.line, self.column + characters)


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is, in which entry, what is wrong, and the nearest valid word if there is one."""

    place: Place
    entry: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        place = f"{self.place.file}:{self.place.line}:{self.place.column}"
        nearest = f'; nearest valid word: "{self.suggestion}"' if self.suggestion else ""
        return f"{place}: {self.entry}: {self.message}{nearest}"


@dataclass
class FaultLog:
    """All faults of a run. Checks add to it and go on with what is left."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, place: Place, entry: str, message: str, suggestion: str | None = None) -> None:
        """Records a fault once, however often it is found."""
        fault = Fault(place, entry, message, suggestion)
        if fault not in self.faults:
            self.faults.append(fault)

    def add_unknown(self, place: Place, entry: str, what: str, word: str, valid: Iterable[str]) -> None:
        """Records an unknown word, with the nearest of the valid ones."""
        self.add(place, entry, f'unknown {what} "{word}"', nearest(word, valid))

    @property
    def sorted(self) -> list[Fault]:
        """The faults by file, line and column."""
        return sorted(self.faults, key=lambda fault: (fault.place, fault.entry, fault.message))

    def text(self) -> str:
        """One line for each fault."""
        return "\n".join(str(fault) for fault in self.sorted)

    def json(self) -> str:
        """The faults as a JSON list of objects with file, line, column, entry, message, suggestion."""
        rows = [
            {**asdict(fault.place), "entry": fault.entry, "message": fault.message, "suggestion": fault.suggestion}
            for fault in self.sorted
        ]
        return json.dumps(rows, indent=2)


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid word most like the given one, or None if none is alike."""
    scored = [(likeness(word.casefold(), candidate.casefold()), candidate) for candidate in sorted(set(valid))]
    (ratio, _), best = max(scored, key=lambda pair: pair[0], default=((0.0, 0), ""))
    return best if ratio >= LEAST_LIKENESS else None


def likeness(word: str, candidate: str) -> tuple[float, int]:
    """How alike two words are; of equally alike ones the longer common beginning wins."""
    matcher = difflib.SequenceMatcher(None, word, candidate)
    if matcher.real_quick_ratio() < LEAST_LIKENESS:
        return 0.0, 0
    return matcher.ratio(), len(os.path.commonprefix([word, candidate]))


def shorten(names: list[str], most: int = 3) -> str:
    """A list in a message: the first few, and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
