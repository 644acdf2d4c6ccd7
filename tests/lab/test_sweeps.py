"""Sweeps: every job has a row, in order, once; whatever breaks."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest

from tinygrad_relu.lab import sweep


def product(lr, width, seed):
    return {"score": lr * width + seed, "process": os.getpid()}


def fragile(x, seed):
    if x == 1:
        raise ValueError("x is 1")
    return x * 10


def deadly(x, seed):
    if x == 1:
        os._exit(3)
    time.sleep(0.3)  # not yet done when the other dies
    return x


def counting(x, seed, folder="", broken=""):
    with open(os.path.join(folder, f"{x}-{seed}"), "a") as file:
        file.write(".")
    if broken and os.path.exists(os.path.join(folder, broken)) and x == 2:
        raise RuntimeError("broken")
    return x + seed


class InTurn(Executor):
    """Runs at once, in this process."""

    def submit(self, function, /, *args, **settings):
        future = Future()
        future.set_result(function(*args, **settings))
        return future


def test_processes_run_the_whole_grid_and_rows_come_in_its_order():
    rows = sweep(product, {"lr": [0.5, 2.0], "width": [10, 20]}, seeds=3, progress=False)
    keys = [(row["lr"], row["width"], row["seed"]) for row in rows]
    assert keys == [(a, b, s) for a in (0.5, 2.0) for b in (10, 20) for s in range(3)]
    assert all(row["score"] == row["lr"] * row["width"] + row["seed"] for row in rows)
    assert all(row["error"] is None and row["seconds"] >= 0 for row in rows)
    assert os.getpid() not in {row["process"] for row in rows}


def test_a_failure_is_a_row_and_the_others_go_on():
    rows = sweep(fragile, {"x": [0, 1, 2]}, seeds=[7], progress=False)
    assert [row.get("result") for row in rows] == [0, None, 20]
    assert rows[1]["error"] == "ValueError: x is 1"
    assert 'raise ValueError("x is 1")' in rows[1]["traceback"]
    assert rows[1]["seed"] == 7


def test_a_process_that_dies_takes_no_other_row_along():
    rows = sweep(deadly, {"x": [0, 1, 2, 3]}, progress=False)
    assert [row.get("result") for row in rows] == [0, None, 2, 3]
    assert rows[1]["error"].startswith("the process died")


def test_a_function_that_cannot_be_sent_to_a_process_fails_in_its_rows():
    rows = sweep(lambda x, seed: x, {"x": [1]}, progress=False)
    assert "pickle" in rows[0]["error"].lower()


@pytest.mark.parametrize("executor", [InTurn(), ThreadPoolExecutor(2)])
def test_any_executor_serves(executor):
    rows = sweep(lambda x, seed: x * 2, {"x": [1, 2]}, 2, executor, progress=False)
    assert [row["result"] for row in rows] == [2, 2, 4, 4]


# --- going on after a break ------------------------------------------------------------------


def test_what_was_done_is_not_done_again(tmp_path):
    path, grid = tmp_path / "deep" / "rows.jsonl", {"x": [1, 2], "folder": [str(tmp_path)]}
    first = sweep(counting, grid, 2, InTurn(), path=path, progress=False)
    again = sweep(counting, grid, 2, InTurn(), path=path, progress=False)
    assert first == again
    more = sweep(counting, {**grid, "x": [1, 2, 3]}, 3, InTurn(), path=path, progress=False)
    assert len(more) == 9
    assert {f.name: f.read_text() for f in tmp_path.glob("?-?")} == {
        f"{x}-{s}": "." for x in (1, 2, 3) for s in (0, 1, 2)
    }


def test_failed_rows_are_kept_and_tried_again(tmp_path):
    path, flag = tmp_path / "rows.jsonl", tmp_path / "flag"
    grid = {"x": [1, 2], "folder": [str(tmp_path)], "broken": ["flag"]}
    flag.touch()
    rows = sweep(counting, grid, 1, InTurn(), path=path, progress=False)
    assert [row["error"] for row in rows] == [None, "RuntimeError: broken"]
    stored = {row["x"]: row for row in map(json.loads, path.read_text().splitlines())}
    assert (stored[1]["error"], stored[2]["error"]) == (None, "RuntimeError: broken")
    flag.unlink()
    rows = sweep(counting, grid, 1, InTurn(), path=path, progress=False)
    assert [row["result"] for row in rows] == [1, 2]
    assert len(path.read_text().splitlines()) == 3
    assert (tmp_path / "1-0").read_text() == "."


@pytest.fixture
def _ctrl_c():
    """Who starts the tests may ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_an_interrupted_sweep_keeps_the_rows_it_has(tmp_path):
    path, grid = tmp_path / "rows.jsonl", {"x": [1, 2], "folder": [str(tmp_path)]}

    def interrupt(x, seed, folder):
        if (x, seed) == (2, 1):
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C
            time.sleep(0.3)
            raise RuntimeError("too late")
        return counting(x, seed, folder)

    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        sweep(interrupt, grid, 2, pool, path=path, progress=False)
    assert len(path.read_text().splitlines()) == 3
    rows = sweep(counting, grid, 2, InTurn(), path=path, progress=False)
    assert [row["result"] for row in rows] == [1, 2, 2, 3]
    assert {f.read_text() for f in tmp_path.glob("?-?")} == {"."}


