"""Types and small helpers that every module shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Json = Any


def loop_text(inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """The types of a loop as the report writes them: `float64, float64 -> float64`."""
    return ", ".join(inputs) + " -> " + ", ".join(outputs)


def value_text(value: Any) -> str:
    """One value, in digits that tell it from every other of its dtype; times as counts, of which some have no date."""
    if not isinstance(value, (np.datetime64, np.timedelta64)):
        return str(value)
    unit, multiple = np.datetime_data(value.dtype)
    return "NaT" if np.isnat(value) else f"{value.view(np.int64)} {multiple if multiple > 1 else ''}{unit}"


def tuple_text(columns: Sequence[Array], index: int) -> str:
    """The values of all columns at one position: `(1.0, nan)`."""
    return "(" + ", ".join(value_text(column[index]) for column in columns) + ")"


def without_sign(values: Array) -> Array:
    """Integers with the sign bit cleared; truth values have none."""
    return values if values.dtype.kind == "b" else np.asarray(values & np.iinfo(values.dtype).max)


def error_text(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def flags_text(flags: int) -> str:
    """Floating-point flags in words, `none` for an empty set."""
    words = [word for word, bit in FLAG_BITS.items() if flags & bit]
    return ", ".join(words) or "none"


# As NumPy and quern number them in the callback of their error state.
FLAG_BITS = {"divide by zero": 1, "overflow": 2, "underflow": 4, "invalid": 8}

# The words of spec/vocabulary.yaml for them.
SPEC_FLAG_BITS = {"divide_by_zero": 1, "overflow": 2, "underflow": 4, "invalid": 8}
