"""What pickles of arrays refer to: functions of extension modules cannot be pickled themselves."""

from quern import _quern
from quern._quern import Array


def array(content: bytes) -> Array:
    """The array of a .npy file's bytes."""
    return _quern._from_npy(content)