def test_a_torn_last_line_is_run_again(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = sweep(fragile, {"x": [0, 2]}, 2, InTurn(), path=path, progress=False)
    path.write_bytes(path.read_bytes()[:-9])
    again = sweep(fragile, {"x": [0, 2]}, 2, InTurn(), path=path, progress=False)
    assert [r["result"] for r in again] == [r["result"] for r in rows]
    stored = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted((row["x"], row["seed"]) for row in stored) == [(0, 0), (0, 1), (2, 0), (2, 1)]


@pytest.mark.parametrize("content", ["name,score\nrelu,3\n", "my notes", '{"a": 1}\n', "[1]\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"notes\.txt, line 1, is no row of a sweep"):
        sweep(fragile, {"x": [0]}, 1, InTurn(), path=path, progress=False)
    assert path.read_text() == content


def test_numpy_numbers_are_recognised_again(tmp_path):
    path, seen = tmp_path / "rows.jsonl", []

    def run(lr, seed):
        seen.append(lr)
        return {"array": np.arange(2, dtype=np.int64) * lr, "nan": np.float32("nan")}

    for _ in range(2):
        rows = sweep(run, {"lr": np.array([0.1, 0.2])}, 1, InTurn(), path=path, progress=False)
    assert len(seen) == 2
    assert rows[1]["array"] == [0.0, 0.2]
    assert np.isnan(rows[1]["nan"])


# --- one setting, one row -------------------------------------------------------------------


class Alike:
    """Settings of one repr."""

    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return "Alike()"


def test_settings_that_look_alike_are_different():
    grid = {"x": [Alike(1), Alike(2), Alike(3)]}
    rows = sweep(lambda x, seed: x.number, grid, 1, InTurn(), progress=False)
    assert [row["result"] for row in rows] == [1, 2, 3]
    long, other = np.zeros(2000), np.zeros(2000)
    other[1000] = 1.0
    grid = {"x": [long, other], "f": [np.sum]}
    rows = sweep(lambda x, f, seed: f(x), grid, 1, InTurn(), progress=False)
    assert [row["result"] for row in rows] == [0.0, 1.0]
    rows = sweep(lambda x, seed: str(type(x)), {"x": [1, 1.0, True]}, 1, InTurn(), progress=False)
    assert len({row["result"] for row in rows}) == 3


def test_long_arrays_are_recognised_again(tmp_path):
    long, other = np.zeros(2000), np.zeros(2000)
    other[1000] = 1.0
    for grid in ([long], [long, other], [other, long]):
        settings = {"path": tmp_path / "rows.jsonl", "progress": False}
        rows = sweep(lambda x, seed: x.sum(), {"x": grid}, 1, InTurn(), **settings)
        assert [row["result"] for row in rows] == [x.sum() for x in grid]


def test_settings_that_read_alike_in_a_file_are_refused(tmp_path):
    grid = {"x": [np.array([1, 2], np.int64), [1, 2]]}
    with pytest.raises(TypeError, match=r"two values of 'x' are both written as \[1, 2\]"):
        sweep(fragile, grid, 1, InTurn(), path=tmp_path / "rows.jsonl", progress=False)


def test_other_axes_take_no_rows_of_these(tmp_path):
    settings = {"path": tmp_path / "rows.jsonl", "progress": False}

    def run(**given):
        return {"names": sorted(given)}

    for grid in ({"a": [1], "b": [2]}, {"a": [1]}, {"b": [2]}, {"a": [1], "b": [2], "c": [3]}):
        for _ in range(2):
            (row,) = sweep(run, grid, 1, InTurn(), **settings)
            assert row["names"] == sorted([*grid, "seed"])
    assert len((tmp_path / "rows.jsonl").read_text().splitlines()) == 4
    (row,) = sweep(lambda a, seed: {"b": a}, {"a": [7]}, 1, InTurn(), **settings)
    assert row["b"] == 7  # a result, not a setting
    (row,) = sweep(run, {"a": [7], "b": [7]}, 1, InTurn(), **settings)
    assert row["names"] == ["a", "b", "seed"]


# --- whatever a run does --------------------------------------------------------------------


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


class Shy:
    def __repr__(self):
        raise RuntimeError("no repr")


def hostile(x, seed):
    if x == "exit":
        sys.exit("enough")
    if x == "interrupt":
        raise KeyboardInterrupt
    if x == "stop":
        raise GeneratorExit
    if x == "mute":
        raise Mute
    results = {"shy": Shy(), "key": {(1, 2): 3}, "list": [Shy()]}
    return results.get(x, 1)


def row_by_row(executor, tmp_path):
    grid = {"x": ["exit", "fine", "interrupt", "stop", "mute", "shy", "list"]}
    for path in (None, tmp_path / "rows.jsonl"):
        rows = sweep(hostile, grid, 1, executor, path=path, progress=False)
        assert [row["x"] for row in rows if row["error"] is None] == ["fine"]
        assert [row["error"].partition(":")[0] for row in rows if row["error"]] == [
            *("SystemExit", "KeyboardInterrupt", "GeneratorExit", "Mute"),
            *("RuntimeError", "RuntimeError"),
        ]
    assert len(path.read_text().splitlines()) == 7


def test_whatever_a_run_does_is_one_failed_row(tmp_path):
    row_by_row(None, tmp_path / "processes")
    with ThreadPoolExecutor(2) as pool:
        row_by_row(pool, tmp_path / "threads")


SLOW = """
import signal, sys, time
from tinygrad_relu.lab import sweep

signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts us may ignore Ctrl-C

def run(x, seed):
    time.sleep(0 if x < 2 else 60)
    return x

sweep(run, {"x": range(40)}, 1, path=sys.argv[1], progress=False)
"""


def test_ctrl_c_ends_the_processes_and_keeps_the_rows(tmp_path):
    path, script = tmp_path / "rows.jsonl", tmp_path / "slow.py"
    script.write_text(SLOW)
    process = subprocess.Popen([sys.executable, script, path], stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if path.exists() and path.read_text().count("\n") >= 2:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    finally:
        process.kill()
    assert {json.loads(line)["result"] for line in path.read_text().splitlines()} == {0, 1}


def test_ctrl_c_in_an_executor_that_runs_at_once_keeps_the_rows(tmp_path):
    def run(x, seed):
        if x == 2:
            raise KeyboardInterrupt
        return x

    path = tmp_path / "rows.jsonl"
    with pytest.raises(KeyboardInterrupt):
        sweep(run, {"x": [0, 1, 2, 3]}, 1, InTurn(), path=path, progress=False)
    assert len(path.read_text().splitlines()) == 2


# --- what cannot be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grid", "seeds", "words"),
    [
        ({"seed": [1]}, 1, "cannot be called 'seed'"),
        ({"error": [1]}, 1, "cannot be called 'error'"),
        ({"x": []}, 1, "no values for 'x'"),
        ({"x": [1]}, 0, "no values for 'seed'"),
        ({"x": 1.0}, 1, r"values of 'x' are a list, as \[1\.0\]"),
        ({"x": "relu"}, 1, r"are a list, as \['relu'\]"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused(grid, seeds, words):
    with pytest.raises(ValueError, match=words):
        sweep(fragile, grid, seeds, InTurn(), progress=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"run": 3}, "sweep: run is a function, not 3"),
        ({"grid": [1]}, "sweep: grid is a dict of lists"),
        ({"grid": {1: [1]}}, "name of a setting is a text, not 1"),
        ({"seeds": 1.5}, "sweep: seeds is a whole number"),
        ({"seeds": "12"}, "sweep: seeds is a whole number"),
        ({"executor": 3}, "sweep: executor is a concurrent.futures.Executor, not 3"),
        ({"path": 3}, "sweep: path is the name of a file, not 3"),
    ],
)
def test_arguments_of_a_wrong_type_are_refused(options, words):
    given = {"run": fragile, "grid": {"x": [0]}, "executor": InTurn(), **options}
    with pytest.raises(TypeError, match=words):
        sweep(**given, progress=False)


def test_settings_that_cannot_be_written_are_refused_with_the_way_out(tmp_path):
    grid = {"x": [np.tanh]}
    assert sweep(lambda x, seed: x(0.0), grid, 1, InTurn(), progress=False)[0]["result"] == 0
    with pytest.raises(TypeError, match="Give names"):
        sweep(fragile, grid, 1, InTurn(), path=tmp_path / "rows.jsonl", progress=False)


def test_a_result_that_hides_a_setting_is_a_failure():
    (row,) = sweep(lambda x, seed: {"x": 3}, {"x": [1]}, 1, InTurn(), progress=False)
    assert row["x"] == 1
    assert "which a row already has" in row["error"]


def test_without_tqdm_there_is_no_bar(monkeypatch, capsys):
    for name in ("tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)
    assert len(sweep(fragile, {"x": [1]}, 1, InTurn(), progress=True)) == 1
    assert capsys.readouterr().err == ""


def test_progress_counts_rows_and_failures(capsys):
    sweep(fragile, {"x": [0, 1]}, 1, InTurn())
    told = capsys.readouterr().err
    assert "2/2" in told
    assert "failed=1" in told


# --- more than one machine -------------------------------------------------------------------


def test_a_dask_cluster_of_two_workers_serves(tmp_path):
    distributed = pytest.importorskip("dask.distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(**settings, local_directory=str(tmp_path)) as client:
        executor = client.get_executor()
        rows = sweep(product, {"lr": [0.5, 1.0], "width": [8, 32]}, 4, executor, progress=False)
        failures = sweep(fragile, {"x": [0, 1, 2]}, 1, executor, progress=False)
    assert [row["score"] for row in rows[:4]] == [4.0, 5.0, 6.0, 7.0]
    assert len(rows) == 16
    assert len({row["process"] for row in rows}) == 2
    assert [row["error"] for row in failures] == [None, "ValueError: x is 1", None]
