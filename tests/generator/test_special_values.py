"""The special values of the specs against NumPy, live: values, signs of zeros, floating-point flags."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from quern_generator.model import REFUSED, DType, Loop, SpecialValue, Spec
from test_resolution import known_dtypes, known_ufuncs, numpy_ufunc

FLAGS = {"divide by zero": "divide_by_zero", "overflow": "overflow", "underflow": "underflow", "invalid value": "invalid"}


def rows(spec: Spec) -> Iterator[tuple[Loop, SpecialValue]]:
    """The special values that NumPy can judge, with their loops."""
    known = set(known_dtypes(spec))
    for ufunc in known_ufuncs(spec):
        for row in ufunc.special_values:
            if known.issuperset(ufunc.loops[row.loop].types):
                yield ufunc.loops[row.loop], row


def number(text: str, dtype: DType) -> np.generic:
    """A value of the model as NumPy's."""
    if dtype.kind == "boolean":
        return np.bool_(text == "true")
    if dtype.is_time:
        return np.array("NaT" if text == "nat" else int(text), f"{dtype.npy}[s]")[()]
    kind = np.dtype(dtype.name).type
    read = {"float": float, "complex": complex}.get(dtype.kind, int)
    return kind(read(text))


def parts(value: np.generic) -> tuple[np.generic, ...]:
    """A number, or the two that a complex one is."""
    return (value.real, value.imag) if np.iscomplexobj(value) else (value,)


def compute(loop: Loop, row: SpecialValue) -> tuple[list[np.generic], set[str]]:
    """What NumPy gives for a row, and the flags that it raises."""
    raised: set[str] = set()
    cores = loop.core.signature.inputs if loop.core else [(0,)] * len(loop.inputs)
    values = [number(text, dtype) for text, dtype in zip(row.inputs, loop.inputs)]
    inputs = [np.full((1,) * len(core), value) for core, value in zip(cores, values)]
    with np.errstate(all="call", call=lambda kind, _: raised.add(FLAGS[kind])):
        results = numpy_ufunc(loop.ufunc)(*inputs)
        return [np.ravel(result)[0] for result in (results if isinstance(results, tuple) else (results,))], raised


def test_special_values_are_numpys(spec: Spec) -> None:
    for loop, row in rows(spec):
        if REFUSED in row.outputs:
            with pytest.raises(ValueError):
                compute(loop, row)
            continue
        for found, text, dtype in zip(compute(loop, row)[0], row.outputs, loop.outputs):
            expected = number(text, dtype)
            assert found.dtype == expected.dtype
            for part, wanted in zip(parts(found), parts(expected)):
                assert np.array_equal(part, wanted, equal_nan=True), (str(row.origin), found)
                if dtype.significand and not np.isnan(wanted):
                    assert np.signbit(part) == np.signbit(wanted), (str(row.origin), found)


def test_flags_are_numpys(spec: Spec) -> None:
    for loop, row in rows(spec):
        if REFUSED not in row.outputs:
            _, raised = compute(loop, row)
            if [dtype.name for dtype in loop.inputs] == ["timedelta64", "int64"] and row.inputs[1] == "0":
                continue  # NumPy raises the flag beside one divisor for all spans, and not beside an array of them
            assert set(row.raises) == raised, str(row.origin)


@pytest.mark.parametrize("name", ["float32", "float64", "complex64", "complex128"])
def test_limits_are_numpys(spec: Spec, name: str) -> None:
    dtype = next(dtype for dtype in spec.dtypes if dtype.name == name)
    assert float(dtype.maximum) == float(np.finfo(name).max)
    assert float(dtype.minimum) == float(np.finfo(name).min)
