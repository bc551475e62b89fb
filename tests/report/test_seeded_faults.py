"""A report that cannot fail is worthless: every kind of fault, planted in a good library, is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import FakeQuern, Faulty, MakeContext, part_of

from report import steps
from report.context import Context
from report.document import document
from report.layouts import LAYOUTS
from report.ledger import FAILED, Ledger
from report.measure import (
    accuracy,
    casting,
    casts,
    conditions,
    dispatch,
    errors,
    flags,
    mixed,
    reductions,
    resolution,
    same_bits,
    same_casts,
    same_sums,
    shapes,
    special,
    values,
    weak,
)
from report.spec import Spec

Fault = Callable[..., Any]
Measure = Callable[[Context], Any]


# Ufuncs measured where all of them would take long.
FEW = ("multiply", "square", "maximum", "minimum", "sqrt", "add", "exp")


def run(make: MakeContext, spec: Spec, fault: Fault, measure: Measure) -> Context:
    is_long = measure in (same_bits.measure, same_sums.measure, shapes.measure)
    context = make(Faulty(spec, fault), FEW if is_long else ())
    measure(context)
    return context


def first_failure(context: Context) -> str:
    """The first failure in one line, or an empty text."""
    for finding in context.ledger.findings():
        if finding.status == FAILED:
            example = finding.examples[0]
            where = " ".join(filter(None, (example.ufunc, example.types, example.target)))
            return f"{where}: {example.case}: {example.quern}, not {example.expected}"
    return ""


class Mute:
    """A ufunc that returns nothing, or raises the same error, whatever is called."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def __call__(self, *operands: Any, **keywords: Any) -> None:
        if self._error is not None:
            raise self._error

    def __getattr__(self, name: str) -> Mute:
        return self


def changed(result: Any, index: int) -> Any:
    """A result tuple whose first output differs in one bit of one element."""
    output = np.array(result[0])
    flat = output.reshape(-1)
    flat.view(f"u{output.dtype.itemsize}")[index] ^= 1
    return (flat.reshape(output.shape), *result[1:])


def wrong_type(_: Any, method: str, arguments: Any, result: Any) -> Any:
    return ("int64",) * 3 if (method, *arguments) == ("resolve", "add", "int8", "int16") else result


