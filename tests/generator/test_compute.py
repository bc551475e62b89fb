"""Dtypes that compute in another: which loop computes each of theirs, what is emitted for it, and its faults."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from quern_generator.build import build
from quern_generator.model import DType, Loop, Spec
from quern_generator.reference import finite, parse_value, round_to, same
from quern_generator.views import all_files

HERE = Path(__file__).resolve().parent

HALF = """\
name: half
summary: A made-up float.
kind: float
bits: 16
names: {cpp: "quern::half", c: uint16_t, numpy_kind: f, numpy_char: e, npy: f2, buffer: e}
dlpack: {code: 2, bits: 16}
format: {significand: 11, maximum_exponent: 15}
compute: float32
limits: {min: -65504, max: 65504}
safe_to: [float32]
safe_from: [int8, uint8]
"""
EIGHTH = """\
name: eighth
summary: A made-up float without infinities.
kind: float
bits: 8
names: {cpp: "quern::eighth", c: uint8_t, numpy_kind: V, numpy_char: "4", npy: eighth, buffer: eighth}
dlpack: {code: 10, bits: 8}
format: {significand: 4, maximum_exponent: 8, infinities: false}
compute: float32
limits: {min: -448, max: 448}
safe_to: [float32]
only_if_present: true
"""
UFUNC = """\
name: made_up
summary: A made-up ufunc.
arguments: {in: [left, right], out: [result]}
family: arithmetic
loops:
  - {types: "T, T -> T", for: {T: CLASS}, body: "BODY"}
reference: a
accuracy: {any: exact}
"""
STORED = """\
  First:
    family: arithmetic
    signatures: ["vector, vector -> vector"]
    classes: real_floats
    stored: true
    summary: The first, bit for bit.
"""
PRODUCT = """\
name: product
summary: A made-up product of matrices.
signature: "(n,k),(k,m)->(n,m)"
arguments: {in: [left, right], out: [result]}
family: arithmetic
loops:
  - {types: "T, T -> T", for: {T: real_floats}, core: MatrixProduct, flags: [overflow, invalid]}
