"""Outcomes that may be an exception: what a call returns, or the class it is refused with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..basics import error_text


@dataclass(frozen=True)
class Outcome:
    """The text of a result, or of a refusal with its class."""

    text: str
    error: BaseException | None = None

    def agrees_with(self, other: Outcome) -> bool:
        """Equal results; or two refusals, this one of the other's built-in classes."""
        if self.error is None or other.error is None:
            return self.error is other.error and self.text == other.text
        return isinstance(self.error, builtin_classes(other.error))


def builtin_classes(error: BaseException) -> tuple[type[BaseException], ...]:
    """Python's own class that comes nearest to the exception's."""
    own = (kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return (next(own),)


def outcome_of(attempt: Callable[[], str]) -> Outcome:
    try:
        return Outcome(attempt())
    except Exception as error:  # every class of refusal is an outcome here
        return Outcome(error_text(error), error)
