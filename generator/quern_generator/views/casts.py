"""Casts: one translation unit per source dtype, compiled once for every target."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import DType, Spec
from .names import Package, package_of, storage_headers, storage_type
from .render import render
from .text import OutputFile, banner, filled, function, rows


@dataclass(frozen=True)
class CastView:
    """One conversion."""

    name: str
    function: str  # its definition


def files(spec: Spec) -> list[OutputFile]:
    """``src/casts/<from>.cpp``."""
    package = package_of(spec)
    return [_cast_file(spec, package, source) for source in cast_sources(spec)]


def cast_sources(spec: Spec) -> list[DType]:
    """The dtypes out of which this package compiles casts."""
    return [dtype for dtype in spec.dtypes if _destinations(spec, dtype)]


def cast_symbol(source: DType) -> str:
    """The table of CastTargetTables of a source dtype."""
    return f"kCastsFrom{source.camel}"


def _destinations(spec: Spec, source: DType) -> list[DType]:
    """Every dtype, itself included; casts between base dtypes are the base package's."""
    return [dtype for dtype in spec.dtypes if dtype.own or source.own]


def cast_view(source: DType, destination: DType) -> CastView:
    """The function that converts elements of one dtype to another."""
    name = f"{source.name}_to_{destination.name}"
    head = filled(f"FpFlags {name}(", ["const void* in", "void* out", "std::size_t n"], ") {")
    types = f"{storage_type(source)}, {storage_type(destination)}"
    return CastView(name, function(head, f"  return Cast<{types}>(in, out, n);"))


def _cast_file(spec: Spec, package: Package, source: DType) -> OutputFile:
    path = f"{package.include}casts/{source.name}.cpp"
    destinations = _destinations(spec, source)
    entries = [
        f"{source.name}_to_{dtype.name}" if dtype in destinations else "nullptr"
        for dtype in spec.dtypes
    ]
    text = render(
        "casts.cpp.j2",
        banner=banner([str(dtype.origin.path.parent) + "/" for dtype in [source, *destinations]], package=package.name),
        path=path,
        package=package,
        source=source,
        includes=sorted(
            [
                "core/tables.h",
                "simd/casts-inl.h",
                f"{package.include}tables/casts.h",
                *storage_headers([source, *destinations]),
            ]
        ),
        symbol=cast_symbol(source),
        casts=[cast_view(source, destination) for destination in destinations],
        entries=rows(entries),
        targets=[target.name for target in spec.targets if target.whole],
    )
    return OutputFile(PurePosixPath("src") / path, text)
