"""References: exact arithmetic, IEEE specials, one rounding."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

import numpy as np
import pytest
from quern_generator.model import DType, Spec
from quern_generator.reference import (
    INFINITY,
    NAN,
    Real,
    ReferenceFault,
    Refused,
    compile_reference,
    finite,
    parse_value,
    round_to,
    same,
    value_text,
    wrap,
)


def dtype(spec: Spec, name: str) -> DType:
    return next(found for found in spec.dtypes if found.name == name)


def evaluate(spec: Spec, text: str, name: str, *inputs: str, output: str = "") -> str:
    """A reference's value as text."""
    of, to = dtype(spec, name), dtype(spec, output or name)
    values = [parse_value(item, of) for item in inputs]
    assert None not in values
    known = [value for value in values if value is not None]
    return value_text(compile_reference(text, len(known))(known, [of] * len(known), [to])[0], to)


@pytest.mark.parametrize(
    ("text", "name", "inputs", "expected"),
    [
        ("a + b", "int8", ("max", "1"), "-128"),
        ("a * b", "uint8", ("max", "max"), "1"),
        ("a + b", "bool", ("true", "true"), "true"),
        ("floor(a / b)", "int64", ("min", "7"), str(-(2**63) // 7)),
        ("a << b if 0 <= b and b < bits else 0", "int8", ("1", "7"), "-128"),
        ("a + b", "float64", ("-0.0", "0.0"), "0.0"),
        ("a + b", "float64", ("-0.0", "-0.0"), "-0.0"),
        ("a - b", "float64", ("1.0", "1.0"), "0.0"),
        ("a * b", "float64", ("-1.0", "0.0"), "-0.0"),
        ("a / b", "float64", ("1.0", "-0.0"), "-inf"),
        ("a / b", "float64", ("0.0", "0.0"), "nan"),
        ("a / b", "float64", ("-1.0", "inf"), "-0.0"),
        ("a - b", "float64", ("inf", "inf"), "nan"),
        ("a * b", "float64", ("inf", "0.0"), "nan"),
        ("sqrt(a)", "float64", ("-0.0",), "-0.0"),
        ("sqrt(a)", "float64", ("-1.0",), "nan"),
        ("sqrt(a)", "float64", ("2.0",), repr(math.sqrt(2))),
        ("sqrt(a)", "float64", ("5e-324",), repr(math.sqrt(5e-324))),
        ("exp(a)", "float64", ("1.0",), repr(math.e)),
        ("exp(a)", "float64", ("1000",), "inf"),
        ("exp(a)", "float64", ("max",), "inf"),
        ("exp(a)", "float64", ("-max",), "0.0"),
        ("exp(a)", "float64", ("-745.0",), "5e-324"),
        ("exp(a) - 1", "float64", ("5e-324",), "5e-324"),
        ("exp(a) - 1", "float64", ("-1e-300",), "-1e-300"),
        ("exp(a * log(2))", "float64", ("-1074",), "5e-324"),
        ("log(a)", "float64", ("10.0",), repr(math.log(10))),
        ("log(a)", "float64", ("5e-324",), repr(math.log(5e-324))),
        ("log(a)", "float64", ("max",), repr(math.log(1.7976931348623157e308))),
        ("log(a)", "float64", ("1.0",), "0.0"),
        ("log(a)", "float64", ("-0.0",), "-inf"),
        ("log(a)", "float64", ("-5e-324",), "nan"),
        ("log(a)", "float64", ("inf",), "inf"),
        ("log(a) / log(2)", "float64", ("5e-324",), "-1074.0"),
        ("log(1 + a)", "float64", ("-5e-324",), "-5e-324"),
        ("log(1 + a)", "float64", ("1e-200",), "1e-200"),
        ("sin(a)", "float64", ("1e22",), "-0.8522008497671888"),
        ("sin(a)", "float64", ("3.141592653589793",), "1.2246467991473532e-16"),
        ("sin(a)", "float64", ("-5e-324",), "-5e-324"),
        ("sin(a)", "float64", ("-0.0",), "-0.0"),
        ("sin(a)", "float64", ("max",), "0.004961954789184062"),
        ("sin(a)", "float64", ("inf",), "nan"),
        ("cos(a)", "float64", ("-1.5707963267948966",), "6.123233995736766e-17"),
        ("cos(a)", "float64", ("5.319372648326541e+255",), "-4.687165924254628e-19"),
        ("cos(a)", "float64", ("3.0",), "-0.9899924966004454"),
        ("cos(a)", "float64", ("0.0",), "1.0"),
        ("cos(a)", "float64", ("-inf",), "nan"),
        ("arctan2(a, 1)", "float64", ("1.0",), repr(math.pi / 4)),
        ("arctan2(a, 1)", "float64", ("1e300",), repr(math.pi / 2)),
        ("arctan2(a, 1)", "float64", ("-5e-324",), "-5e-324"),
        ("arctan2(a, 1)", "float64", ("0.3",), repr(math.atan(0.3))),
        ("arctan2(a, -1)", "float64", ("-0.0",), repr(-math.pi)),
        ("arctan2(a, a)", "float64", ("-inf",), repr(-3 * math.pi / 4)),
        ("arctan2(1, a)", "float64", ("inf",), "0.0"),
        ("arctan2(a, 1)", "float64", ("nan",), "nan"),
        ("arctan2(sqrt((1 - a) * (1 + a)), a)", "float64", ("-0.5",), "2.0943951023931957"),
        ("floor(a)", "float64", ("-0.5",), "-1.0"),
        ("floor(a)", "float64", ("-0.0",), "-0.0"),
        ("abs(a)", "float64", ("-0.0",), "0.0"),
        ("copysign(a, b)", "float64", ("nan", "-1.0"), "nan"),
        ("a if a < b else b", "float64", ("nan", "1.0"), "1.0"),
        ("a + 0.1", "float64", ("0.2",), "0.3"),  # 0.1 is exact here
        ("ceil(a)", "float64", ("-0.5",), "-0.0"),
        ("ceil(a)", "float64", ("0.5",), "1.0"),
        ("ceil(a)", "float64", ("-inf",), "-inf"),
        ("rint(a)", "float64", ("2.5",), "2.0"),
        ("rint(a)", "float64", ("-0.5",), "-0.0"),
        ("rint(a)", "float64", ("nan",), "nan"),
        ("pi", "float64", ("0.0",), repr(math.pi)),
        ("gcd(a, b)", "int8", ("min", "12"), "4"),
        ("lcm(a, b)", "int8", ("100", "99"), "-84"),
        ("popcount(abs(a))", "int8", ("min",), "1"),
        ("power(a, b)", "float64", ("10.0", "-1.0"), "0.1"),
        ("power(a, b)", "float64", ("10.0", "0.3"), repr(10.0**0.3)),
        ("power(a, b)", "float64", ("-3.0", "33.0"), repr(-(3.0**33))),
        ("power(a, b)", "float64", ("6.25", "1.5"), "15.625"),
        ("power(a, b)", "float32", ("2.0", "-149.0"), repr(2.0**-149)),
        ("power(a, b)", "float64", ("1.5", "-3000.0"), "0.0"),
        ("power(a, b)", "float64", ("1.5", "1e300"), "inf"),
        ("power(a, b)", "float64", ("-8.0", "0.5"), "nan"),
        ("power(a, b)", "float64", ("-inf", "-3.0"), "-0.0"),
        ("power(a, b)", "float64", ("-0.0", "-3.0"), "-inf"),
        ("power(a, b)", "float64", ("-0.5", "-inf"), "inf"),
        ("power(a, b)", "float64", ("-1.0", "inf"), "1.0"),
        ("power(a, b)", "float64", ("nan", "-0.0"), "1.0"),
        ("power(a, b)", "float64", ("1.0", "nan"), "1.0"),
        ("power(a, b)", "float64", ("-1.0", "nan"), "nan"),
        ("wrapped_power(a, b)", "uint64", ("max", "max"), str(2**64 - 1)),
        ("wrapped_power(a, b)", "int8", ("3", "max"), str(((3**127 + 128) % 256) - 128)),
    ],
)
def test_values(spec: Spec, text: str, name: str, inputs: tuple[str, ...], expected: str) -> None:
    assert evaluate(spec, text, name, *inputs) == expected


def test_comparisons_of_nan_are_false(spec: Spec) -> None:
    for operator in ("<", "<=", ">", ">=", "=="):
        assert evaluate(spec, f"a {operator} b", "float64", "nan", "nan", output="bool") == "false"
    assert evaluate(spec, "a != b", "float64", "nan", "nan", output="bool") == "true"


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_rounding_is_the_hardwares(spec: Spec, name: str) -> None:
    """Sums, products and quotients of random bit patterns, rounded once, are NumPy's bit for bit."""
    to = dtype(spec, name)
    generator = np.random.default_rng(3)
    bits = generator.integers(0, 2**to.bits, (2, 400), dtype=f"u{to.size}")
    left, right = bits.view(name)
    with np.errstate(all="ignore"):
        right[::3] = left[::3] * generator.uniform(0.5, 2, right[::3].shape).astype(name)
        results = {"a + b": left + right, "a * b": left * right, "a / b": left / right}
    for text, expected in results.items():
        reference = compile_reference(text, 2)
        for a, b, value in zip(left.tolist(), right.tolist(), expected.tolist()):
            assert same(reference((number(a), number(b)), (to, to), [to])[0], number(value)), (text, a, b)


def test_powers_are_the_math_librarys(spec: Spec) -> None:
    generator = np.random.default_rng(4)
    reference = compile_reference("power(a, b)", 2)
    to = dtype(spec, "float64")
    for a, b in generator.uniform((0, -20), (30, 20), (200, 2)).tolist():
        found = reference((number(a), number(b)), (to, to), [to])[0]
        assert isinstance(found, Real) and found.value is not None
        assert abs(float(found.value) - a**b) <= math.ulp(a**b), (a, b)


def number(value: float) -> Real:
    if math.isnan(value):
        return NAN
    negative = math.copysign(1, value) < 0
    return Real(None, negative) if math.isinf(value) else finite(Fraction(value), negative)


def test_rounding_to_even_and_at_the_edges(spec: Spec) -> None:
    to = dtype(spec, "float32")
    tiny = Fraction(2) ** -149
    assert round_to(finite(tiny / 2, False), to).is_zero
    assert round_to(finite(tiny * Fraction(3, 2), False), to).value == 2 * tiny
    largest = Fraction(float(np.finfo("f4").max))
    half_step = Fraction(2) ** 103
    assert round_to(finite(largest + half_step - 1, False), to).value == largest
    assert same(round_to(finite(largest + half_step, False), to), INFINITY)
    assert round_to(finite(-tiny / 4, True), to).negative


def test_wrapping(spec: Spec) -> None:
    for value in (-129, -128, 127, 128, 255, 256, 1000):
        assert wrap(value, dtype(spec, "int8")) == struct.unpack("b", struct.pack("B", value & 255))[0]
        assert wrap(value, dtype(spec, "uint8")) == value & 255


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("max", "int8", "127"),
        ("128", "int8", None),
        ("1.0", "int8", None),
        ("1e400", "float64", None),
        ("-max", "float32", "-3.4028234663852886e+38"),
        ("min", "float32", "-3.4028234663852886e+38"),
        ("-0.0", "float64", "-0.0"),
        ("-inf", "float64", "-inf"),
        ("abc", "float64", None),
        ("1/0", "float64", None),
        ("0.1", "float32", "0.10000000149011612"),
        ("true", "bool", "true"),
        ("2", "bool", None),
    ],
)
def test_values_as_specs_write_them(spec: Spec, text: str, name: str, expected: str | None) -> None:
    found = parse_value(text, dtype(spec, name))
    assert (None if found is None else value_text(found, dtype(spec, name))) == expected


