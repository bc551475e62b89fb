"""Trees that several tests share. Building takes minutes on a cold compiler cache, so each is built once."""

from __future__ import annotations

import shutil

import pytest
from workshop import ADDITIONS, Tree, append_slot, edit, plant_tree

NEW_TARGET = 'SSE4: {architecture: x86, summary: "SSE4.2: 128-bit vectors with more operations."}\n'


@pytest.fixture(scope="session")
def small() -> Tree:
    """The small library, built. Tests that edit its spec put it back."""
    tree = plant_tree("small")
    tree.generate()
    tree.configure()
    tree.build("quern_objects")
    return tree


@pytest.fixture(scope="session")
def grown() -> Tree:
    """A small library with a ufunc, a dtype, a target and a C function of its own, built."""
    tree = plant_tree("grown")
    shutil.copy(ADDITIONS / "sum_of_squares.yaml", tree.spec / "ufuncs")
    shutil.copy(ADDITIONS / "turn16.yaml", tree.spec / "dtypes")
    (tree.runtime / "dtypes").mkdir()
    shutil.copy(ADDITIONS / "turn16.h", tree.runtime / "dtypes")
    targets = tree.spec / "targets.yaml"
    edit(targets, "AVX2:", NEW_TARGET + "AVX2:")
    append_slot(tree.spec, ADDITIONS / "slot.yaml")
    tree.generate()
    tree.configure(ADDITIONS / "slot.cpp")
    tree.build("conformance", "probe")
    return tree
