"""Packages out of tree: own ufuncs, own dtypes that inherit the base's ufuncs, and what they may not change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from quern_generator.build import build
from quern_generator.faults import FaultLog
from quern_generator.model import Spec
from quern_generator.views import all_files

HALF = """\
name: half
summary: Half precision, IEEE 754 binary16.
kind: float
bits: 16
names: {cpp: Half, c: uint16_t, numpy_kind: f, numpy_char: e, npy: f2, buffer: e}
dlpack: {code: 2, bits: 16}
format: {significand: 11, maximum_exponent: 15}
limits: {min: -65504, max: 65504}
safe_to: [float32]
safe_from: [int8, uint8]
"""
AVERAGE = """\
name: midpoint
summary: Half the sum of the inputs.
arguments: {in: [left, right], out: [middle]}
family: arithmetic
loops:
  - {types: "T, T -> T", for: {T: real_floats}, body: "Mul(Add(a, b), 0.5)", flags: [overflow, invalid]}
reference: (a + b) / 2
accuracy: {real_floats: 1}
see_also: [add]
"""


BASE = Path(__file__).resolve().parent / "spec"


@pytest.fixture(scope="module")
def base() -> Spec:
    """The small spec beside these tests."""
    found, log = build(BASE)
    assert found is not None, log.text()
    return found


def package(folder: Path, **files: str) -> tuple[Spec | None, FaultLog]:
    """Builds a package over the small spec from texts named ``group_stem``."""
    for key, text in files.items():
        group, _, stem = key.partition("_")
        path = folder / "mine" / group / f"{stem}.yaml" if stem else folder / "mine" / f"{group}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return build(folder / "mine", BASE, "mine")


def test_an_own_ufunc_alone(base: Spec, tmp_path: Path) -> None:
    found, log = package(tmp_path, ufuncs_midpoint=AVERAGE)
    assert found is not None, log.text()
    assert [(ufunc.name, ufunc.own) for ufunc in found.ufuncs] == [("midpoint", True)]
    assert str(found.ufuncs[0].origin) == "mine/ufuncs/midpoint.yaml:1"
    assert all(not dtype.own for dtype in found.dtypes)
    assert found.base_dtype_count == len(base.dtypes)
    assert found.base_fingerprint == found.fingerprint == base.fingerprint
    assert base.base_fingerprint == "" and base.base_dtype_count == 0


def test_an_own_dtype_inherits_the_ufuncs_of_its_classes(base: Spec, tmp_path: Path) -> None:
    found, log = package(tmp_path, dtypes_half=HALF + "only_if_present: true\n", ufuncs_midpoint=AVERAGE)
    assert found is not None, log.text()
    count = len(base.dtypes)
    assert [dtype.name for dtype in found.dtypes[:count]] == [dtype.name for dtype in base.dtypes]
    half = found.dtypes[count]
    assert (half.name, half.index, half.own) == ("half", count, True)
    assert found.fingerprint != base.fingerprint == found.base_fingerprint
    order = [found.dtypes[index].name for index in found.kind_order]
    assert order[-3:] == ["half", "float32", "float64"]
    with_half = {ufunc.name for ufunc in found.ufuncs if any(half in loop.types for loop in ufunc.loops)}
    assert with_half == {"add", "exp", "floor_divide", "midpoint"}
    assert "bitwise_and" not in {ufunc.name for ufunc in found.ufuncs}
    assert {ufunc.name: ufunc.own for ufunc in found.ufuncs}["add"] is False
    assert found.casting.promotion[half.index][half.index] == half.index


def test_a_dtype_that_a_core_does_not_take_has_no_such_loop(root: Path) -> None:
    found, log = build(root / "tests" / "extension" / "package" / "spec", root / "spec", "weather")
    assert found is not None, log.text()
    ufuncs = {ufunc.name: ufunc for ufunc in found.ufuncs}
    for name, has in (("add", True), ("matmul", False)):
        assert any(dtype.name == "kelvin" for loop in ufuncs[name].loops for dtype in loop.types) == has


def test_a_package_changes_no_cell_of_the_base(tmp_path: Path) -> None:
    found, log = package(tmp_path, dtypes_half=HALF)
    assert found is None
    assert [str(fault) for fault in log.sorted] == [
        "mine/dtypes/half.yaml:10:1: half: the package changes exp(bool)"
    ]


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("dtypes_int8", HALF.replace("name: half", "name: int8"), "mine/dtypes/int8.yaml:1:1: int8: the base has a dtype of this name already"),
        ("ufuncs_add", AVERAGE, "mine/ufuncs/add.yaml:1:1: add: the base has a ufunc of this name already"),
        ("targets", "AVX3: {architecture: x86, summary: x.}\n", "mine/targets.yaml:1:1: targets: a package has no targets.yaml of its own"),
        ("vocabulary", "flags: {odd: Odd.}\n", 'mine/vocabulary.yaml:1:1: vocabulary: unknown key "flags"'),
        ("vocabulary", "bodies:\n  Add: {family: arithmetic, signatures: [\"vector -> vector\"], classes: any, summary: A.}\n", "mine/vocabulary.yaml:2:3: vocabulary.bodies.Add: the name is taken by another operation"),
        ("ufuncs_sum", AVERAGE.replace("name: midpoint", "name: sum"), 'mine/ufuncs/sum.yaml:1:7: sum.name: "sum" is already a name of add'),
    ],
)  # fmt: skip
def test_faults_of_packages(tmp_path: Path, key: str, text: str, message: str) -> None:
    found, log = package(tmp_path, **{key: text})
    assert found is None
    assert [str(fault) for fault in log.sorted] == [message]


def test_own_bodies_and_families(tmp_path: Path) -> None:
    words = (
        "families: {averages: Averages.}\n"
        "bodies:\n"
        '  Middle: {family: averages, signatures: ["vector, vector -> vector"], classes: real_floats, summary: Middle.}\n'
    )
    ufunc = AVERAGE.replace("Mul(Add(a, b), 0.5)", "Middle(a, b)").replace("family: arithmetic", "family: averages")
    found, log = package(tmp_path, vocabulary=words, ufuncs_midpoint=ufunc)
    assert found is not None, log.text()
    assert found.families[-1] == "averages"
    assert all("averages" in target.families for target in found.targets)


def test_mul_add_is_the_body_that_rounds_once_on_every_target(tmp_path: Path, root: Path) -> None:
    """Highway's own operation of that name rounds twice where the target has no such instruction."""
    addition = root / "tests" / "extension" / "additions" / "sum_of_squares.yaml"
    (tmp_path / "mine" / "ufuncs").mkdir(parents=True)
    shutil.copy(addition, tmp_path / "mine" / "ufuncs")
    spec, log = build(tmp_path / "mine", root / "spec", "mine")
    assert spec is not None, log.text()
    kernels = {str(file.path): file.text for file in all_files(spec)}["src/mine/kernels/arithmetic.cpp"]
    assert "return MulAdd(d, flags, a, a, hn::Mul(b, b));" in kernels
    assert "hn::MulAdd" not in kernels
    assert '#include "simd/fused-inl.h"' in kernels
