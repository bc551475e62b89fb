"""A ufunc is one file: spec/ufuncs/<name>.yaml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from workshop import (
    ADDITIONS,
    ROOT,
    Tree,
    changed,
    copy_spec,
    digests,
    edit,
    generate,
    rebuilt_units,
)

# Edits of one ufunc's file: the ufunc, what is edited, the new text.
EDITS = [
    ("add", "summary: Sum of the inputs.", "summary: What the inputs make together."),
    ("add", 'body: "Or(a, b)"', 'body: "Or(b, a)"'),
    ("add", "out: -0.0}", "out: -0.0}\n  - {types: real_floats, in: [1.0, 2.0], out: 3.0}"),
    ("less", "summary: ", "summary: Asks. "),
    ("maximum", 'body: "Max(a, b)"', 'body: "Max(b, a)"'),
    ("sqrt", 'body: "Sqrt(a)"', 'body: "Mul(Sqrt(a), 1.0)"'),
    ("conjugate", 'body: "a"', 'body: "Add(a, 0)"'),  # shares kernels with positive, absolute and others
    ("floor", 'for: {T: whole}, body: "a"', 'for: {T: whole}, body: "Or(a, a)"'),
    ("fmax", 'for: {T: whole}, body: "Max(a, b)"', 'for: {T: whole}, body: "Max(b, a)"'),
    ("divide", "accuracy: {real_floats: 0.5,", "accuracy: {real_floats: 0.6,"),
    ("add", 'operator: "+"', 'operator: "+"\naliases: [joined]'),
    ("maximum", "arguments:", "aliases: [greatest]\narguments:"),
]
MOST_UNITS = 3


@pytest.mark.parametrize(("name", "old", "new"), EDITS)
def test_an_edit_rebuilds_few_units(tmp_path: Path, name: str, old: str, new: str) -> None:
    """In the whole library, counted from the generated files and what includes them."""
    spec = copy_spec(tmp_path)
    generated = tmp_path / "generated"
    generate(spec, generated)
    before = digests(generated)
    edit(spec / "ufuncs" / f"{name}.yaml", old, new)
    generate(spec, generated)
    paths = changed(before, digests(generated))
    assert paths
    assert "src/tables/package.cpp" not in paths, "it lists the ufuncs and says nothing else of them"
    units = rebuilt_units(generated, paths)
    assert len(units) <= MOST_UNITS, units


def test_the_count_sees_headers(tmp_path: Path) -> None:
    """Guards the count: a header that everything includes rebuilds nearly everything."""
    spec = copy_spec(tmp_path)
    generated = tmp_path / "generated"
    generate(spec, generated)
    assert len(rebuilt_units(generated, {"include/quern/dtype_list.hpp"})) > 20
    assert rebuilt_units(generated, {"src/kernels/floating.cpp"}) == ["generated/src/kernels/floating.cpp"]


def test_one_file_adds_a_ufunc_to_the_whole_library(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    before = digests(spec)
    generated = tmp_path / "generated"
    generate(spec, generated)
    made = digests(generated)
    shutil.copy(ADDITIONS / "sum_of_squares.yaml", spec / "ufuncs")
    assert changed(before, digests(spec)) == {"ufuncs/sum_of_squares.yaml"}
    generate(spec, generated)
    paths = changed(made, digests(generated))
    assert "docs/ufuncs/sum_of_squares.md" in paths
    for path in ("include/quern/ufuncs.hpp", "include/quern/ufuncs.h", "docs/index.md"):
        assert "sum_of_squares" in (generated / path).read_text(), path
    assert any("sum_of_squares" in (generated / p).read_text() for p in paths if p.startswith("conformance/"))
    assert any("sum_of_squares" in (generated / p).read_text() for p in paths if p.startswith("bench/"))
    others = {p for p in paths if p.startswith(("src/kernels/", "src/tables/")) and "arithmetic" not in p}
    assert others <= {"src/tables/package.cpp"}, "other families stay as they are"


def test_ninja_agrees_on_an_edit(grown: Tree) -> None:
    """The same count by the build system, in the small library."""
    assert grown.pending_units() == []
    path = grown.spec / "ufuncs" / "maximum.yaml"
    text = path.read_text()
    try:
        edit(path, 'body: "Maximum(a, b)"', 'body: "Maximum(b, a)"')
        grown.generate()
        units = grown.pending_units()
        assert units == ["generated/src/kernels/extrema.cpp"]
    finally:
        path.write_text(text)
        grown.generate()


@pytest.mark.parametrize("target", ["SSE2", "SSE4", "AVX2"])
def test_it_passes_its_own_tests(grown: Tree, target: str) -> None:
    output = grown.conformance(target, "[sum_of_squares]")
    if not output:
        pytest.skip(f"this CPU lacks {target}")
    assert "All tests passed" in output


def test_it_is_there_to_call(grown: Tree) -> None:
    assert grown.probe("ufunc", "sum_of_squares") == "sum_of_squares [25.  1.]\n"


def test_nothing_hand_written_knows_it() -> None:
    """The made-up name occurs in these tests alone."""
    for folder in ("runtime", "generator", "spec", "generated", "cmake", "tools"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in (".cpp", ".h", ".hpp", ".py", ".yaml", ".j2", ".cmake"):
                assert "sum_of_squares" not in path.read_text(encoding="utf-8"), path
