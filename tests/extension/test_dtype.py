"""A dtype is at most three files: its YAML, a header of its storage type, and a body of its casts if its
values are not those of a lane type."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from workshop import ADDITIONS, Tree, changed, copy_spec, digests, generate


def test_one_yaml_file_and_one_header(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    before = digests(spec)
    generated = tmp_path / "generated"
    shutil.copy(ADDITIONS / "turn16.yaml", spec / "dtypes")
    assert changed(before, digests(spec)) == {"dtypes/turn16.yaml"}
    generate(spec, generated)
    assert '#include "dtypes/turn16.h"' in (generated / "src" / "casts" / "turn16.cpp").read_text()
    assert "turn16" in (generated / "include" / "quern" / "dtype_list.hpp").read_text()
    assert (generated / "docs" / "dtypes" / "turn16.md").is_file()


def test_it_inherits_the_ufuncs_of_its_classes(grown: Tree) -> None:
    loops = {
        path.stem
        for path in (grown.generated / "docs" / "ufuncs").glob("*.md")
        if "turn16" in path.read_text()
    }
    assert loops == {"add", "less", "logical_or", "maximum", "sum_of_squares"}


@pytest.mark.parametrize("target", ["SSE2", "SSE4", "AVX2"])
@pytest.mark.parametrize("ufunc", ["add", "less", "maximum"])
def test_it_passes_the_generated_tests(grown: Tree, target: str, ufunc: str) -> None:
    output = grown.conformance(target, f"{ufunc}: turn16*")
    if not output:
        pytest.skip(f"this CPU lacks {target}")
    assert "All tests passed" in output


def test_arrays_of_it_compute_and_convert(grown: Tree) -> None:
    """65537 wraps to 1; 65535 + 65535 to 65534; a weak 2 keeps the dtype; the least dtype above uint8
    too is int32; a sum in the dtype itself wraps."""
    assert grown.probe("dtype", "turn16") == (
        "turn16 2 [65535     1     1] [65534     2     2] turn16 int32 1\n"
    )
