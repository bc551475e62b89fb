"""The package as a whole: ``src/tables/package.cpp``, and out of tree the code that registers it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath

from ..model import DType, Spec
from .casting import kind_order
from .names import own_dtypes, own_ufuncs, package_of
from .render import render
from .tables import ufunc_symbol
from .text import OutputFile, banner, char_literal, cpp_string, cpp_strings, filled
from .units import KernelIndex


def files(spec: Spec) -> list[OutputFile]:
    """``src/tables/package.cpp``."""
    package = package_of(spec)
    template = "package.cpp.j2" if package.is_base else "own_package.cpp.j2"
    order = kind_order(spec)
    text = render(
        template,
        banner=banner(["spec/" if package.is_base else str(_root(spec)) + "/"], package=package.name),
        package=package,
        kernel_symbols=[unit.symbol for unit in KernelIndex(spec).units],
        dtypes=[_dtype_row(dtype, order.index(dtype.index)) for dtype in own_dtypes(spec)],
        ufuncs=[ufunc_symbol(ufunc) for ufunc in spec.ufuncs],
        base_fingerprint=cpp_string(spec.base_fingerprint),
        base_dtype_count=spec.base_dtype_count,
        fingerprint=cpp_string(spec.fingerprint),
    )
    return [OutputFile(PurePosixPath("src") / package.include / "tables" / "package.cpp", text)]


def _root(spec: Spec) -> PurePosixPath:
    """The spec folder of the package's own entries."""
    origins = [dtype.origin for dtype in own_dtypes(spec)] + [ufunc.origin for ufunc in own_ufuncs(spec)]
    return origins[0].path.parent.parent


def _numbers(dtype: DType) -> str:
    """A NumberInfo."""
    if not dtype.significand:
        return f"{{{_least(dtype)}, {int(dtype.maximum or 0)}u}}"
    items = [dtype.maximum, cut(dtype.maximum), dtype.significand, dtype.minimum_exponent, dtype.maximum_exponent]
    return f"{{0, 0, {', '.join(map(str, items))}}}"


def _least(dtype: DType) -> str:
    least = int(dtype.minimum or 0)
    return "INT64_MIN" if least == -(1 << 63) else str(least)


def cut(number: str) -> str:
    """A positive number's first two digits, "65504" -> "65e3": what NumPy takes a float to hold with room to spare."""
    digits, exponent = f"{Decimal(number):.20e}".split("e")
    return f"{digits[0]}{digits[2]}e{int(exponent) - 1}"


def _dtype_row(dtype: DType, rank: int) -> str:
    items = [
        cpp_string(dtype.name),
        cpp_string(dtype.kind),
        char_literal(dtype.numpy_kind),
        char_literal(dtype.numpy_char),
        str(dtype.size),
        str(dtype.alignment),
        str(dtype.swap_unit),
        str(rank),
        str(dtype.dlpack_code),
        str(dtype.dlpack_bits),
        cpp_string(dtype.npy),
        cpp_string(dtype.buffer_format),
        cpp_string(dtype.real or dtype.name),
        "true" if dtype.only_if_present else "false",
        _numbers(dtype),
    ]
    head = filled("    {", items, ",")
    summary = cpp_strings(dtype.summary, "     ", first=5).removeprefix("\n     ")
    return f"{head}\n     {summary},\n     {cpp_string(str(dtype.origin))}}},"
