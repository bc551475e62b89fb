"""Benchmark rows: every loop, as data for ``bench/driver.h``."""

from __future__ import annotations

from pathlib import PurePosixPath

from ..model import Loop, Spec
from .conformance import is_reachable
from .names import own_loops, package_of
from .render import render
from .text import OutputFile, banner, cpp_string, filled


def files(spec: Spec) -> list[OutputFile]:
    """``bench/<family>.cpp``."""
    package = package_of(spec)
    made = []
    for family in spec.families:
        ufuncs = [ufunc for ufunc in spec.ufuncs if ufunc.family == family and own_loops(ufunc)]
        loops = [loop for ufunc in ufuncs for loop in own_loops(ufunc) if is_reachable(spec, ufunc, loop)]
        if loops:
            head = banner([str(ufunc.origin.path) for ufunc in ufuncs], package=package.name)
            text = render("bench.cpp.j2", banner=head, rows=[bench_row(loop) for loop in loops])
            made.append(OutputFile(PurePosixPath(f"bench/{family}.cpp"), text))
    return made


def bench_row(loop: Loop) -> str:
    """A LoopRow: the ufunc and the types of its inputs."""
    types = ", ".join(cpp_string(dtype.name) for dtype in loop.inputs)
    return filled("    {", [cpp_string(loop.ufunc), f"{{{types}}}"], "},")
