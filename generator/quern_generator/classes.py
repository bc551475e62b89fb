"""Classes of dtypes: set algebra over kinds, widths, dtype names and other classes, ``whole - boolean | float32``.

``|`` unites, ``-`` takes away, ``&`` intersects and binds tighter; parentheses group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping as Dict

from .faults import FaultLog
from .load import Mapping, Scalar

TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[|&()-])")
Names = frozenset[str]


class ClassError(Exception):
    """A class expression that cannot be read: offset, message and the unknown word if that is why."""

    def __init__(self, offset: int, message: str, word: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.word = word


class ClassTable:
    """All class words. Members keep the order of dtypes only through ``ordered``."""

    def __init__(self, kinds: Dict[str, Iterable[str]], dtypes: Iterable[str], classes: Mapping, log: FaultLog) -> None:
        self.dtypes = tuple(dtypes)
        self.known: dict[str, Names] = {name: frozenset([name]) for name in self.dtypes}
        self.known |= {kind: frozenset(members) for kind, members in kinds.items()}
        self.excused: set[str] = set()  # words whose own entry is faulty
        self.log = log
        self._define_all(classes)

    def _define_all(self, classes: Mapping) -> None:
        """Defines the classes of casting.yaml, in whatever order they stand."""
        waiting = {name: c for name, c in classes.items.items() if isinstance(c, Mapping)}
        for name in list(waiting):
            if name in self.known:
                self.log.add(classes.keys[name], f"casting.classes.{name}", "the class is named like a kind or a dtype")
                del waiting[name]
        self.excused |= classes.keys.keys() - classes.items.keys()
        self.words = set(self.known) | set(waiting)
        progress = True
        while waiting and progress:
            progress = False
            for name, entry in list(waiting.items()):
                if self._try_define(name, entry, set(waiting)):
                    del waiting[name]
                    progress = True
        for name in waiting:
            self.excused.add(name)
            if name in self._needed(name, waiting):
                self.log.add(classes.keys[name], f"casting.classes.{name}", "the class is defined by itself")

    @staticmethod
    def _needed(name: str, waiting: Dict[str, Mapping]) -> set[str]:
        """The undefined classes that a class needs, directly or through others."""
        needed: set[str] = set()
        fresh = {name}
        while fresh:
            words = {word for n in fresh for word in TOKEN.findall(waiting[n].text("members"))}
            fresh = (words & waiting.keys()) - needed
            needed |= fresh
        return needed

    def _try_define(self, name: str, entry: Mapping, waiting: set[str]) -> bool:
        """Defines a class unless it needs one that is not defined yet; a faulty one is excused."""
        scalar = entry.scalar("members")
        assert scalar is not None
        if any(word in waiting for word in TOKEN.findall(scalar.text)):
            return False
        members = self.evaluate(scalar, f"casting.classes.{name}.members")
        if members is None:
            self.excused.add(name)
        else:
            self.known[name] = members
        return True

    def evaluate(self, scalar: Scalar, entry: str) -> Names | None:
        """The members of a class expression; None, with a fault, if it cannot be read."""
        return self.evaluate_text(scalar.text, scalar, entry)

    def evaluate_text(self, text: str, scalar: Scalar, entry: str, offset: int = 0) -> Names | None:
        """The members of an expression that stands ``offset`` characters into a scalar."""
        try:
            return Reader(text, self.known).read()
        except ClassError as error:
            if error.word in self.excused:
                return None
            place = scalar.inner.after(offset + error.offset)
            if error.word:
                self.log.add_unknown(place, entry, "class", error.word, self.words)
            else:
                self.log.add(place, entry, error.message)
            return None

    def ordered(self, members: Names) -> tuple[str, ...]:
        """Members in dtype order."""
        return tuple(name for name in self.dtypes if name in members)


class Reader:
    """Reads one expression by recursive descent."""

    def __init__(self, text: str, known: Dict[str, Names]) -> None:
        self.known = known
        self.tokens: list[tuple[str, int]] = []
        position, text_end = 0, len(text.rstrip())
        while position < text_end:
            match = TOKEN.match(text, position)
            if match is None:
                raise ClassError(position, f'"{text[position:].strip()[0]}" has no meaning in a class')
            self.tokens.append((match.group(1), match.start(1)))
            position = match.end()
        self.end = text_end
        self.at = 0

    def read(self) -> Names:
        """The members of the whole expression."""
        members = self.union()
        if self.at < len(self.tokens):
            raise ClassError(self.tokens[self.at][1], f'"{self.tokens[self.at][0]}" where a class has ended')
        return members

    def peek(self) -> str:
        """The next token, empty at the end."""
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def union(self) -> Names:
        """Unions and differences, from left to right."""
        members = self.intersection()
        while self.peek() in ("|", "-") and self.peek():
            joins = self.peek() == "|"
            self.at += 1
            other = self.intersection()
            members = members | other if joins else members - other
        return members

    def intersection(self) -> Names:
        """Intersections."""
        members = self.word()
        while self.peek() == "&":
            self.at += 1
            members = members & self.word()
        return members

    def word(self) -> Names:
        """A word or a group in parentheses."""
        if self.at >= len(self.tokens):
            raise ClassError(self.end, "a class is missing at the end")
        token, offset = self.tokens[self.at]
        self.at += 1
        if token == "(":
            members = self.union()
            if self.peek() != ")":
                raise ClassError(offset, 'this "(" is never closed')
            self.at += 1
            return members
        if not token[0].isalpha():
            raise ClassError(offset, f'"{token}" where a class belongs')
        if token not in self.known:
            raise ClassError(offset, f'unknown class "{token}"', token)
        return self.known[token]
