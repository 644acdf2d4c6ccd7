"""Run an experiment over a grid of settings and several seeds: in parallel, resumable, no row lost.

Any `concurrent.futures.Executor` serves. For more than one machine:
``dask.distributed.Client(address).get_executor()``.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.options import file_path, function, instance, whole
from tinygrad_relu.progress import progress_bar

Row = dict[str, Any]
Run = Callable[..., Any]

#: What a row has beside the settings and the results.
_OWN = ("seed", "error", "traceback", "seconds")
_BROKEN = "the process died"


def sweep(
    run: Run,
    grid: Mapping[str, Iterable[Any]],
    seeds: int | Iterable[int] = 1,
    executor: Executor | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> list[Row]:
    """Call ``run(**settings, seed=seed)`` for every combination of settings and every seed.

    Parameters
    ----------
    run : callable
        Returns a dict of results, or one number, which is then called ``result``. For processes
        it is a function at the top level of a module.
    grid : mapping
        The values to try, by the name of the setting: ``{"lr": [0.1, 1.0], "width": [8, 32]}``.
    seeds : int or iterable of int
        Which seeds; a number n means 0 … n − 1.
    executor : concurrent.futures.Executor, optional
        By default a pool of processes, one a core, for this sweep.
    path : str or path, optional
        A file of JSON lines, one a row, written as rows come. If it exists, the rows it holds
        of the same settings, in the same order of names, are not run again, except those that
        failed.
    progress : bool
        Show a bar, if tqdm is installed.

    Returns
    -------
    list of dict
        One row for each call, in the order of the grid, seeds innermost: the settings, the
        seed, the results, seconds; ``error`` is None, or says what was raised, be it sys.exit().
        Ctrl-C ends the sweep; the rows written to `path` until then are kept.

    Raises
    ------
    ValueError
        If a setting has no list of values or a name that a row needs itself.
    TypeError
        If a setting cannot be written to `path` and recognised again.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> def run(lr, seed):
    ...     return {"loss": 1 / lr + seed}
    >>> with ThreadPoolExecutor(2) as pool:
    ...     rows = sweep(run, {"lr": [1.0, 0.0]}, seeds=2, executor=pool, progress=False)
    >>> [row.get("loss", row["error"]) for row in rows[:3]]
    [1.0, 2.0, 'ZeroDivisionError: float division by zero']
    """
    function("sweep", "run", run)
    if executor is not None:
        instance("sweep", "executor", executor, Executor, "a concurrent.futures.Executor")
    axes = _axes(grid, seeds)
    jobs = [dict(zip(axes, one, strict=True)) for one in itertools.product(*axes.values())]
    done: dict[int, Row] = {}
    store = None
    if path is not None:
        _check_written(axes)
        store = _Store(file_path("sweep", path))
        finished: dict[str, list[Row]] = {}
        for row in store.rows():
            names = list(row)[: list(row).index("seed") + 1]  # the settings stand first
            if names == list(axes) and row["error"] is None:
                finished.setdefault(_written({name: row[name] for name in axes}), []).append(row)
        for place, job in enumerate(jobs):
            if rows := finished.get(_written(job)):
                done[place] = {**rows.pop(), **job}
    todo = {place: job for place, job in enumerate(jobs) if place not in done}
    for place, row in _watched(_completed(run, todo, executor), len(todo), progress):
        done[place] = row
        if store:
            store.append(row)
    return [done[place] for place in range(len(jobs))]


def _axes(grid: Mapping[str, Iterable[Any]], seeds: int | Iterable[int]) -> dict[str, list[Any]]:
    instance("sweep", "grid", grid, Mapping, "a dict of lists, as {'lr': [0.1, 1.0]}")
    for name, values in grid.items():
        instance("sweep", "the name of a setting", name, str, "a text")
        if name in _OWN:
            raise ValueError(f"a setting cannot be called {name!r}: a row has its own {name!r}")
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise ValueError(f"the values of {name!r} are a list, as [{values!r}]")
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        seeds = range(whole("sweep", "seeds", seeds, 0))
    axes = {**{name: list(values) for name, values in grid.items()}, "seed": list(seeds)}
    for name, values in axes.items():
        if not values:
            raise ValueError(f"there is nothing to run: no values for {name!r}")
    return axes


def _check_written(axes: dict[str, list[Any]]) -> None:
    """Raise if a setting cannot be written, or not be told from another by what is written."""
    for name, values in axes.items():
        kinds: dict[str, type] = {}
        for value in values:
            try:
                text = _written(value)
            except Exception as error:
                raise TypeError(
                    f"a value of {name!r} cannot be written as JSON ({_told(error)}). Give names, "
                    "as 'relu', and look the object up in `run`"
                ) from None
            if kinds.setdefault(text, type(value)) is not type(value):
                raise TypeError(
                    f"two values of {name!r} are both written as {text:.60}, and could not be "
                    "told apart in the file. Give names, and look the object up in `run`"
                )


def _written(settings: Any) -> str:
    """What settings are recognised by in a file."""
    return json.dumps(_plain(settings), sort_keys=True)


def _plain(x: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if isinstance(x, np.generic | np.ndarray):
        return x.tolist()
    if isinstance(x, Mapping):
        return {str(key): _plain(value) for key, value in x.items()}
    return [_plain(value) for value in x] if isinstance(x, list | tuple) else x


def _attempt(run: Run, job: Row) -> Row:
    """One row, whatever happens; this is what an executor runs."""
    start = time.perf_counter()
    row = dict(job)
    try:
        result = run(**job)
        results = dict(result) if isinstance(result, Mapping) else {"result": result}
        clash = results.keys() & {*job, *_OWN}
        if clash:
            raise ValueError(f"run returned {sorted(clash)}, which a row already has")
        results = {name: _plain(value) for name, value in results.items()}
        json.dumps(results, default=repr)  # a row that cannot be written is a failure of its run
        row |= {**results, "error": None}
    except BaseException as error:  # sys.exit() too ends its run alone
        if isinstance(error, KeyboardInterrupt) and _hears_the_user():
            raise
        row["error"] = f"{type(error).__name__}: {_told(error)}"
        row["traceback"] = traceback.format_exc()
    row["seconds"] = time.perf_counter() - start
    return row


def _hears_the_user() -> bool:
    """Whether Ctrl-C is raised here: in the first thread of a process that is no worker."""
    first = threading.current_thread() is threading.main_thread()
    return first and multiprocessing.parent_process() is None


def _told(error: BaseException) -> str:
    """The message of an error, even if it has none."""
    try:
        return str(error)
    except Exception:
        return "its message cannot be read"


@contextmanager
def _processes(count: int | None = None) -> Iterator[Executor]:
    """Processes for this sweep alone. Ctrl-C is heard by the sweep, which ends them."""
    deaf = (signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(count, initializer=signal.signal, initargs=deaf)
    try:
        yield pool
    except BaseException:
        for process in [*(pool._processes or {}).values()]:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _completed(
    run: Run, todo: dict[int, Row], executor: Executor | None
) -> Iterator[tuple[int, Row]]:
    """Every job's row, as they are ready."""
    if executor is not None:
        yield from _through(executor, run, todo)
        return
    if not todo:
        return
    orphans: dict[int, Row] = {}
    with _processes() as pool:
        for key, row in _through(pool, run, todo):
            if str(row["error"]).startswith(_BROKEN):
                orphans[key] = todo[key]
            else:
                yield key, row
    for key, job in orphans.items():  # a process died and took its pool along: now one by one
        with _processes(1) as pool:
            yield from _through(pool, run, {key: job})


