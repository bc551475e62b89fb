"""Trees of the library that tests extend: copies of the spec, what the generator makes of them, builds.

Everything lies in ``build/extension``, always at the same places, so that a compiler cache and Ninja
serve a second run. Sources that a test does not change are links into the repository.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WORK = ROOT / "build" / "extension"
ADDITIONS = HERE / "additions"

# A library of one ufunc per kind of loop: enough for every table, small enough to be built in a test.
KEPT = ("add", "divide", "less", "logical_or", "maximum", "sqrt")
TARGETS = ("SSE2", "AVX2")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


class Failed(Exception):
    """A command that was expected to succeed; its output."""


def environment() -> dict[str, str]:
    """This process's environment with the generator to import and the repository's compiler cache."""
    paths = os.pathsep.join(filter(None, [str(ROOT / "generator"), os.environ.get("PYTHONPATH")]))
    cache = os.environ.get("CCACHE_DIR", str(ROOT / "build" / "ccache"))
    return dict(os.environ, PYTHONPATH=paths, CCACHE_DIR=cache)


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> str:
    """Runs a command; returns its standard output."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment() | variables,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        shown = f"{' '.join(map(str, command))}: exit status {done.returncode}"
        raise Failed(f"{shown}\n{telling(done.stdout + done.stderr)}")
    return done.stdout


def telling(output: str) -> str:
    """The beginning of an output, its errors and its end."""
    lines = [line[:300] for line in output.splitlines()]
    wanted = re.compile(r"\berror\b|CMake Error|multiple definition|undefined")
    errors = [line for line in lines if wanted.search(line)]
    return "\n".join(dict.fromkeys([*lines[:10], *errors[:10], *lines[-10:]]))


def generate(spec: Path, output: Path, *options: str) -> None:
    command = (sys.executable, "-m", "quern_generator", "--spec", spec, "--output", output)
    run(*command, *options, cwd=spec.parent)


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder by its path, with a digest of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Paths that came, went or changed."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def copy_spec(folder: Path) -> Path:
    """A fresh copy of the repository's spec, as ``folder/spec``."""
    shutil.rmtree(folder / "spec", ignore_errors=True)
    shutil.copytree(ROOT / "spec", folder / "spec")
    return folder / "spec"


def copy_small_spec(folder: Path) -> Path:
    """The same with the ufuncs and targets of the small library alone."""
    spec = copy_spec(folder)
    for path in (spec / "ufuncs").glob("*.yaml"):
        if path.stem in KEPT:
            path.write_text(re.sub(r"(?m)^see_also:.*\n", "", path.read_text()))
        else:
            path.unlink()
    targets = spec / "targets.yaml"
    kept = [
        line
        for line in targets.read_text().splitlines(keepends=True)
        if not re.match(r"\w+:", line) or line.split(":")[0] in TARGETS
    ]
    targets.write_text("".join(kept))
    return spec


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name} has {text.count(old)} times {old!r}"
    path.write_text(text.replace(old, new))


def append_slot(spec: Path, entry: Path) -> None:
    """Adds a slot, whose index is the next, to the end of capi.yaml."""
    path = spec / "capi.yaml"
    text = path.read_text().rstrip("\n")
    index = len(re.findall(r"(?m)^  - index:", text))
    path.write_text(f"{text}\n{entry.read_text().replace('INDEX', str(index))}")


# ---- Which translation units an edit rebuilds ------------------------------------------------------


def library_units(generated: Path) -> list[Path]:
    """Sources of the library: those that runtime/CMakeLists.txt lists, and the generated ones."""
    hand_written = listed(ROOT / "runtime" / "CMakeLists.txt", "QUERN_SOURCES")
    made = listed(generated / "sources.cmake", "QUERN_GENERATED_SOURCES")
    return [ROOT / "runtime" / name for name in hand_written] + [generated / name for name in made]


def listed(path: Path, variable: str) -> list[str]:
    """The items of a list that a CMake file sets."""
    found = re.search(rf"set\({variable}\s+([^)]*)\)", path.read_text())
    assert found, f"{path} does not set {variable}"
    return found[1].split()


