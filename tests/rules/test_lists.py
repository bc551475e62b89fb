"""A fact has one home: nothing outside spec/ and generated/ lists ufuncs or dtypes, or switches on one.

What counts as a list, per file of the runtime, the generator, the tools, the benchmarks and CMake:

- four or more ufuncs, or five or more dtypes, named in string literals that hold nothing but such
  names ("add", "add, subtract"), docstrings left out; in templates and CMake, anywhere;
- five or more dtypes named as ``DTypeCode::`` values or as the argument of ``DType::of<>``;
- a ``case`` on a ``DTypeCode``, or a ``switch`` on a dtype's id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import yaml
from conftest import Tree
from sources import (
    CPP,
    Finding,
    Repository,
    cpp_code,
    cpp_strings,
    line_of,
    python_strings,
    without_exceptions,
)

FOLDERS = ("runtime", "generator", "tools", "bench", "cmake", "examples")
MOST_UFUNCS = 3
MOST_DTYPES = 4

_WORD = re.compile(r"[A-Za-z_]\w*")
_CODE = re.compile(r"\bDTypeCode::(\w+)|\bDType::of<\s*([\w:]+)\s*>")
_CASE = re.compile(r"\bcase\s+(?:\w+::)*DTypeCode::|\bswitch\s*\([^;{]*(?:\bDTypeCode\b|\bid\(\))")


class Names:
    """The ufuncs and dtypes of a spec, by every name that its files give them."""

    def __init__(self, repository: Repository) -> None:
        self.ufuncs: dict[str, str] = {}
        self.dtypes: dict[str, str] = {}
        self.codes: dict[str, str] = {}  # by what C++ calls them: names and storage types
        for path in repository.under("spec/ufuncs", suffixes=(".yaml",)):
            entry = yaml.safe_load(repository.text(path))
            for name in [entry["name"], *entry.get("aliases", [])]:
                self.ufuncs[name] = entry["name"]
        for path in repository.under("spec/dtypes", suffixes=(".yaml",)):
            entry = yaml.safe_load(repository.text(path))
            name = entry["name"]
            self.dtypes[name] = name
            for spelling in (name, f"{name}_", entry.get("names", {}).get("cpp", name)):
                self.codes[spelling] = name


def named(literals: Iterable[str], known: dict[str, str]) -> set[str]:
    """What is named by literals that hold nothing but names."""
    found: set[str] = set()
    for literal in literals:
        words = _WORD.findall(literal)
        if words and all(word in known for word in words):
            found.update(known[word] for word in words)
    return found


def literals_of(repository: Repository, path: str) -> list[str]:
    if path.endswith(CPP):
        return cpp_strings(repository.text(path))
    if path.endswith(".py"):
        return python_strings(repository.text(path))
    if path.endswith((".j2", ".cmake", "CMakeLists.txt", ".sh")):
        return _WORD.findall(re.sub(r"(?m)#.*$", "", repository.text(path)))
    return []


def lists(repository: Repository, names: Names) -> Iterator[Finding]:
    for path in repository.under(*FOLDERS):
        literals = literals_of(repository, path)
        ufuncs = named(literals, names.ufuncs)
        dtypes = named(literals, names.dtypes)
        if len(ufuncs) > MOST_UFUNCS:
            yield Finding(path, 0, f"names {len(ufuncs)} ufuncs: {', '.join(sorted(ufuncs))}")
        if len(dtypes) > MOST_DTYPES:
            yield Finding(path, 0, f"names {len(dtypes)} dtypes: {', '.join(sorted(dtypes))}")


def code_lists(repository: Repository, names: Names) -> Iterator[Finding]:
    for path in repository.under(*FOLDERS, suffixes=CPP):
        spelled = {m[1] or m[2] for m in _CODE.finditer(cpp_code(repository.text(path)))}
        codes = {names.codes[spelling] for spelling in spelled if spelling in names.codes}
        if len(codes) > MOST_DTYPES:
            yield Finding(path, 0, f"names {len(codes)} dtypes: {', '.join(sorted(codes))}")


def switches(repository: Repository) -> Iterator[Finding]:
    for path in repository.under(*FOLDERS, suffixes=CPP):
        code = cpp_code(repository.text(path))
        for match in _CASE.finditer(code):
            yield Finding(path, line_of(code, match.start()), "switches on a dtype")


def test_nothing_lists_ufuncs_or_dtypes(repository: Repository) -> None:
    names = Names(repository)
    assert len(names.ufuncs) > 30
    assert len(names.dtypes) > 10
    assert without_exceptions("lists", lists(repository, names)) == []


def test_nothing_lists_dtype_codes(repository: Repository) -> None:
    assert without_exceptions("code_lists", code_lists(repository, Names(repository))) == []


def test_nothing_switches_on_a_dtype(repository: Repository) -> None:
    assert without_exceptions("switches", switches(repository)) == []


SPEC = {
    f"spec/ufuncs/{name}.yaml": f"name: {name}\n" for name in ("add", "less", "exp", "maximum", "sqrt")
} | {f"spec/dtypes/i{bits}.yaml": f"name: int{bits}\n" for bits in (8, 16, 32, 64, 128)}


def test_rule_finds_lists_in_every_language(tree: Tree) -> None:
    repository = tree(
        SPEC
        | {
            "runtime/core/a.cpp": 'const char* const kNames[] = {"add", "less", "exp", "maximum"};\n',
            "generator/b.py": 'NAMES = "add less exp sqrt".split()\n',
            "generator/c.j2": "{% if name in [add, less, exp, sqrt] %}\n",
            "tools/d.py": 'TYPES = ["int8", "int16", "int32", "int64", "int128"]\n',
            "cmake/e.cmake": "set(ufuncs add less exp sqrt)\n",
        }
    )
    assert [str(finding) for finding in lists(repository, Names(repository))] == [
        "cmake/e.cmake: names 4 ufuncs: add, exp, less, sqrt",
        "generator/b.py: names 4 ufuncs: add, exp, less, sqrt",
        "generator/c.j2: names 4 ufuncs: add, exp, less, sqrt",
        "runtime/core/a.cpp: names 4 ufuncs: add, exp, less, maximum",
        "tools/d.py: names 5 dtypes: int128, int16, int32, int64, int8",
    ]


def test_rule_overlooks_prose_and_single_names(tree: Tree) -> None:
    repository = tree(
        SPEC
        | {
            "runtime/core/a.cpp": (
                '// "add" "less" "exp" "sqrt"\n'
                '#include "add"\n'
                'Find("add"); Find("less"); Find("exp");\n'
                'throw Error("cannot add what is less than exp or sqrt");\n'
            ),
            "generator/b.py": '"""add less exp sqrt"""\nX = "add"\n',
            "tests/c.py": 'NAMES = ["add", "less", "exp", "maximum"]\n',
        }
    )
    assert list(lists(repository, Names(repository))) == []


def test_rule_counts_aliases_with_their_ufunc(tree: Tree) -> None:
    repository = tree(
        SPEC
        | {
            "spec/ufuncs/add.yaml": "name: add\naliases: [plus, sum_of, joined]\n",
            "runtime/a.cpp": 'f("add", "plus", "sum_of", "joined");\n',
        }
    )
    assert list(lists(repository, Names(repository))) == []


def test_rule_finds_lists_of_codes(tree: Tree) -> None:
    four = "DTypeCode::int8, DTypeCode::int16, DTypeCode::int32, DTypeCode::int64"
    repository = tree(
        SPEC
        | {
            "spec/dtypes/i128.yaml": "name: int128\nnames: {cpp: Wide}\n",
            "runtime/a.cpp": f"f({four}, DType::of<Wide>());\n",
            "runtime/b.cpp": f"f({four}, DType::of<T>()); // DTypeCode::int128\n",
        }
    )
    assert [str(finding) for finding in code_lists(repository, Names(repository))] == [
        "runtime/a.cpp: names 5 dtypes: int128, int16, int32, int64, int8"
    ]


def test_rule_finds_a_switch_on_a_dtype(tree: Tree) -> None:
    repository = tree(
        {
            "runtime/a.cpp": "switch (x) {\n  case DTypeCode::int8: break;\n}\n",
            "runtime/b.cpp": "switch (array.dtype().id()) {\n}\n",
            "runtime/c.cpp": "switch (array.dtype().kind()) {\n}\n// case DTypeCode::int8:\n",
        }
    )
    assert [str(finding) for finding in switches(repository)] == [
        "runtime/a.cpp:2: switches on a dtype",
        "runtime/b.cpp:1: switches on a dtype",
    ]


def test_exceptions_must_be_needed(tree: Tree) -> None:
    repository = tree({"exceptions.yaml": "- {rule: lists, path: gone.cpp, reason: It was there once.}\n"})
    assert without_exceptions("lists", [], repository.root / "exceptions.yaml") == [
        "lists: the exception for gone.cpp is not needed"
    ]