def missing_loop(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if (method, *arguments) == ("resolve", "exp", "float32"):
        raise TypeError("no loop")
    return result


def wrong_cast_level(_: Any, method: str, arguments: Any, result: Any) -> Any:
    return not result if (method, *arguments) == ("can_cast", "int8", "bool", "same_kind") else result


def wrong_promotion(_: Any, method: str, arguments: Any, result: Any) -> Any:
    return "int32" if (method, *arguments) == ("promote_types", "int8", "uint8") else result


def wrong_target(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "ran_on" and arguments == ("sqrt", "float64"):
        return library.spec.targets[0]
    return result


def wrong_kind(library: Any, method: str, arguments: Any, result: Any) -> Any:
    is_there = method == "kind_of" and arguments == ("multiply", "int64", "int64")
    return "scalar" if is_there and library.target == "AVX2" else result


def wrong_value_on_one_target(library: Any, method: str, arguments: Any, result: Any) -> Any:
    is_there = method == "call" and arguments[0] == "multiply" and library.target == "AVX2"
    if is_there and result[0].dtype == np.float32 and result[0].size > 5:
        return changed(result, 5)
    return result


def wrong_dtype(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "negative" and result[0].dtype == np.int16:
        return (result[0].astype(np.int32),)
    return result


def broken_call(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "square" and result[0].dtype == np.uint8:
        raise RuntimeError("out of order")
    return result


def wrong_conversion(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "subtract":
        kinds = [operand.dtype.name for operand in arguments[1:]]
        return changed(result, 0) if kinds == ["int8", "uint16"] else result
    return result


def missing_flag(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "divide" and library._watch is not None:
        library._watch.raised &= ~1
    return result


def flag_of_masked(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "add" and library._watch is not None:
        if result[0].size > 1:
            library._watch.raised |= 8
    return result


def no_saturation(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "astype" and arguments[1] == "int16" and arguments[0].dtype == np.float32:
        return np.where(np.isinf(arguments[0]), np.int16(0), result)
    return result


def silent_saturation(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "astype" and arguments[1] == "int16" and library._watch is not None:
        library._watch.raised &= ~8 if arguments[0].dtype.kind == "f" else ~0
    return result


def silent_real_part(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "astype" and arguments[1] == "int16" and library._watch is not None:
        library._watch.raised &= ~8 if arguments[0].dtype.kind == "c" else ~0
    return result


def wrong_unit(_: Any, method: str, arguments: Any, result: Any) -> Any:
    is_there = (method, *arguments[:2]) == ("resolve", "add", "timedelta64[D]")
    return ("timedelta64[D]",) * 3 if is_there and arguments[2] == "timedelta64[s]" else result


def wrong_level_of_units(_: Any, method: str, arguments: Any, result: Any) -> Any:
    return not result if (method, *arguments) == ("can_cast", "datetime64[h]", "datetime64[as]", "safe") else result


def rounds_to_zero(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "astype" and arguments[1] == "timedelta64[D]" and arguments[0].dtype == "m8[25s]":
        counts, day = arguments[0].view(np.int64), 86_400 // 25
        return np.where((counts < 0) & (counts % day != 0) & (counts > -(2**60)), result + 1, result)
    return result


def loses_nat(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "negative" and result[0].dtype.kind == "m":
        return (np.where(np.isnat(result[0]), np.zeros(1, result[0].dtype), result[0]),)
    return result


def fold_without_nat(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "reduce" and arguments[0] == "maximum" and result.dtype.kind == "M" and arguments[1].size:
        return np.fmax.reduce(arguments[1])
    return result


def wrong_sum(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "reduce" and arguments[0] == "add" and arguments[1].size == 1_000:
        return result * (1 + 1e-4) if result.dtype.kind == "f" else result + 1
    return result


def wrong_empty(_: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "reduce" and arguments[0] == "multiply" and arguments[1].size == 0:
        return np.zeros_like(result)
    return result


def accepts_too_much(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "ufunc" and arguments == ("add",):
        return Mute(None)
    return result


def wrong_error_class(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "ufunc" and arguments == ("add",):
        return Mute(KeyError("a class of its own"))
    return result


def value_on_seven_threads(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "maximum" and library.threads == 7:
        return changed(result, result[0].size - 1)
    return result


def value_of_a_layout(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "minimum" and arguments[1].strides == (-8,):
        return changed(result, 40)
    return result


def value_of_short_calls(library: Any, method: str, arguments: Any, result: Any) -> Any:
    is_short = method == "call" and arguments[0] == "sqrt" and result[0].shape == (3,)
    return changed(result, 2) if is_short else result


def sum_down_columns(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "reduce" and arguments[0] == "add" and arguments[1].shape == (1_025, 3):
        return np.nextafter(result, 0) if result.dtype == np.float64 else result
    return result


def cast_on_a_target(library: Any, method: str, arguments: Any, result: Any) -> Any:
    is_there = method == "astype" and library.target == "AVX3" and result.dtype == np.float32
    if is_there and arguments[0].dtype == np.float64:
        return changed((result,), 7)[0]
    return result


def inaccurate(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "exp" and result[0].dtype == np.float64:
        return (np.where(result[0] > 1, np.nextafter(result[0], np.inf), result[0]),)
    return result


def two_off(library: Any, method: str, arguments: Any, result: Any) -> Any:
    return inaccurate(library, method, arguments, inaccurate(library, method, arguments, result))


def accurate_on_one_target(library: Any, method: str, arguments: Any, result: Any) -> Any:
    return result if library.target == library.spec.whole_targets[-1] else inaccurate(
        library, method, arguments, result
    )


class Stray:
    """A ufunc that writes over an operand's neighbour where the operand lies backwards."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        result = self._function(*operands, **keywords)
        for operand in operands:
            if any(stride < 0 for stride in operand.strides):
                np.frombuffer(operand.base, operand.dtype)[-1] += 1
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def stray_write(_: Any, method: str, arguments: Any, result: Any) -> Any:
    return Stray(result) if method == "ufunc" and arguments == ("minimum",) else result


def weak_result(library: Any, method: str, arguments: Any, result: Any) -> Any:
    if method == "call" and arguments[0] == "add" and 200 in arguments[1:]:
        return (result[0].astype(np.int64),) if isinstance(arguments[2], int) else result
    return result


def weak_alone(_: Any, method: str, arguments: Any, result: Any) -> Any:
    return (result[0].astype(np.int16),) if (method, *arguments) == ("call", "negative", 200) else result


@pytest.mark.parametrize(
    ("fault", "measure", "expected"),
    [
        (wrong_type, resolution.measure,
         "add int8, int16: int8, int16: int64, int64 -> int64, not int16, int16 -> int16"),
        (missing_loop, resolution.measure, "exp float32: float32: TypeError: no loop, not float32"),
        (wrong_cast_level, casting.measure, "int8 to bool, same_kind: "),
        (wrong_promotion, casting.measure, "int8, uint8: int8, uint8: int32, not int16"),
        (weak_alone, weak.measure, "negative 200: 200: int16 -200, flags none, not int64 -200"),
        (weak_result, weak.measure, "add int16, 200: int16, 200: int64 201, flags none, not int16"),
        (wrong_target, dispatch.measure, "sqrt float64 -> float64 AVX3_DL: target AVX3_DL: EMU128, not AVX3"),
        (wrong_kind, dispatch.measure,
         "multiply int64, int64 -> int64 AVX2: kind on AVX2: scalar, not emulated"),
        (wrong_value_on_one_target, values.measure, "multiply float32, float32 -> float32 AVX2: "),
        (wrong_value_on_one_target, same_bits.measure, "multiply float32, float32 -> float32 AVX2"),
        (wrong_dtype, values.measure, "negative int16 -> int16 AVX3: the result: int32["),
        (broken_call, values.measure, "square uint8 -> uint8 AVX3: the call: RuntimeError"),
        (broken_call, same_bits.measure, "square uint8 -> uint8 EMU128: the call: RuntimeError"),
        (wrong_conversion, mixed.measure, "subtract int8, uint16 AVX3: (-128, 0): "),
        (two_off, values.measure, "exp float64 -> float64"),
        (missing_flag, flags.measure, "divide complex128, complex128 -> complex128 AVX3: "),
        (missing_flag, conditions.measure, "divide float16, float16 -> float16 AVX3: (1.0, 0.0): "),
        (missing_flag, special.measure, "divide float16, float16 -> float16 AVX3: "),
        (flag_of_masked, flags.measure, "where=False everywhere: invalid, not none"),
        (no_saturation, casts.measure, "float32 -> int16 AVX3: (inf): 0, not 32767"),
        (silent_saturation, casts.measure, "float16 -> int16 AVX3: flags of "),
        (silent_real_part, casts.measure, "complex64 -> int16 AVX3: flags of "),
        (wrong_unit, resolution.measure,
         "add timedelta64[D], timedelta64[s]: timedelta64[D], timedelta64[s]: timedelta64[D], timedelta64[D] -> "),
        (wrong_level_of_units, casting.measure, "datetime64[h] to datetime64[as], safe: "),
        (rounds_to_zero, casts.measure, "timedelta64[25s] -> timedelta64[D] AVX3: (-1 25s): 0 D, not -1 D"),
        (loses_nat, special.measure, "negative timedelta64 -> timedelta64 AVX3: (nat), "),
        (fold_without_nat, reductions.measure, "maximum datetime64[s]: reduce of 4097 elements: "),
        (wrong_sum, reductions.measure, "add bool: reduce of 1000 elements: "),
        (wrong_empty, reductions.measure, "multiply bool: empty of bool: int64 0, not int64 1"),
        (accepts_too_much, errors.measure, "no exception, not "),
        (wrong_error_class, errors.measure, "KeyError: 'a class of its own', not "),
        (value_on_seven_threads, same_bits.measure, "maximum bool, bool -> bool AVX3: 7 threads"),
        (value_of_a_layout, same_bits.measure, "minimum int64, int64 -> int64 AVX3: reversed: "),
        (value_of_short_calls, same_bits.measure, "sqrt float16 -> float16 AVX3: pieces: "),
        (sum_down_columns, same_sums.measure,
         "add float64, float64 -> float64 AVX3: down a column: element 5"),
        (cast_on_a_target, same_casts.measure, "float64 -> float32 AVX3: contiguous: "),
        (stray_write, shapes.measure, "memory[4095] = "),
        (inaccurate, accuracy.measure, "exp float64 -> float64 AVX3: "),
        (accurate_on_one_target, accuracy.measure, "exp float64 -> float64 AVX2: "),
    ],
)  # fmt: skip
def test_fault_is_found(
    make: MakeContext, spec: Spec, fault: Fault, measure: Measure, expected: str
) -> None:
    context = run(make, spec, fault, measure)
    assert context.ledger.total.failed > 0
    assert expected in first_failure(context)


def test_a_good_library_passes(
    make: MakeContext, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (*FEW, "floor_divide", "equal")
    context = make(FakeQuern(part_of(spec, names)), names)
    # The fake treats numbers beyond a dtype's range and folds as NumPy does, and has no dtypes of other packages.
    ours_alone = {"large-integers", "folds-of-float16", "read-only-targets", "times-beyond-64-bits", "average-years"}
    ours_alone |= {"promotion-by-order", "bits-of-small-floats", "bits-of-products"}
    ours_alone |= {"functions-of-our-own", "dtypes-of-our-own", "large-integers-alone"}
    ours_alone |= {rule.name for rule in context.ledger.rules if rule.checks == ("ml_dtypes",)}
    rules = [rule for rule in context.ledger.rules if not rule.ufuncs or set(rule.ufuncs) & set(names)]
    context.ledger = Ledger([rule for rule in rules if rule.name not in ours_alone])
    monkeypatch.setattr(steps, "count_threads", lambda: None)
    sections, threads = steps.run_steps(context)
    data = document(context, sections, threads)
    assert first_failure(context) == ""
    assert data["summary"]["failed"] == 0
    assert data["summary"]["cases"] > 100_000
    assert data["summary"]["deliberate"] > 0 and data["summary"]["not_yet"] > 0


def test_a_measurement_that_breaks_is_a_failure(context: Context) -> None:
    def broken(_: Context) -> Any:
        raise ZeroDivisionError("oops")

    step = steps.Step("products", "a step", ("products",), broken)
    steps.run_steps(context, [step])
    assert context.ledger.total.failed == 1
    assert "ZeroDivisionError: oops" in first_failure(context)


def test_threads_that_never_start_are_a_failure(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "count_threads", lambda: 1)
    monkeypatch.setattr("report.measure.same_bits.LAYOUTS", LAYOUTS[:1])
    step = next(step for step in steps.STEPS if step.section == "same_bits")
    steps.run_steps(context, [step])
    assert "threads started: 1, not 7" in first_failure(context)


def test_the_fake_is_not_the_oracle(spec: Spec, context: Context) -> None:
    assert isinstance(context.library, FakeQuern) and not isinstance(context.oracle, FakeQuern)