def opened_by(unit: Path, generated: Path) -> set[Path]:
    """The unit and every file of the project that it includes, directly or not."""
    folders = (ROOT / "runtime" / "include", generated / "include", ROOT / "runtime", generated / "src")
    found: set[Path] = set()
    waiting = [unit]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in _INCLUDE.findall(path.read_text()):
            places = [folder / name for folder in (path.parent, *folders)]
            waiting.extend([place for place in places if place.is_file()][:1])
    return found


def rebuilt_units(generated: Path, paths: set[str]) -> list[str]:
    """The library's translation units that must be compiled again once these generated files changed."""
    files = {generated / path for path in paths}
    return sorted(
        str(unit.relative_to(generated.parent if unit.is_relative_to(generated) else ROOT))
        for unit in library_units(generated)
        if opened_by(unit, generated) & files
    )


# ---- Building --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tree:
    """A library of its own: a spec, what is generated from it, and a build."""

    folder: Path

    @property
    def spec(self) -> Path:
        return self.folder / "spec"

    @property
    def generated(self) -> Path:
        return self.folder / "generated"

    @property
    def runtime(self) -> Path:
        return self.folder / "runtime"

    @property
    def build_folder(self) -> Path:
        return self.folder.parent / f"{self.folder.name}-build"

    def generate(self) -> set[str]:
        """Runs the generator; returns the generated files that changed."""
        before = digests(self.generated)
        generate(self.spec, self.generated)
        return changed(before, digests(self.generated))

    def configure(self, *sources: Path) -> None:
        """Prepares the build, with further sources of the library."""
        run(
            "cmake",
            *("-S", HERE / "project", "-B", self.build_folder, "-G", "Ninja"),
            f"-DTREE={self.folder}",
            f"-DSOURCES={';'.join(map(str, sources))}",
            "-DCMAKE_BUILD_TYPE=Release",
            "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
            *("-DQUERN_CCACHE=ON", "-DQUERN_BUILD_CLI=OFF", "-DQUERN_WARNINGS_AS_ERRORS=ON"),
        )

    def build(self, *targets: str) -> None:
        jobs = os.environ.get("QUERN_JOBS", str(os.cpu_count() or 1))
        run("cmake", "--build", self.build_folder, "-j", jobs, "--target", *targets)

    def pending_units(self) -> list[str]:
        """The library's sources, from the tree's root, that the next build would compile."""
        listed = run("ninja", "-C", self.build_folder, "-n", "-v", "quern_objects")
        sources = re.findall(r" -c (\S+)", listed)
        return [os.path.relpath(source, self.folder) for source in sources]

    def conformance(self, target: str, *selection: str) -> str:
        """Runs the generated conformance tests on a target; "" where this CPU lacks it."""
        command = [str(self.build_folder / "conformance"), *selection]
        done = subprocess.run(
            command, env=environment() | {"QUERN_TARGET": target}, capture_output=True, text=True
        )
        if done.returncode == 4:  # all skipped
            return ""
        if done.returncode != 0:
            shown = f"QUERN_TARGET={target} {' '.join(command)}: exit status {done.returncode}"
            raise Failed(f"{shown}\n{telling(done.stdout + done.stderr)}")
        return done.stdout

    def probe(self, *questions: str) -> str:
        return run(self.build_folder / "probe", *questions)


def plant_tree(name: str) -> Tree:
    """A tree with the small spec, whose other files are the repository's."""
    tree = Tree(WORK / name)
    tree.folder.mkdir(parents=True, exist_ok=True)
    copy_small_spec(tree.folder)
    for path in ("CMakeLists.txt", "cmake", "tests"):
        _link(tree.folder / path, ROOT / path)
    if tree.runtime.exists():
        shutil.rmtree(tree.runtime)
    tree.runtime.mkdir()
    for child in (ROOT / "runtime").iterdir():
        if not child.name.startswith((".", "__")):
            _link(tree.runtime / child.name, child)
    return tree


def _link(place: Path, target: Path) -> None:
    if place.is_symlink():
        place.unlink()
    place.symlink_to(target)
