"""The lists of outputs that CMake reads: ``sources.cmake``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..model import Spec
from .names import package_of
from .render import render
from .text import OutputFile, banner

# List -> (folder, suffixes).
LISTS = {
    "SOURCES": ("src", (".cpp",)),
    "CONFORMANCE": ("conformance", (".cpp",)),
    "BENCHMARKS": ("bench", (".cpp",)),
    "HEADERS": ("include", (".h", ".hpp")),
}


@dataclass(frozen=True)
class ListView:
    """One CMake variable."""

    name: str
    paths: tuple[str, ...]


def sources_file(spec: Spec, files: Sequence[OutputFile]) -> OutputFile:
    """``sources.cmake``: paths relative to itself."""
    package = package_of(spec)
    paths = sorted(file.path for file in files)
    lists = [
        ListView(
            f"QUERN_GENERATED_{name}",
            tuple(str(path) for path in paths if path.parts[0] == folder and path.suffix in suffixes),
        )
        for name, (folder, suffixes) in LISTS.items()
    ]
    lists.append(ListView("QUERN_GENERATED_TARGETS", tuple(target.name for target in spec.targets)))
    head = banner(["spec/" if package.is_base else package.name], "#", package.name)
    text = render("sources.cmake.j2", banner=head, lists=lists)
    return OutputFile(PurePosixPath("sources.cmake"), text)
