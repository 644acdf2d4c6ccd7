"""A bar that shows how far a long run is, where tqdm is installed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


class _Unseen:
    """What is told of progress where nobody looks."""

    def update(self, n: int = 1) -> None:
        pass

    def set_postfix(self, *what: Any, **more: Any) -> None:
        pass


def progress_bar(
    total: int, *, show: bool = True, done: int = 0, what: str = "", unit: str = "it"
) -> AbstractContextManager[Any]:
    """A bar to be told ``update()`` and ``set_postfix(loss=…)``; unseen without tqdm.

    Parameters
    ----------
    total : int
    show : bool
        Whether to show it.
    done : int
        Where to start.
    what, unit : str
        What is counted.

    Examples
    --------
    >>> with progress_bar(2, show=False) as bar:
    ...     bar.update()
    ...     bar.set_postfix(loss=0.5)
    """
    if show:
        try:
            from tqdm.auto import tqdm

            return tqdm(total=total, initial=done, desc=what, unit=unit)  # type: ignore[no-any-return]
        except ImportError:
            pass
    return nullcontext(_Unseen())
