"""Views of the specification: one module per audience, each turning a Spec into files.

A view module has a function ``files(spec) -> list[OutputFile]``; it decides everything in Python and
leaves loops and named tests to its templates.
"""

from __future__ import annotations

from ..model import Spec
from . import (
    benchmarks,
    capi,
    casting,
    casts,
    conformance,
    declarations,
    dtypes,
    index,
    kernels,
    package,
    reference,
    tables,
    targets,
)
from .sources import sources_file
from .text import OutputFile

VIEWS = (
    targets,
    dtypes,
    kernels,
    casts,
    casting,
    tables,
    package,
    declarations,
    capi,
    conformance,
    benchmarks,
    reference,
    index,
)


def all_files(spec: Spec) -> list[OutputFile]:
    """Every generated file, in path order; the lists for CMake come from the others."""
    made = [file for view in VIEWS for file in view.files(spec)]
    made.append(sources_file(spec, made))
    return sorted(made, key=lambda file: file.path)
