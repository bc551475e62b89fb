"""Checked by mypy, not run: the stubs give these types."""

from typing import assert_type

import quern

a = quern.asarray([1, 2, 3], dtype=quern.float64, copy=None)
assert_type(a, quern.Array)
assert_type(a.reshape(3, 1), quern.Array)
assert_type(a.dtype, quern.dtype)
assert_type(a.shape, tuple)
assert_type(quern.float64, quern.dtype)
assert_type(quern.add, quern.ufunc)
assert_type(quern.can_cast("i4", quern.int64), bool)
assert_type(quern.finfo("f4").eps, quern.Array)
assert_type(quern.iinfo(quern.int8).max, int)
assert_type(quern.issubdtype("f4", quern.floating), bool)
assert_type(quern.min_scalar_type(1), quern.dtype)
quern.add(a, 1, out=a, where=True, casting="unsafe", dtype="f8")
quern.add.reduce(a, axis=None, keepdims=True, initial=1)
quern.sum(a, axis=(0,), where=a > 1)
quern.add(a, 1, bogus=1)  # type: ignore[call-arg]
with quern.errstate(all="ignore", call=print):
    pass