reference: sum(a * b)
accuracy: {any: 1}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small spec with a half-precision dtype."""
    copied = tmp_path / "spec"
    shutil.copytree(HERE / "spec", copied)
    (copied / "dtypes" / "half.yaml").write_text(HALF)
    return copied


def sound(folder: Path) -> Spec:
    """The spec of a folder that has no faults."""
    spec, log = build(folder)
    assert spec is not None, log.text()
    return spec


def faults(folder: Path) -> list[str]:
    """The messages about a faulty folder."""
    spec, log = build(folder)
    assert spec is None
    return [str(fault) for fault in log.sorted]


def made_up(folder: Path, class_: str, body: str) -> None:
    """Adds a ufunc of one row."""
    text = UFUNC.replace("CLASS", class_).replace("BODY", body)
    (folder / "ufuncs" / "made_up.yaml").write_text(text)


def loop(spec: Spec, ufunc: str, dtype: str) -> Loop:
    """The loop of a ufunc whose first input is of a dtype."""
    found = next(u for u in spec.ufuncs if u.name == ufunc)
    return next(item for item in found.loops if item.inputs[0].name == dtype)


def generated(spec: Spec, path: str) -> str:
    """The text of a generated file."""
    return next(file.text for file in all_files(spec) if str(file.path) == path)


def dtype(spec: Spec, name: str) -> DType:
    """A dtype by its name."""
    return next(item for item in spec.dtypes if item.name == name)


def test_a_loop_is_computed_by_that_of_the_computing_dtype(folder: Path) -> None:
    spec = sound(folder)
    assert loop(spec, "add", "half").computed_by == "add_float32"
    assert loop(spec, "add", "half").hardware_flags == loop(spec, "add", "float32").hardware_flags
    assert loop(spec, "add", "half").neutral is None
    assert loop(spec, "add", "float32").computed_by is None


def test_a_computed_loop_has_no_body_of_its_own(folder: Path) -> None:
    text = generated(sound(folder), "src/kernels/arithmetic.cpp")
    assert "struct AddFloat32Op" in text
    assert "struct AddHalfOp" not in text
    assert "Converted<half(half, half)>(add_float32," in text
    assert "ScanConverted<half>(AddFloat32Op(), kOverflow | kInvalid," in text
    assert "{add_half, nullptr, nullptr, add_half_scan}," in text
    assert text.index("FpFlags add_float32(") < text.index("FpFlags add_half(")


def test_tables_tell_how_far_the_computing_loop_is(folder: Path) -> None:
    spec = sound(folder)
    loops = next(u for u in spec.ufuncs if u.name == "add").loops
    names = [item.kernel for item in loops]
    distance = names.index("add_float32") - names.index("add_half")
    text = generated(spec, "src/tables/arithmetic.cpp")
    row = text[text.index("// half, half -> half") :]
    assert f"kOverflow | kInvalid, {distance}," in row[: row.index("},")]


def test_the_storage_type_is_an_alias_of_the_public_class(folder: Path) -> None:
    (folder / "dtypes" / "eighth.yaml").write_text(EIGHTH)
    text = generated(sound(folder), "include/quern/dtype_list.hpp")
    assert '#include "quern/small_float.hpp"' in text
    assert "using half = SmallFloat<16, 11>;" in text
    assert "using eighth = SmallFloat<8, 4, false>;" in text


def test_nothing_computes_a_loop(folder: Path) -> None:
    made_up(folder, "half | float64", "a")
    assert sound(folder)  # a body without words moves bits, for which no other loop is needed
    made_up(folder, "half | float64", "Add(a, b)")
    assert faults(folder) == [
        "spec/ufuncs/made_up.yaml:6:13: made_up.loops[0].types: no float32 loop to compute by for (half, half)"
    ]


def test_a_row_for_such_dtypes_alone_has_the_body_that_computes_them(folder: Path) -> None:
    made_up(folder, "half", "Sub(a, b)")
    spec = sound(folder)
    assert loop(spec, "made_up", "half").computed_by == "made_up_float32_for_row_0"
    text = "".join(file.text for file in all_files(spec) if str(file.path).startswith("src/kernels/arithmetic"))
    assert "FpFlags made_up_float32_for_row_0(" in text
    assert "Transform<float(float, float)>(MadeUpFloat32ForRow0Op()," in text
    assert "Converted<half(half, half)>(made_up_float32_for_row_0, 0," in text
    assert "{made_up_half, nullptr, nullptr, made_up_half_scan}," in text


def test_cores_run_those_of_the_computing_dtype(folder: Path) -> None:
    (folder / "ufuncs" / "product.yaml").write_text(PRODUCT)
    spec = sound(folder)
    assert loop(spec, "product", "half").computed_by == "product_float32"
    assert loop(spec, "product", "half").same_code_as == "product_float32"
    files = {str(file.path): file.text for file in all_files(spec)}
    kernels = "".join(text for path, text in files.items() if path.startswith("src/kernels/arithmetic"))
    assert "MatrixProduct<float>(in, out, geometry)" in kernels
    assert "MatrixProduct<half>" not in kernels
    tables = "".join(text for path, text in files.items() if path.startswith("src/tables/arithmetic"))
    rows = tables.split("LoopInfo kProductLoops")[1].split("};")[0]
    distances = re.findall(r"kOverflow [|] kInvalid,\s+(-?\d+),", rows)
    assert distances == ["1", "0", "0"]
    (folder / "ufuncs" / "product.yaml").write_text(PRODUCT.replace("real_floats", "half"))
    assert faults(folder) == [
        "spec/ufuncs/product.yaml:7:13: product.loops[0].types: no float32 loop to compute by for (half, half)"
    ]


def test_bodies_on_stored_bits_are_told_the_type(folder: Path) -> None:
    vocabulary = folder / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text().rstrip("\n") + "\n" + STORED)
    made_up(folder, "real_floats", "First(a, b)")
    spec = sound(folder)
    assert loop(spec, "made_up", "half").computed_by is None
    text = "".join(file.text for file in all_files(spec) if str(file.path).startswith("src/kernels/arithmetic"))
    assert "return First<half>(d, flags, a, b);" in text
    assert "return First<float>(d, flags, a, b);" in text
    assert "Transform<half(half, half)>(MadeUpHalfOp()," in text


def test_a_package_has_no_dtypes_that_compute_in_another(folder: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "dtypes").mkdir(parents=True)
    (package / "dtypes" / "eighth.yaml").write_text(EIGHTH)
    spec, log = build(package, folder, "made_up")
    assert spec is None
    assert "eighth.compute: a dtype of a package computes in itself" in log.text()


def test_the_storage_type_is_querns(folder: Path) -> None:
    path = folder / "dtypes" / "half.yaml"
    path.write_text(HALF.replace("quern::half", "std::uint16_t"))
    assert faults(folder) == [
        'spec/dtypes/half.yaml:8:10: half.compute: half is stored as "quern::half", which quern declares'
    ]


def test_rounding_without_infinities(folder: Path) -> None:
    (folder / "dtypes" / "eighth.yaml").write_text(EIGHTH)
    eighth = dtype(sound(folder), "eighth")
    values: dict[float, float | None] = {448: 448, 464: 448, 465: None, 1e9: None, 2.0**-10: 0, 3 * 2.0**-11: 2.0**-9}
    for number, expected in values.items():
        found = round_to(finite(Fraction(number), False), eighth)
        assert found.is_nan if expected is None else found.value == Fraction(expected)
    assert parse_value("inf", eighth) is None
    largest = parse_value("max", eighth)
    assert largest is not None and same(largest, finite(Fraction(448), False))
