"""An instruction-set target that Highway knows is one line of spec/targets.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import NEW_TARGET
from workshop import Tree, changed, copy_spec, digests, edit, generate, listed


def test_one_line(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    targets = spec / "targets.yaml"
    generated = tmp_path / "generated"
    generate(spec, generated)
    before = digests(generated)
    lines = targets.read_text().count("\n")
    edit(targets, "AVX2:", NEW_TARGET + "AVX2:")
    assert targets.read_text().count("\n") == lines + 1
    generate(spec, generated)
    paths = changed(before, digests(generated))
    assert "src/generated_targets.h" in paths
    for path in (generated / "src" / "kernels").glob("*.cpp"):
        assert "N_SSE4::" in path.read_text(), path
    names = listed(generated / "sources.cmake", "QUERN_GENERATED_TARGETS")
    assert names[names.index("SSE2") + 1] == "SSE4"


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path)
    edit(spec / "targets.yaml", "AVX2:", "AVX2x: {architecture: x86, summary: No such thing.}\nAVX2:")
    with pytest.raises(Exception, match="AVX2x"):
        generate(spec, tmp_path / "generated")
    assert not (tmp_path / "generated").exists()


def test_its_kernels_run(grown: Tree) -> None:
    if not grown.conformance("SSE4", "[add]"):
        pytest.skip("this CPU lacks SSE4")
    assert grown.probe("target", "SSE4", "target", "SSE2") == "SSE4 SSE4\nSSE2 SSE2\n"


@pytest.mark.parametrize("target", ["SSE2", "SSE4", "AVX2"])
def test_everything_conforms_on_it(grown: Tree, target: str) -> None:
    output = grown.conformance(target)
    if not output:
        pytest.skip(f"this CPU lacks {target}")
    assert "All tests passed" in output
