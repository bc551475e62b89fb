"""Includes point one way: each room of the runtime may see the rooms before it and no others."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Tree
from sources import CPP, Finding, Repository, cpp_without_comments, line_of, without_exceptions

# Rooms of the runtime from the bottom up; those on one line do not see each other.
LEVELS = (
    ("memory", "threads"),
    ("core",),
    ("errors",),
    ("linalg",),
    ("simd",),
    ("dtypes",),
    ("move",),
    ("iterate",),
    ("call",),
    ("api", "io"),
    ("capi", "cli", "python"),
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# Generated code by folder, and the highest room that it may see.
GENERATED = {
    "generated/src/kernels": "dtypes",
    "generated/src/casts": "dtypes",
    "generated/src/tables": "core",
    "generated/src/api": "call",
    "generated/src/capi": "capi",
}

# Headers that no consumer is to be given.
HIDDEN = re.compile(r"hwy/|omp\.h$|\w*intrin\.h$|arm_(neon|sve)\.h$|nanobind/|Python\.h$")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def includes(text: str) -> Iterator[tuple[int, str]]:
    code = cpp_without_comments(text)
    return ((line_of(code, m.start()), m[2]) for m in _INCLUDE.finditer(code))


def room_of(target: str) -> str | None:
    """The room that an included path names: "core/array.h" is in core."""
    room = target.split("/", 1)[0]
    return room if "/" in target and room in LEVEL_OF else None


def unknown_rooms(repository: Repository) -> Iterator[Finding]:
    for path in repository.under("runtime", suffixes=CPP):
        room = path.split("/")[1]
        if room != "include" and room not in LEVEL_OF:
            yield Finding(path, 0, f"room '{room}' has no place in the order of rooms")


def backward_includes(repository: Repository) -> Iterator[Finding]:
    for path in repository.under("runtime", suffixes=CPP):
        room = path.split("/")[1]
        for line, target in includes(repository.text(path)):
            seen = room_of(target)
            if seen is None or seen == room or room not in LEVEL_OF:
                continue
            if LEVEL_OF[seen] >= LEVEL_OF[room]:
                yield Finding(path, line, f"{room} includes {target}, which does not lie below it")


def generated_includes(repository: Repository) -> Iterator[Finding]:
    for folder, highest in GENERATED.items():
        for path in repository.under(folder, suffixes=CPP):
            for line, target in includes(repository.text(path)):
                seen = room_of(target)
                if seen is not None and LEVEL_OF[seen] > LEVEL_OF[highest]:
                    yield Finding(path, line, f"includes {target}; {highest} is the highest it may see")


def private_includes(repository: Repository) -> Iterator[Finding]:
    """Public headers may include public headers, and of others only those of the language."""
    for path in repository.under("runtime/include", "generated/include", suffixes=CPP):
        for line, target in includes(repository.text(path)):
            if HIDDEN.search(target):
                yield Finding(path, line, f"a public header includes {target}")
            elif "/" in target and not target.startswith("quern/"):
                yield Finding(path, line, f"a public header includes {target}, which is private")


def test_every_room_has_a_place(repository: Repository) -> None:
    assert without_exceptions("rooms", unknown_rooms(repository)) == []


def test_includes_point_one_way(repository: Repository) -> None:
    assert without_exceptions("include_direction", backward_includes(repository)) == []


def test_generated_code_sees_only_what_it_stands_on(repository: Repository) -> None:
    assert without_exceptions("generated_includes", generated_includes(repository)) == []


def test_public_headers_are_closed(repository: Repository) -> None:
    assert without_exceptions("public_includes", private_includes(repository)) == []


@pytest.mark.skipif(shutil.which("c++") is None, reason="no compiler to list what it opens")
@pytest.mark.parametrize("header", ["quern.hpp", "quern.h"])
def test_no_simd_or_openmp_header_reaches_a_consumer(repository: Repository, header: str) -> None:
    """The compiler's own list of opened files, transitive ones included."""
    folders = [repository.root / part / "include" for part in ("runtime", "generated")]
    found = [str(folder) for folder in folders if (folder / "quern" / header).exists()]
    if not found:
        pytest.skip(f"{header} is not there")
    language = ["-x", "c++", "-std=c++20"] if header.endswith("pp") else ["-x", "c", "-std=c11"]
    paths = [f"-I{folder}" for folder in folders]
    command = ["c++", *language, *paths, "-M", "-include", f"quern/{header}", "/dev/null"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    opened = [word for word in listed.replace("\\\n", " ").split()[1:] if word.endswith((".h", ".hpp"))]
    assert any(Path(word).name == header for word in opened)
    assert [word for word in opened if HIDDEN.search(word)] == []


def test_rule_finds_a_backward_include(tree: Tree) -> None:
    repository = tree(
        {
            "runtime/core/a.cpp": '// #include "call/resolve.h"\n#include "call/resolve.h"\n',
            "runtime/move/b.cpp": '#include "core/a.h"\n#include "quern/array.hpp"\n#include "move/c.h"\n',
            "runtime/api/d.cpp": '#include "io/file.h"\n',
        }
    )
    assert [str(finding) for finding in backward_includes(repository)] == [
        "runtime/api/d.cpp:1: api includes io/file.h, which does not lie below it",
        "runtime/core/a.cpp:2: core includes call/resolve.h, which does not lie below it",
    ]


def test_rule_finds_a_room_without_a_place(tree: Tree) -> None:
    repository = tree({"runtime/attic/a.cpp": "", "runtime/core/b.cpp": ""})
    assert [finding.path for finding in unknown_rooms(repository)] == ["runtime/attic/a.cpp"]


def test_rule_finds_generated_code_that_reaches_up(tree: Tree) -> None:
    repository = tree(
        {
            "generated/src/kernels/a.cpp": '#include "call/call.h"\n#include "simd/lane.h"\n',
            "generated/src/tables/b.cpp": '#include "core/tables.h"\n',
        }
    )
    assert [str(finding) for finding in generated_includes(repository)] == [
        "generated/src/kernels/a.cpp:1: includes call/call.h; dtypes is the highest it may see"
    ]


def test_rule_finds_a_leaking_public_header(tree: Tree) -> None:
    repository = tree(
        {
            "runtime/include/quern/a.hpp": '#include <omp.h>\n#include "core/registry.h"\n',
            "generated/include/quern/b.hpp": "#include <vector>\n#include <hwy/highway.h>\n",
            "runtime/include/quern/c.hpp": '#include "quern/a.hpp"\n#include <sys/types.h>\n',
        }
    )
    assert [str(finding) for finding in private_includes(repository)] == [
        "generated/include/quern/b.hpp:2: a public header includes hwy/highway.h",
        "runtime/include/quern/a.hpp:1: a public header includes omp.h",
        "runtime/include/quern/a.hpp:2: a public header includes core/registry.h, which is private",
        "runtime/include/quern/c.hpp:2: a public header includes sys/types.h, which is private",
    ]