def _through(executor: Executor, run: Run, todo: dict[int, Row]) -> Iterator[tuple[int, Row]]:
    futures: dict[Future[Row], int] = {}

    def row_of(future: Future[Row]) -> tuple[int, Row]:
        key = futures.pop(future)
        try:
            return key, future.result()
        except Exception as error:  # not from `run`: pickling, or a process that died
            return key, _failed(todo[key], error)

    try:
        for key, job in todo.items():
            try:
                future = executor.submit(_attempt, run, job)
            except BrokenExecutor as error:
                yield key, _failed(job, error)
                continue
            futures[future] = key
            if future.done():  # an executor that runs at once: its row is kept at once
                yield row_of(future)
        for future in as_completed([*futures]):
            yield row_of(future)
    finally:
        for future in futures:
            future.cancel()


def _failed(job: Row, error: Exception) -> Row:
    told = _BROKEN if isinstance(error, BrokenExecutor) else type(error).__name__
    return {**job, "error": f"{told}: {_told(error)}", "traceback": "", "seconds": None}


def _watched(
    rows: Iterator[tuple[int, Row]], total: int, progress: bool
) -> Iterator[tuple[int, Row]]:
    """Pass rows on, counting them and the failures on a bar."""
    failed = 0
    with progress_bar(total, show=progress, what="sweep") as bar:
        for key, row in rows:
            failed += row["error"] is not None
            bar.update()
            if failed:
                bar.set_postfix(failed=failed)
            yield key, row


class _Store:
    """A file of JSON lines, one a row. A line is written in one piece and flushed to disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            if not content.startswith(b"{"):
                raise self._foreign(1)
            os.truncate(self.path, whole)  # the last line was torn: its run did not finish

    def rows(self) -> Iterator[Row]:
        """The rows that the file holds."""
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            try:
                row = json.loads(line)
                row["seed"], row["error"]
            except (ValueError, KeyError, TypeError):
                raise self._foreign(number) from None
            yield row

    def append(self, row: Row) -> None:
        """Add a row; what JSON has no word for is written as its repr."""
        line = json.dumps(_plain(row), default=repr) + "\n"
        with self.path.open("ab") as file:
            file.write(line.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())

    def _foreign(self, number: int) -> ValueError:
        return ValueError(
            f"{self.path}, line {number}, is no row of a sweep: it was not changed. "
            "Give another path, or remove the line"
        )
