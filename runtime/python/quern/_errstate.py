"""The error state for a scope."""

import contextlib
from typing import Any

from quern import _quern

_UNCHANGED = object()


class errstate(contextlib.ContextDecorator):
    """Sets what happens on floating-point conditions, for a ``with`` block or a function.

    Takes the arguments of ``seterr`` and ``call``, the argument of ``seterrcall``. The state belongs
    to the thread.
    """

    def __init__(self, *, call: Any = _UNCHANGED, **actions: str) -> None:
        self._call = call
        self._actions = actions
        self._saved: list[tuple[dict[str, str], Any]] = []

    def _recreate_cm(self) -> "errstate":
        """A decorated function may run in several threads at once, each with a state of its own to restore."""
        return errstate(call=self._call, **self._actions)

    def __enter__(self) -> "errstate":
        before = _quern.seterr(**self._actions)
        call = _quern.geterrcall()
        if self._call is not _UNCHANGED:
            try:
                _quern.seterrcall(self._call)
            except BaseException:
                _quern.seterr(**before)
                raise
        self._saved.append((before, call))
        return self

    def __exit__(self, *exception: object) -> None:
        before, call = self._saved.pop()
        _quern.seterr(**before)
        if self._call is not _UNCHANGED:
            _quern.seterrcall(call)
