"""Complex dtypes: their files, their types in loops, their parts in bodies, their values in references."""

from __future__ import annotations

import itertools
import math
import shutil
from pathlib import Path

import pytest
from quern_generator.build import build
from quern_generator.model import DType, Loop, Spec
from quern_generator.reference import compile_reference, parse_value, value_text
from quern_generator.views.bodies import functor, is_by_parts
from quern_generator.views.kernels import kernel_row, kernel_view

COMPLEX64 = "dtypes/complex64.yaml"
MULTIPLY = '"Sub(Mul(a.real, b.real), Mul(a.imag, b.imag)), Add(Mul(a.real, b.imag), Mul(a.imag, b.real))"'

# Each: the file, what is replaced, by what, and the one fault that it leads to.
FAULTS = [
    (COMPLEX64, "real: float32\n", "", 'complex64.yaml:1:1: complex64: a dtype of kind complex needs the key "real"'),
    (
        COMPLEX64,
        "real: float32\n",
        "real: float32\nlimits: {min: -1, max: 1}\n",
        'complex64.yaml:1:1: complex64: a dtype of kind complex has no use for the key "limits"',
    ),
    (
        COMPLEX64,
        "real: float32",
        "real: float23",
        'complex64.yaml:5:7: complex64.real: unknown real type "float23"; nearest valid word: "float32"',
    ),
    (
        COMPLEX64,
        "real: float32",
        "real: float64",
        "complex64.yaml:5:7: complex64.real: two parts of float64 have 128 bits, not 64",
    ),
    (
        "dtypes/int8.yaml",
        "limits: {min: -128, max: 127}\n",
        "",
        'int8.yaml:1:1: int8: a dtype of kind signed needs the key "limits"',
    ),
    (
        "casting.yaml",
        "joins: {real_floats: complex64}",
        "joins: {real_floats: complex46}",
        'casting.weak.complex.joins.real_floats: unknown dtype "complex46"; nearest valid word: "complex64"',
    ),
    (
        "ufuncs/absolute.yaml",
        '"T -> real(T)", for: {T: complex}',
        '"T -> real(T)", for: {T: complex | float64}',
        "absolute.loops[3].types: float64 has no real type, so that real(T) is none",
    ),
    (
        "ufuncs/multiply.yaml",
        MULTIPLY,
        '"Mul(a, b), Mul(a.imag, b.imag)"',
        "multiply.loops[3].body: a has two parts, a.real and a.imag, in lanes of complex64, complex128",
    ),
    (
        "ufuncs/multiply.yaml",
        MULTIPLY,
        '"Mul(a.real, b.real)"',
        "multiply.loops[3].body: the body gives 1 result(s) where 2 belong",
    ),
    (
        "ufuncs/copysign.yaml",
        '"CopySign(a, b)"',
        '"CopySign(a.real, b)"',
        'copysign.loops[0].body: a has no part "real" in lanes of float32, float64',
    ),
    (
        "ufuncs/negative.yaml",
        '"Neg(a.real), Neg(a.imag)"',
        '"Neg(ComplexSqrt(a.real, a.imag)), Neg(a.imag)"',
        "negative.loops[2].body: ComplexSqrt has several results and stands alone, not in Neg",
    ),
    (
        "vocabulary.yaml",
        '  ComplexSqrt:\n    family: complex\n    signatures: ["vector, vector -> vector, vector"]',
        '  ComplexSqrt:\n    family: complex\n    signatures: ["vector, vector -> vector, mask"]',
        "vocabulary.bodies.ComplexSqrt.signatures[0]: several results are all of them vectors",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "fault"), FAULTS, ids=[row[3][-40:] for row in FAULTS])
def test_faults_in_full(root: Path, tmp_path: Path, file: str, old: str, new: str, fault: str) -> None:
    copied = tmp_path / "spec"
    shutil.copytree(root / "spec", copied)
    text = (copied / file).read_text()
    assert text.count(old) == 1, file
    (copied / file).write_text(text.replace(old, new))
    spec, log = build(copied)
    assert spec is None
    assert str(log.sorted[0]).endswith(fault), log.text()


def by_name(spec: Spec, name: str) -> DType:
    return next(dtype for dtype in spec.dtypes if dtype.name == name)


def loop_of(spec: Spec, name: str, dtype: str) -> Loop:
    ufunc = next(ufunc for ufunc in spec.ufuncs if ufunc.name == name)
    return next(loop for loop in ufunc.loops if loop.inputs[0].name == dtype)


def test_limits_and_format_are_those_of_the_parts(spec: Spec) -> None:
    for name, part in (("complex64", "float32"), ("complex128", "float64")):
        ours, theirs = by_name(spec, name), by_name(spec, part)
        assert (ours.significand, ours.maximum_exponent) == (theirs.significand, theirs.maximum_exponent)
        assert ours.minimum_exponent == theirs.minimum_exponent == 1 - ours.maximum_exponent
        assert (ours.minimum, ours.maximum, ours.alignment) == (theirs.minimum, theirs.maximum, theirs.alignment)
        assert ours.swap_unit == theirs.size


