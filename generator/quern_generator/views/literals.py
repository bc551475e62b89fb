"""Values of a dtype as C++ text, from the canonical text of the model ("1", "-0.0", "inf", "min")."""

from __future__ import annotations

import struct

from ..model import DType
from .names import has_own_type, small_float, storage_type

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def storage_literal(dtype: DType, value: str) -> str:
    """The value as kernels see it: a bool is a ``Bool``."""
    if dtype.kind == "boolean":
        return "Bool::kTrue" if _BOOLEANS[value.lower()] else "Bool::kFalse"
    if dtype.is_time:
        return f"{storage_type(dtype)}{{{cpp_literal(dtype, value, 'std::int64_t')}}}"
    return cpp_literal(dtype, value, lane_type(dtype) if has_own_type(dtype) else None)


def lane_type(dtype: DType) -> str:
    """The arithmetic type whose values a storage type of one's own holds."""
    if dtype.kind == "float":
        return "double" if dtype.bits > 32 else "float"
    return f"std::{'u' if dtype.kind == 'unsigned' else ''}int{dtype.bits}_t"


def cpp_literal(dtype: DType, value: str, type_name: str | None = None) -> str:
    """The value as a C++ expression of the dtype's type (or of ``type_name``)."""
    cpp = type_name or dtype.cpp
    if dtype.kind == "boolean":
        return "true" if _BOOLEANS[value.lower()] else "false"
    if dtype.kind in ("signed", "unsigned") or dtype.is_time:
        return _integer(dtype, value, cpp)
    if dtype.real:
        first, second = (_floating(part, part_type(cpp)) for part in part_texts(value))
        return f"{cpp}({first}, {second})"
    return _floating(value, cpp)


def part_type(cpp: str) -> str:
    """The type of the parts of a complex type."""
    return cpp[cpp.index("<") + 1 : cpp.rindex(">")]


def part_texts(value: str) -> tuple[str, str]:
    """The parts of a complex value in the canonical text of the model, "1.0-infj"."""
    at = max(place for place, sign in enumerate(value) if sign in "+-" and value[place - 1] not in "e" and place)
    return value[:at], value[at:-1].removeprefix("+")


def _limits(cpp: str, member: str) -> str:
    return f"std::numeric_limits<{cpp}>::{member}()"


def _integer(dtype: DType, value: str, cpp: str) -> str:
    if value in ("min", "max") and not dtype.is_time:
        return _limits(cpp, value)
    words = {"min": dtype.minimum, "max": dtype.maximum, "nat": str(-(1 << (dtype.bits - 1)))}
    number = int(words.get(value, value))
    if dtype.kind != "unsigned" and number == -(1 << (dtype.bits - 1)):
        return _limits(cpp, "min")
    return f"{number}u" if dtype.kind == "unsigned" and dtype.bits > 32 and number > 0 else str(number)


def _floating(value: str, cpp: str) -> str:
    words = {
        "inf": _limits(cpp, "infinity"),
        "-inf": "-" + _limits(cpp, "infinity"),
        "nan": _limits(cpp, "quiet_NaN"),
        "min": _limits(cpp, "lowest"),
        "max": _limits(cpp, "max"),
        "tiny": _limits(cpp, "min"),
    }
    if value in words:
        return words[value]
    number = float.fromhex(value) if "0x" in value else float(value)
    if cpp == "float":
        return shortest_float32(number) + "f"
    return repr(number) if cpp == "double" else f"static_cast<{cpp}>({number!r})"


def shortest_float32(number: float) -> str:
    """The shortest decimal that a compiler reads as this single-precision number."""
    packed = struct.pack("f", number)
    for digits in range(1, 10):
        text = repr(float(f"{number:.{digits}g}"))
        if struct.pack("f", float(text)) == packed:
            return text
    return repr(number)


WIDE_TYPES = {
    "boolean": "bool",
    "signed": "std::int64_t",
    "unsigned": "std::uint64_t",
    "float": "double",
    "complex": "std::complex<double>",
}


def row_type(dtype: DType, built_in: bool) -> str:
    """The type of a value in a test's row; the test converts the values of dtypes that C++ lacks."""
    if small_float(dtype):
        return "float"
    if dtype.is_time:
        return "std::int64_t"
    return dtype.cpp if built_in else WIDE_TYPES[dtype.kind]


def row_literal(dtype: DType, value: str, built_in: bool) -> str:
    """The value in a test's row; the harness has names for limits, infinity and NaN."""
    if dtype.is_time:
        return "kMin" if value == "nat" else cpp_literal(dtype, value, "std::int64_t")
    if dtype.kind == "boolean":
        return "true" if _BOOLEANS[value.lower()] else "false"
    if dtype.real:
        return f"{{{', '.join(_part_literal(dtype, part, built_in) for part in part_texts(value))}}}"
    words = {"inf": "kInf", "-inf": "-kInf", "nan": "kNaN"}
    if row_type(dtype, built_in) == lane_type(dtype) and not small_float(dtype):
        words |= {"min": "kMin", "max": "kMax", dtype.maximum: "kMax"}
        if dtype.kind != "unsigned":
            words[dtype.minimum] = "kMin"
    if value in words:
        return words[value]
    if dtype.kind == "float":
        return _floating(value, row_type(dtype, built_in))
    limits = {"min": dtype.minimum, "max": dtype.maximum}
    return cpp_literal(dtype, limits.get(value, value), row_type(dtype, built_in))


def _part_literal(dtype: DType, value: str, built_in: bool) -> str:
    """A part of a complex value in a test's row."""
    words = {"inf": "kInf", "-inf": "-kInf", "nan": "kNaN", dtype.maximum: "kMax", dtype.minimum: "kMin"}
    return words.get(value) or _floating(value, part_type(row_type(dtype, built_in)))
