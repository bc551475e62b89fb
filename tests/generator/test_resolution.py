"""Types against NumPy, live and cell by cell: the chosen loop, promotion, casting, weak scalars, reductions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from quern_generator.dtypes import DTypes
from quern_generator.model import DType, Spec, Ufunc
from quern_generator.promotion import Lattice

np_version = np.lib.NumpyVersion(np.__version__)
pytestmark = pytest.mark.skipif(np_version < "2.4.0", reason="the oracle is NumPy 2.4")

WEAK = {"integer": int, "real": float, "complex": complex}

# Logical functions of a weak scalar run in bool in NumPy, here in the array's dtype; the results are bool alike. A weak
# exponent of ldexp is an int32 there, here what the array makes it; the result has the array's dtype in both.
OTHER_WEAK_LOOP = {"logical_and", "logical_or", "logical_xor", "ldexp"}

# A weak mantissa beside an array of exponents is a float16 in NumPy; here the least float that holds the array's dtype.
FLOAT_OF_WEAK = {"ldexp"}

# NumPy reduces whole numbers by ldexp, as exponents of a floating-point accumulator; here a reduction has one dtype.
OTHER_ACCUMULATOR = {"ldexp"}


def numpy_ufunc(name: str) -> np.ufunc:
    """NumPy's ufunc of a name; clip is no public one."""
    found = np._core.umath.clip if name == "clip" else getattr(np, name)  # type: ignore[attr-defined]
    assert isinstance(found, np.ufunc)
    return found


def known_ufuncs(spec: Spec) -> list[Ufunc]:
    """The ufuncs that NumPy has too."""
    return [ufunc for ufunc in spec.ufuncs if ufunc.name == "clip" or isinstance(getattr(np, ufunc.name, None), np.ufunc)]


def known_dtypes(spec: Spec) -> list[DType]:
    """The dtypes that NumPy has too."""
    return [dtype for dtype in spec.dtypes if hasattr(np, dtype.name)]


def numpy_loop(ufunc: np.ufunc, inputs: Sequence[object], reduction: bool = False) -> tuple[str, ...] | None:
    """The dtypes that NumPy computes in; None for a refusal."""
    try:
        found = ufunc.resolve_dtypes((*inputs, *[None] * ufunc.nout), reduction=reduction)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # ValueError: a ufunc that never reduces
        return None
    return tuple(dtype.name for dtype in found)


def own_loop(ufunc: Ufunc, value: int) -> tuple[str, ...] | None:
    """The dtypes of a cell's loop."""
    return None if value < 0 else tuple(dtype.name for dtype in ufunc.loops[value].types)


def is_unsupported(ufunc: Ufunc, value: int) -> bool:
    """Whether a cell is refused because the ufunc has no such loop here, which its refusal says."""
    return value < -1 and "not supported" in ufunc.refusals[-value - 1]


def cell_value(spec: Spec, ufunc: Ufunc, cell: Sequence[int]) -> int:
    """The resolution table's value for dtype indices."""
    index = 0
    for dtype in cell:
        index = index * len(spec.dtypes) + dtype
    return ufunc.resolution[index]


def lattice_of(spec: Spec) -> Lattice:
    """The lattice of safe casts behind a spec."""
    kinds = tuple(dict.fromkeys(spec.dtypes[index].kind for index in spec.kind_order))
    by_name = {dtype.name: dtype for dtype in spec.dtypes}
    return DTypes(spec.dtypes, by_name, set(), {}, kinds, frozenset()).lattice()


def test_most_ufuncs_and_dtypes_are_numpys(spec: Spec) -> None:
    assert len(known_ufuncs(spec)) >= 62
    assert len(known_dtypes(spec)) >= 14


def test_every_cell_of_every_ufunc_runs_the_loop_that_numpy_runs(spec: Spec) -> None:
    for ufunc in known_ufuncs(spec):
        for cell in itertools.product(known_dtypes(spec), repeat=len(ufunc.inputs)):
            theirs = numpy_loop(numpy_ufunc(ufunc.name), [np.dtype(dtype.name) for dtype in cell])
            value = cell_value(spec, ufunc, [dtype.index for dtype in cell])
            if is_unsupported(ufunc, value):
                assert theirs is not None and theirs[0].startswith(("float", "complex"))
                continue
            assert own_loop(ufunc, value) == theirs, (ufunc.name, [dtype.name for dtype in cell])


def numpy_join(dtypes: Sequence[DType]) -> str | None:
    """The common dtype in NumPy; None for a refusal."""
    try:
        return np.result_type(*(dtype.name for dtype in dtypes)).name
    except TypeError:
        return None


def test_promotion_is_promote_types(spec: Spec) -> None:
    for first, second in itertools.product(known_dtypes(spec), repeat=2):
        found = spec.casting.promotion[first.index][second.index]
        assert (None if found is None else spec.dtypes[found].name) == numpy_join([first, second])


def test_joins_of_three_are_result_type(spec: Spec) -> None:
    lattice = lattice_of(spec)
    for cell in itertools.product(known_dtypes(spec), repeat=3):
        if {"timedelta", "datetime"} < {dtype.kind for dtype in cell}:
            continue  # NumPy's answer for a number beside both depends on their order
        found = lattice.join([dtype.index for dtype in cell])
        assert (None if found is None else spec.dtypes[found].name) == numpy_join(cell), cell


