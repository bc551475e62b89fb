"""Names and places that several audiences share: symbols, namespaces, include paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..model import DType, Loop, Spec, Ufunc
from .text import camel

BASE_PACKAGE = "quern"


@dataclass(frozen=True)
class Package:
    """How a package calls its things; quern's own names are the short ones."""

    name: str
    is_base: bool
    namespace: str  # of tables and families
    symbol: str  # of the PackageInfo
    include: str  # prefix of paths below src/
    public: str  # folder of public headers
    api_namespace: str  # of the declarations


def package_of(spec: Spec) -> Package:
    """The names of the spec's package."""
    name = spec.package
    if name == BASE_PACKAGE:
        return Package(name, True, "quern::builtin", "kBuiltinPackage", "", "quern", "quern")
    return Package(name, False, f"quern::package_{name}", f"k{camel(name)}Package", f"{name}/", name, name)


def own_dtypes(spec: Spec) -> tuple[DType, ...]:
    """The dtypes that this package defines."""
    return tuple(dtype for dtype in spec.dtypes if dtype.own)


def own_ufuncs(spec: Spec) -> tuple[Ufunc, ...]:
    """The ufuncs that this package defines."""
    return tuple(ufunc for ufunc in spec.ufuncs if ufunc.own)


def own_loops(ufunc: Ufunc) -> tuple[Loop, ...]:
    """The loops whose kernels this package compiles: all of an own ufunc, and those that touch own dtypes."""
    return tuple(loop for loop in ufunc.loops if ufunc.own or any(dtype.own for dtype in loop.types))


def loop_numbers(ufunc: Ufunc) -> dict[int, int]:
    """Model index of each loop -> index at run time, where a base ufunc's own loops follow the base's."""
    own = own_loops(ufunc)
    base = [loop for loop in ufunc.loops if loop not in own]
    return {loop.index: number for number, loop in enumerate([*base, *own])}


def types_text(loop: Loop) -> str:
    """``float64, float64 -> float64``."""
    inputs = ", ".join(dtype.name for dtype in loop.inputs)
    return f"{inputs} -> {', '.join(dtype.name for dtype in loop.outputs)}"


def storage_type(dtype: DType) -> str:
    """The type of an element in kernels, in namespace quern. A bool is the runtime's Bool, never C++ bool."""
    return "Bool" if dtype.kind == "boolean" else dtype.cpp.removeprefix(f"{BASE_PACKAGE}::")


def has_own_type(dtype: DType) -> bool:
    """Whether the storage type is neither C++'s nor the standard library's nor one of quern's public headers."""
    return "::" in dtype.cpp and not dtype.cpp.startswith(("std::", f"{BASE_PACKAGE}::"))


def small_float(dtype: DType) -> str:
    """The public class of which quern's own storage type of a float is an alias; "" for other dtypes."""
    if dtype.kind != "float" or not dtype.cpp.startswith(f"{BASE_PACKAGE}::"):
        return ""
    infinities = "" if dtype.infinities else ", false"
    return f"SmallFloat<{dtype.bits}, {dtype.significand}{infinities}>"


def is_public_type(dtype: DType) -> bool:
    """Whether quern's public headers declare the storage type."""
    return dtype.cpp.startswith(f"{BASE_PACKAGE}::")


def storage_headers(dtypes: Iterable[DType]) -> list[str]:
    """Headers that declare storage types: by convention ``dtypes/<name>.h`` for a type of one's own."""
    found: set[str] = set()
    for dtype in dtypes:
        if has_own_type(dtype):
            found.add(f"dtypes/{dtype.name}.h")
        elif is_public_type(dtype):
            found.add("quern/dtype_list.hpp")
    return sorted(found)


def dtype_id(dtype: DType) -> str:
    """The constant of the dtype's id inside its package."""
    return f"k{dtype.camel}Id"


def flag_set(names: tuple[str, ...]) -> str:
    """Flags as a C++ expression."""
    return " | ".join(f"k{camel(name)}" for name in names) or "0"


def flag_bits(spec: Spec, names: tuple[str, ...]) -> int:
    """The same as a number: bits in the order of the spec's flags."""
    return sum(1 << spec.flags.index(name) for name in names)
