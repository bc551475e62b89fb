"""Loops of ufuncs with a signature: their kernels, and the signature as tables."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Core, CoreSignature, Loop
from .names import storage_type
from .text import cpp_string, filled, function


def core_function(loop: Loop, core: Core) -> str:
    """The kernel: a core operation of the loop's type."""
    parameters = ["const void* const* in", "void* const* out", "const CoreGeometry& geometry"]
    head = filled(f"FpFlags {loop.kernel}_core(", parameters, ") {")
    return function(head, f"  return {core.name}<{storage_type(loop.outputs[0])}>(in, out, geometry);")


def core_row(loop: Loop) -> str:
    """The loop's KernelSet, which has no other form."""
    return filled("    {", [*["nullptr"] * 4, f"{loop.kernel}_core"], "},")


def signature_rows(name: str, signature: CoreSignature, loops: Sequence[Loop]) -> list[tuple[str, str, list[str]]]:
    """The arrays of a CoreInfo: type, name and elements."""
    operands = [*signature.inputs, *signature.outputs]
    optional = sum(1 << position for position, flag in enumerate(signature.optional) if flag)
    parts = [
        ("char* const", f"k{name}Dimensions", [cpp_string(word) for word in signature.dimensions]),
        ("std::uint8_t", f"k{name}Axes", [str(axis) for operand in operands for axis in operand]),
        ("std::uint8_t", f"k{name}AxisCounts", [str(len(operand)) for operand in operands]),
    ]
    apart = all(loop.core is not None and loop.core.separable for loop in loops)
    separable = sum({1 << axis for output in signature.outputs for axis in output}) if apart else 0
    fields = [f"k{name}Dimensions", str(optional), f"k{name}Axes", f"k{name}AxisCounts", str(separable)]
    return [*parts, ("CoreInfo", f"k{name}Core", ["{" + ", ".join(fields) + "}"])]