def test_bodies_whose_parts_do_not_meet_are_bodies_of_a_part(spec: Spec) -> None:
    for name in ("add", "subtract", "negative"):
        assert is_by_parts(loop_of(spec, name, "complex64"))
        assert not is_by_parts(loop_of(spec, name, "float32"))
    for name in ("multiply", "square", "divide", "absolute", "sqrt", "maximum", "less", "equal"):
        assert not is_by_parts(loop_of(spec, name, "complex128"))
    assert functor(loop_of(spec, "add", "complex64")).body == "    return hn::Add(a, b);"
    view = kernel_view(loop_of(spec, "add", "complex128"))
    assert "TransformParts<std::complex<double>(" in view.functions[0]
    assert "ReduceParts<std::complex<double>>(" in view.functions[1]


def test_parts_and_several_results_in_generated_bodies(spec: Spec) -> None:
    made = functor(loop_of(spec, "divide", "complex64"))
    assert made.head.split() == (
        "HWY_INLINE void operator()(D d, FlagSet& flags, V a_real, V a_imag, V b_real, V b_imag, const Store& store) const {"
    ).split()
    assert made.body == "    ComplexDivide(d, flags, a_real, a_imag, b_real, b_imag, store);"
    assert functor(loop_of(spec, "absolute", "complex64")).body == "    return ComplexAbsolute(d, flags, a_real, a_imag);"


def test_loops_without_reduction_kernels_fold_by_their_elementwise_kernel(spec: Spec) -> None:
    view = kernel_view(loop_of(spec, "maximum", "complex64"))
    fold = "\n".join(view.functions)
    assert "FoldElements(kMaximumComplex64Fold, in, n, result)" in fold
    assert "const FoldLoop kMaximumComplex64Fold = {maximum_complex64, &kMaximumComplex64Neutral," in fold
    assert "nullptr, nullptr" in kernel_row(loop_of(spec, "multiply", "complex64"))


PARTS = ("0.0", "-0.0", "1.5", "-2.0", "inf", "-inf", "nan")


def test_values_are_read_and_written(spec: Spec) -> None:
    dtype = by_name(spec, "complex128")
    for first, second in itertools.product(PARTS, PARTS):
        text = f"{first}{'' if second.startswith('-') else '+'}{second}j"
        value = parse_value(text, dtype)
        assert value is not None
        assert value_text(value, dtype) == text
    for short, full in (("2", "2.0+0.0j"), ("-3j", "0.0-3.0j"), ("1e-2-1e2j", "0.01-100.0j"), ("12j", "0.0+12.0j")):
        value = parse_value(short, dtype)
        assert value is not None
        assert value_text(value, dtype) == full
    for wrong in ("", "j", "1+2", "1+2jj", "1j2", "a", "1e400j"):
        assert parse_value(wrong, dtype) is None, wrong


def evaluated(spec: Spec, text: str, *inputs: str, output: str = "complex128") -> str:
    dtype = by_name(spec, "complex128")
    values = [parse_value(value, dtype) for value in inputs]
    assert None not in values
    result = by_name(spec, output)
    found = compile_reference(text, len(inputs))([v for v in values if v is not None], [dtype] * len(inputs), [result])
    return value_text(found[0], result)


def test_reference_arithmetic(spec: Spec) -> None:
    assert evaluated(spec, "a + b", "1+2j", "inf-2j") == "inf+0.0j"
    assert evaluated(spec, "a - b", "1+2j", "0.5+infj") == "0.5-infj"
    assert evaluated(spec, "-a", "0-1j") == "-0.0+1.0j"
    assert evaluated(spec, "abs(a)", "3-4j", output="float64") == "5.0"
    assert evaluated(spec, "abs(a)", "nan-infj", output="float64") == "inf"
    assert evaluated(spec, "pair(imag(a), real(a))", "3-4j") == "-4.0+3.0j"
    assert evaluated(spec, "pair(rounded(a_third), 0)".replace("a_third", "real(a) / 3"), "1") == f"{1 / 3}+0.0j"


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!="])
def test_reference_order_is_lexicographic(spec: Spec, operator: str) -> None:
    values = [complex(x, y) for x, y in itertools.product((0.0, 1.0, -math.inf, math.nan), repeat=2)]
    for left, right in itertools.product(values, values):
        keys = [(left.real, left.imag), (right.real, right.imag)]
        if any(math.isnan(part) for key in keys for part in key):
            continue
        expected = eval(f"x {operator} y", {"x": keys[0], "y": keys[1]})
        texts = [f"{z.real}{'' if z.imag < 0 else '+'}{z.imag}j" for z in (left, right)]
        assert evaluated(spec, f"a {operator} b", *texts, output="bool") == str(expected).lower()


def test_roots_of_annex_g(spec: Spec) -> None:
    rows = {
        "-4": "0.0+2.0j", "-4-0.0j": "0.0-2.0j", "3+4j": "2.0+1.0j", "-0.0-0.0j": "0.0-0.0j",
        "nan+infj": "inf+infj", "1-infj": "inf-infj", "-inf+2j": "0.0+infj", "inf-2j": "inf-0.0j",
        "-inf+nanj": "nan+infj", "inf+nanj": "inf+nanj", "nan": "nan+nanj",
    }  # fmt: skip
    for text, expected in rows.items():
        assert evaluated(spec, "sqrt(a)", text) == expected, text


def test_weak_complex_numbers_keep_the_precision(spec: Spec) -> None:
    row = spec.casting.weak[spec.casting.weak_kinds.index("complex")]
    found = {dtype.name: spec.dtypes[row[dtype.index] or 0].name for dtype in spec.dtypes}
    assert found["float32"] == found["complex64"] == "complex64"
    assert found["bool"] == found["int8"] == found["float64"] == found["complex128"] == "complex128"
