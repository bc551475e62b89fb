"""The tree that tests share. Building it takes minutes on a cold compiler cache, so it is built once."""

from __future__ import annotations

import shutil

import pytest
from workshop import ADDITIONS, Tree, append_slot, edit, plant_tree

NEW_TARGET = 'SSE4: {architecture: x86, summary: "SSE4.2: 128-bit vectors with more operations."}\n'


@pytest.fixture(scope="session")
def grown() -> Tree:
    """A small library with a ufunc, two dtypes, a target and a C function of its own, built.

    A test that edits its spec puts it back.
    """
    tree = plant_tree("grown")
    shutil.copy(ADDITIONS / "sum_of_squares.yaml", tree.spec / "ufuncs")
    shutil.copy(ADDITIONS / "turn16.yaml", tree.spec / "dtypes")
    shutil.copy(ADDITIONS / "float8_e4m3.yaml", tree.spec / "dtypes")
    (tree.runtime / "dtypes").mkdir()
    shutil.copy(ADDITIONS / "turn16.h", tree.runtime / "dtypes")
    targets = tree.spec / "targets.yaml"
    edit(targets, "AVX2:", NEW_TARGET + "AVX2:")
    append_slot(tree.spec, ADDITIONS / "slot.yaml")
    tree.generate()
    tree.configure(ADDITIONS / "slot.cpp")
    tree.build("conformance", "probe")
    return tree