@pytest.mark.parametrize("level", ["no", "equiv", "safe", "same_kind", "unsafe"])
def test_casting_is_can_cast(spec: Spec, level: str) -> None:
    levels = ["no", "equiv", "safe", "same_kind", "unsafe"]
    for source, target in itertools.product(known_dtypes(spec), repeat=2):
        least = spec.casting.least_level[source.index][target.index]
        ours = levels.index(least) <= levels.index(level)
        assert ours == np.can_cast(source.name, target.name, level), (source.name, target.name)  # type: ignore[arg-type]


def weak_cells(spec: Spec, ufunc: Ufunc) -> Iterator[tuple[list[int], list[int], list[object]]]:
    """Inputs with at least one array and one weak scalar: dtype indices as the spec takes them beside the arrays and, if
    those have no loop, alone; and NumPy's."""
    arity = len(ufunc.inputs)
    lattice = lattice_of(spec)
    choices: list[DType | str] = [*known_dtypes(spec), *spec.casting.weak_kinds]
    for chosen in itertools.product(choices, repeat=arity):
        strong = [item.index for item in chosen if isinstance(item, DType)]
        if not 0 < len(strong) < arity:
            continue
        common = lattice.join(strong)
        if common is None:
            continue
        ours, alone, theirs = list[int](), list[int](), list[object]()
        for item in chosen:
            if isinstance(item, DType):
                ours.append(item.index)
                alone.append(item.index)
                theirs.append(np.dtype(item.name))
            else:
                weak = spec.casting.weak[spec.casting.weak_kinds.index(item)][common]
                assert weak is not None
                ours.append(weak)
                alone.append(spec.casting.weak_alone[spec.casting.weak_kinds.index(item)])
                theirs.append(WEAK[item])
        yield ours, alone, theirs


def test_weak_scalars(spec: Spec) -> None:
    compared = 0
    for ufunc in known_ufuncs(spec):
        for ours, alone, theirs in weak_cells(spec, ufunc):
            expected = numpy_loop(numpy_ufunc(ufunc.name), theirs)
            value = cell_value(spec, ufunc, ours)
            if is_unsupported(ufunc, value):
                continue
            found = own_loop(ufunc, value) or own_loop(ufunc, cell_value(spec, ufunc, alone))
            if ufunc.name in FLOAT_OF_WEAK and theirs[0] in WEAK.values():
                continue
            if ufunc.name in OTHER_WEAK_LOOP and expected is not None and found is not None:
                expected, found = expected[-1:], found[-1:]
            assert found == expected, (ufunc.name, theirs)
            compared += 1
    assert compared > 1000


def test_weak_scalars_alone(spec: Spec) -> None:
    for kind, alone in zip(spec.casting.weak_kinds, spec.casting.weak_alone):
        assert spec.dtypes[alone].name == np.result_type(WEAK[kind](1)).name


def test_reductions_run_in_the_loop_that_numpy_runs(spec: Spec) -> None:
    for ufunc in known_ufuncs(spec):
        if len(ufunc.inputs) != 2 or ufunc.signature is not None:
            assert ufunc.reduction is None
            continue
        for dtype in known_dtypes(spec):
            expected = numpy_loop(numpy_ufunc(ufunc.name), [None, np.dtype(dtype.name)], reduction=True)
            if ufunc.name in OTHER_ACCUMULATOR or ufunc.reduction and is_unsupported(ufunc, ufunc.reduction[dtype.index]):
                continue
            found = None if ufunc.reduction is None else own_loop(ufunc, ufunc.reduction[dtype.index])
            assert found == expected, (ufunc.name, dtype.name)


def test_identities_are_numpys(spec: Spec) -> None:
    for ufunc in known_ufuncs(spec):
        identity = numpy_ufunc(ufunc.name).identity
        assert (None if ufunc.identity is None else int(ufunc.identity)) == identity, ufunc.name


def test_several_axes_where_numpy_takes_several(spec: Spec) -> None:
    for ufunc in known_ufuncs(spec):
        if ufunc.reduction is None:
            continue
        dtype = next(d for d in known_dtypes(spec) if ufunc.reduction[d.index] >= 0)
        try:
            numpy_ufunc(ufunc.name).reduce(np.ones((2, 2), dtype.name), axis=None)
        except ValueError:
            assert not ufunc.reorderable, ufunc.name
        else:
            assert ufunc.reorderable, ufunc.name


def test_names_are_numpys(spec: Spec) -> None:
    for ufunc in known_ufuncs(spec):
        theirs = numpy_ufunc(ufunc.name)
        assert (theirs.nin, theirs.nout) == (len(ufunc.inputs), len(ufunc.outputs))
        for alias in ufunc.aliases:
            assert getattr(np, alias) is theirs
        for function in ufunc.functions:
            assert all(callable(getattr(np, name)) for name in (function.name, *function.aliases))
    for dtype in known_dtypes(spec):
        theirs_dtype = np.dtype(dtype.name)
        assert (theirs_dtype.kind, theirs_dtype.char, theirs_dtype.itemsize) == (
            dtype.numpy_kind,
            dtype.numpy_char,
            dtype.size,
        )
        assert theirs_dtype.str[1:] == dtype.npy
