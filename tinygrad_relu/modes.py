"""What is recorded while ops run: everyday recording, nothing, or more than usual.

The modes of a thread live in a context variable, so threads and tasks do not disturb each other.
`active` lists those entered anywhere: while it is empty, no op has to look further.
"""

from __future__ import annotations

import os
import sys
from contextlib import ContextDecorator
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np


class Mode(NamedTuple):
    """What the ops of this thread record."""

    recording: bool = True
    anomaly: bool = False
    source: bool = False
    scope: tuple[str, ...] = ()


_mode: ContextVar[Mode] = ContextVar("mode", default=Mode())  # noqa: B039 (never changed)
active: list[Entered] = []


def current() -> Mode:
    """The mode of this thread."""
    return _mode.get()


def detecting() -> bool:
    """Whether this thread is to stop at the first NaN or inf: `detect_anomaly`."""
    return bool(active) and current().anomaly


class Entered(ContextDecorator):
    """A block in which the mode is another, which ends with it, by Ctrl-C too.

    Before the first instruction of `__exit__`, Python has no hold on it.
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._before: list[Mode] = []  # more than one where a block is inside itself

    def _recreate_cm(self) -> Entered:  # what decorates a function enters anew at each call
        return Entered(**self._changes)

    def __enter__(self) -> None:
        self._before.append(_mode.get())
        try:
            _mode.set(self._before[-1]._replace(**self._changes))
            active.append(self)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        try:
            _mode.set(self._before[-1])
        finally:
            if self in active:
                active.remove(self)
            self._before.pop()


def no_grad() -> Any:
    """Compute without recording a graph.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w = tg.Value(2.0)
    >>> with tg.no_grad():
    ...     y = w * 3
    >>> y.requires_grad
    False
    """
    return Entered(recording=False)


def detect_anomaly() -> Any:
    """Stop at the op that makes the first NaN or inf, forward or backward, and name it.

    Also catches a leaf's array written element by element between forward and
    backward, which goes unseen otherwise. Everything runs slower.

    Raises
    ------
    FloatingPointError
        From the op, with its name, label, shape and the line that made it.

    Examples
    --------
    >>> import numpy as np, tinygrad_relu as tg
    >>> with np.errstate(divide="ignore"), tg.detect_anomaly():  # doctest: +ELLIPSIS
    ...     tg.Value(0.0, label="p").log()
    Traceback (most recent call last):
    FloatingPointError: log of 'p' made -inf ...
    """
    return Entered(anomaly=True, source=True)


def track_source() -> Any:
    """Remember, for each node, the line of the user's code that made it (`v.source`).

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> with tg.track_source():
    ...     y = tg.Value(2.0) * 3
    >>> y.source is not None
    True
    """
    return Entered(source=True)


def scope(name: str) -> Any:
    """Name a part of the graph: pictures group the nodes made inside.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> with tg.scope("layer1"):
    ...     y = tg.Value(2.0) * 3
    >>> y.scope
    ('layer1',)
    """
    if not isinstance(name, str):
        raise TypeError(f"scope: name is a text, not {name!r:.60}")
    return Entered(scope=(*_mode.get().scope, name))


_INSIDE = tuple(os.path.dirname(os.path.abspath(f)) + os.sep for f in (__file__, np.__file__))


def user_line() -> tuple[str, int] | None:
    """File and line of the nearest caller outside this package and NumPy."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith(_INSIDE):
            return name, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None
