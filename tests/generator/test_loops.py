"""Loops after expansion: which of them share a kernel."""

from __future__ import annotations

import pytest
from quern_generator.model import Spec, Ufunc


def ufunc(spec: Spec, name: str) -> Ufunc:
    return next(found for found in spec.ufuncs if found.name == name)


@pytest.mark.parametrize(
    ("name", "shared"), [("isfinite", "isfinite_bool"), ("isinf", "isinf_bool"), ("isnan", "isinf_bool")]
)
def test_loops_that_read_no_input_share_one_kernel(spec: Spec, name: str, shared: str) -> None:
    for loop in ufunc(spec, name).loops:
        if loop.inputs[0].is_time and name != "isinf":
            continue  # NaT is one of their values
        whole = loop.inputs[0].kind not in ("float", "complex")
        assert loop.bodies[0].result == ("constant" if whole else "mask")
        assert loop.same_code_as == (shared if whole and loop.kernel != shared else None)


def test_loops_share_a_kernel_where_no_operation_heeds_the_sign(spec: Spec) -> None:
    shared = {loop.kernel: loop.same_code_as for loop in ufunc(spec, "multiply").loops}
    assert (shared["multiply_uint32"], shared["multiply_int32"]) == ("multiply_int32", None)
    numbers = [loop for loop in ufunc(spec, "less").loops if not loop.inputs[0].is_time]
    assert {loop.same_code_as for loop in numbers} == {None}


def test_a_row_may_name_a_kernel_family_of_its_own(spec: Spec) -> None:
    families = {loop.inputs[0].name: loop.family for loop in ufunc(spec, "matmul").loops}
    assert ufunc(spec, "matmul").family == families["float64"] == "matrix"
    assert families["int32"] == families["bool"] == "integer_matrix"


def test_points_in_time_share_the_kernels_of_spans(spec: Spec) -> None:
    for name in ("less", "maximum", "isnan"):
        shared = {loop.inputs[0].name: loop.same_code_as for loop in ufunc(spec, name).loops}
        assert (shared["timedelta64"], shared["datetime64"]) == (None, f"{name}_timedelta64")
