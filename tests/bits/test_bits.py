"""The same bits on every target: what quern_bits prints is what hashes.txt holds, whatever it was built for.

QUERN_BITS_BUILDS names the builds to compare, as ``preset:TARGET,TARGET``. A difference is shown with the first element
in which the results depart from those of the first build. After a change of results on purpose,
``build/release/bin/quern_bits >tests/bits/hashes.txt`` records them anew.
"""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HASHES = ROOT / "tests/bits/hashes.txt"
AARCH64_ROOT = ROOT / "build/aarch64-root"


@dataclass(frozen=True)
class Build:
    """One build of the program, and the targets that it has to have run."""

    preset: str
    targets: tuple[str, ...]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = ROOT / "build" / self.preset / "bin/quern_bits"
        command = [str(program), *arguments]
        if self.preset == "aarch64":
            libraries = AARCH64_ROOT / "usr/lib/aarch64-linux-gnu"
            path = f"{program.parents[1]}/lib:{libraries}:{libraries}/blis-openmp"
            command = ["qemu-aarch64", "-L", str(AARCH64_ROOT), "-E", f"LD_LIBRARY_PATH={path}", *command]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    @property
    def outcome(self) -> subprocess.CompletedProcess[str]:
        return outcomes()[self]


def builds() -> list[Build]:
    found = []
    for text in os.environ.get("QUERN_BITS_BUILDS", "release:").split():
        preset, _, targets = text.partition(":")
        found.append(Build(preset, tuple(name for name in targets.split(",") if name)))
    return found


BUILDS = builds()
every_build = pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.preset)


@cache
def outcomes() -> dict[Build, subprocess.CompletedProcess[str]]:
    """What each build prints; they run side by side."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return dict(zip(BUILDS, pool.map(Build.run, BUILDS), strict=True))


def named_hashes(text: str) -> dict[str, str]:
    return dict(line.rsplit(": ", 1) for line in text.splitlines() if " differs on " not in line)


def first_difference(build: Build, name: str) -> str:
    """The first line of the results that is not what the first build gives."""
    ours, theirs = BUILDS[0].run(name).stdout, build.run(name).stdout
    for expected, found in zip(ours.splitlines(), theirs.splitlines(), strict=False):
        if expected != found:
            return f"{name}: element {found}, on {BUILDS[0].preset} {expected}"
    return f"{name}: as on {BUILDS[0].preset}; the recorded hash is another"


@every_build
def test_targets_layouts_and_threads_agree(build: Build) -> None:
    assert build.outcome.returncode == 0, "\n".join(
        [line for line in build.outcome.stdout.splitlines() if " differs on " in line][:20] + [build.outcome.stderr]
    )


@every_build
def test_it_ran_on_its_targets(build: Build) -> None:
    assert set(build.targets) <= set(build.outcome.stderr.split())


@every_build
def test_results_are_the_recorded_bits(build: Build) -> None:
    recorded = named_hashes(HASHES.read_text())
    found = named_hashes(build.outcome.stdout)
    assert found.keys() == recorded.keys(), sorted(found.keys() ^ recorded.keys())[:20]
    other = [name for name in found if found[name] != recorded[name]]
    assert not other, "\n".join(first_difference(build, name) for name in other[:5])
