"""Instruction-set targets: which of Highway's are compiled, and the list that the runtime chooses from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ..highway import WANTED_TARGETS
from ..model import Spec
from .names import package_of
from .render import render
from .text import OutputFile, banner, cpp_string, filled

# The condition under which a compiler aims at an architecture of the vocabulary.
CONDITIONS = {"x86": "defined(__x86_64__) || defined(_M_X64)", "arm": "defined(__aarch64__) || defined(_M_ARM64)"}


@dataclass(frozen=True)
class ArchitectureView:
    """The targets of one architecture."""

    condition: str
    definition: str  # of QUERN_DISABLED_TARGETS, wrapped


@dataclass(frozen=True)
class TargetView:
    """One row of the list of targets."""

    name: str
    row: str


def files(spec: Spec) -> list[OutputFile]:
    """``src/generated_targets.h`` and, for quern itself, ``src/tables/targets.cpp``."""
    package = package_of(spec)
    sources = sorted({str(target.origin.path) for target in spec.targets})
    head = banner(sources, package=package.name)
    header = render(
        "generated_targets.h.j2",
        banner=head,
        package=package,
        architectures=_architectures(spec),
        wanted=[target.name for target in spec.targets if target.name in WANTED_TARGETS],
        guard=package.name,
    )
    made = [OutputFile(PurePosixPath("src") / package.include / "generated_targets.h", header)]
    if package.is_base:
        added = [target.name for target in spec.targets if not target.whole]
        text = render("targets.cpp.j2", banner=head, targets=target_views(spec), added=added)
        made.append(OutputFile(PurePosixPath("src/tables/targets.cpp"), text))
    return made


def target_views(spec: Spec) -> list[TargetView]:
    """Rows of the list, in the spec's order; the C++ sorts them by Highway's preference."""
    return [
        TargetView(target.name, f'    {{"{target.name}", HWY_{target.name},\n     {cpp_string(target.summary)}}},')
        for target in spec.targets
    ]


def _architectures(spec: Spec) -> list[ArchitectureView]:
    views = []
    for architecture, condition in CONDITIONS.items():
        whole = [target for target in spec.targets if target.whole]
        names = [target.name for target in whole if target.architecture in (architecture, "any")]
        if names:
            views.append(ArchitectureView(condition, _definition(names)))
    return views


def _definition(names: list[str]) -> str:
    kept = " | ".join(f"HWY_{name}" for name in names)
    line = f"#define QUERN_DISABLED_TARGETS (~({kept}))"
    if len(line) <= 100:
        return line
    parts = filled("  (~(", [f"HWY_{name}" for name in names], "))").replace(",", " |")
    return "#define QUERN_DISABLED_TARGETS \\\n" + " \\\n".join(parts.split("\n"))