@pytest.mark.parametrize("text", ["a.real", "[a]", "a if b", "lambda: a", "__import__('os')", "a // b", "a ** b", "'x'"])
def test_the_language_is_closed(text: str) -> None:
    with pytest.raises(ReferenceFault):
        compile_reference(text, 2)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_neighbours_are_numpys(spec: Spec, name: str) -> None:
    """From special values and random bit patterns, towards each other."""
    to = dtype(spec, name)
    generator = np.random.default_rng(5)
    limits = np.finfo(name)
    sizes = [0.0, limits.smallest_subnormal, limits.smallest_normal, 1.0, 2.0, limits.max, np.inf]
    special = np.array([*sizes, *(-np.array(sizes)), np.nan], name)
    bits = generator.integers(0, 2**to.bits, 300, dtype=f"u{to.size}").view(name)
    left, right = np.meshgrid(np.concatenate([special, bits]), np.concatenate([special, bits[:5]]))
    with np.errstate(all="ignore"):
        expected = np.nextafter(left, right)
    reference = compile_reference("nextafter(a, b)", 2)
    for a, b, value in zip(left.ravel().tolist(), right.ravel().tolist(), expected.ravel().tolist()):
        assert same(reference((number(a), number(b)), (to, to), [to])[0], number(value)), (a, b)


def test_refused_inputs_have_no_value(spec: Spec) -> None:
    text = "refused if b < 0 else wrapped_power(a, b)"
    assert evaluate(spec, text, "int64", "2", "3") == "8"
    with pytest.raises(Refused):
        evaluate(spec, text, "int64", "2", "-3")


def test_shifts_are_bounded(spec: Spec) -> None:
    with pytest.raises(ArithmeticError):
        evaluate(spec, "a << b", "int64", "1", "100000000")
