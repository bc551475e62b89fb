"""A float of 8 bits that computes in float32: one YAML file and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from workshop import ADDITIONS, Tree, changed, copy_spec, digests, generate


def test_one_yaml_file(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    before = digests(spec)
    generated = tmp_path / "generated"
    shutil.copy(ADDITIONS / "float8_e4m3.yaml", spec / "dtypes")
    assert changed(before, digests(spec)) == {"dtypes/float8_e4m3.yaml"}
    generate(spec, generated)
    assert "using float8_e4m3 = SmallFloat<8, 4>;" in (generated / "include" / "quern" / "dtype_list.hpp").read_text()
    kernels = "".join(path.read_text() for path in (generated / "src" / "kernels").glob("*.cpp"))
    assert "Converted<float8_e4m3(float8_e4m3)>(sqrt_float32," in kernels
    assert "StoredSpacing<float8_e4m3>(d, flags, a)" in kernels


@pytest.mark.parametrize("target", ["SSE2", "SSE4", "AVX2"])
@pytest.mark.parametrize("ufunc", ["add", "divide", "less", "maximum", "sqrt"])
def test_it_passes_the_generated_tests(grown: Tree, target: str, ufunc: str) -> None:
    output = grown.conformance(target, f"{ufunc}: float8_e4m3 *,{ufunc}: float8_e4m3,*")
    if not output:
        pytest.skip(f"this CPU lacks {target}")
    assert "All tests passed" in output


def test_arrays_of_it_compute_and_convert(grown: Tree) -> None:
    """What is too large becomes infinite; a weak 2 keeps the dtype; float32 holds it and uint8."""
    assert grown.probe("dtype", "float8_e4m3") == "float8_e4m3 1 [inf  1. inf] [inf  2. inf] float8_e4m3 float32 inf\n"
