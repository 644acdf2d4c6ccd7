"""Run an experiment over a grid of settings and several seeds: in parallel, resumable, no row lost.

Any `concurrent.futures.Executor` serves. For more than one machine:
``dask.distributed.Client(address).get_executor()``.
"""

from __future__ import annotations

import itertools
import json
import os
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
from pathlib import Path
from typing import Any

import numpy as np

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
        are not run again, except those that failed.
    progress : bool
        Show a bar, if tqdm is installed.

    Returns
    -------
    list of dict
        One row for each call, in the order of the grid, seeds innermost: the settings, the
        seed, the results, seconds; ``error`` is None, or says what was raised.

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
    axes = _axes(grid, range(seeds) if isinstance(seeds, int) else seeds)
    jobs = [dict(zip(axes, one, strict=True)) for one in itertools.product(*axes.values())]
    store = None if path is None else _Store(path)
    keys = [_key(job, strict=store is not None) for job in jobs]
    done: dict[str, Row] = {}
    for row in store.rows() if store else ():
        if axes.keys() <= row.keys() and row["error"] is None:
            done[_key({name: row[name] for name in axes}, strict=True)] = row
    todo = {key: job for key, job in zip(keys, jobs, strict=True) if key not in done}
    arriving = _completed(run, todo, executor)
    for key, row in _watched(arriving, len(todo), progress):
        done[key] = row
        if store:
            store.append(row)
    return [done[key] for key in keys]


def _axes(grid: Mapping[str, Iterable[Any]], seeds: Iterable[int]) -> dict[str, list[Any]]:
    for name, values in grid.items():
        if name in _OWN:
            raise ValueError(f"a setting cannot be called {name!r}: a row has its own {name!r}")
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ValueError(f"the values of {name!r} are a list, as [{values!r}]")
    axes = {**{name: list(values) for name, values in grid.items()}, "seed": list(seeds)}
    for name, values in axes.items():
        if not values:
            raise ValueError(f"there is nothing to run: no values for {name!r}")
    return axes


def _key(job: Row, strict: bool) -> str:
    """What a job is recognised by."""
    try:
        return json.dumps(_plain(job), sort_keys=True)
    except TypeError as error:
        if strict:
            raise TypeError(
                f"the settings {job!r:.200} cannot be written as JSON ({error}). Give names, as "
                "'relu', and look the object up in `run`"
            ) from None
        return repr(sorted(job.items()))


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
        row |= {name: _plain(value) for name, value in results.items()}
        row["error"] = None
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}"
        row["traceback"] = traceback.format_exc()
    row["seconds"] = time.perf_counter() - start
    return row


def _completed(
    run: Run, todo: dict[str, Row], executor: Executor | None
) -> Iterator[tuple[str, Row]]:
    """Every job's row, as they are ready."""
    if executor is not None:
        yield from _through(executor, run, todo)
        return
    if not todo:
        return
    orphans: dict[str, Row] = {}
    with ProcessPoolExecutor() as pool:
        for key, row in _through(pool, run, todo):
            if str(row["error"]).startswith(_BROKEN):
                orphans[key] = todo[key]
            else:
                yield key, row
    for key, job in orphans.items():  # a process died and took its pool along: now one by one
        with ProcessPoolExecutor(1) as pool:
            yield from _through(pool, run, {key: job})


def _through(executor: Executor, run: Run, todo: dict[str, Row]) -> Iterator[tuple[str, Row]]:
    futures: dict[Future[Row], str] = {}
    try:
        for key, job in todo.items():
            try:
                futures[executor.submit(_attempt, run, job)] = key
            except BrokenExecutor as error:
                yield key, _failed(job, error)
        for future in as_completed(futures):
            key = futures[future]
            try:
                row = future.result()
            except Exception as error:  # not from `run`: pickling, or a process that died
                row = _failed(todo[key], error)
            yield key, row
    finally:
        for future in futures:
            future.cancel()


def _failed(job: Row, error: Exception) -> Row:
    told = _BROKEN if isinstance(error, BrokenExecutor) else type(error).__name__
    return {**job, "error": f"{told}: {error}", "traceback": "", "seconds": None}


def _watched(
    rows: Iterator[tuple[str, Row]], total: int, progress: bool
) -> Iterator[tuple[str, Row]]:
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

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
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
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)

    def _foreign(self, number: int) -> ValueError:
        return ValueError(
            f"{self.path}, line {number}, is no row of a sweep: it was not changed. "
            "Give another path, or remove the line"
        )
