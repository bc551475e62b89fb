"""Array kernels with NumPy's semantics, generated from specs.

Every ufunc, dtype and reduction of the registry is an attribute of this module. Functions accept
arrays of NumPy and other libraries without copying, whatever their layout, and ``numpy.asarray``
gives a ``quern.Array`` back without copying. Names and signatures are NumPy's. Different from NumPy:

- results without axes and single elements are arrays with ``ndim`` 0, not scalars of their own;
- subscripts are integers, slices, ``...`` and ``None``; index arrays and masks are not supported yet;
- casts from floating point to integers saturate, and NaN becomes 0.
"""

from quern import _quern
from quern._errstate import errstate
from quern._quern import *  # noqa: F403  the names are the registry's
from quern._quern import __version__

newaxis = None

__all__ = ["__version__", "errstate", "newaxis", *_quern.__all__]


def __getattr__(name: str) -> object:
    """Finds what a package of kernels registered after this module was loaded."""
    if name.startswith("_"):
        raise AttributeError(f"module 'quern' has no attribute {name!r}")
    return _quern._look_up(name)
