"""The laws of the house."""

import ast
import importlib
import pkgutil
import re
import sys
from functools import cache
from pathlib import Path
from unicodedata import east_asian_width

import pytest

import tinygrad_relu as tg

ROOT = Path(tg.__file__).parent
TESTS = Path(__file__).parent
ROOMS = [m.name for m in pkgutil.walk_packages(tg.__path__, "tinygrad_relu.")]

#: What a graph is made of, run through and differentiated by.
ENGINE = (
    *("arrays", "messages", "signature", "node", "modes", "op", "ops", "stale", "anomaly"),
    *("rule", "backward", "methods", "value", "lanes", "closure"),
)
#: Every room of the house, in order: each opens only what stands before it.
ORDER = (
    "foreign",
    *ENGINE,
    *("kinks", "options", "files", "numbers", "text", "rows", "trees", "evaluation"),
    *("functional", "program", "checking", "testing"),
    *("progress", "flow", "nn", "clipping", "optim", "checkpoints", "training", "interop"),
    *("picture", "lab", "live"),
)


def path_of(room: str) -> Path:
    """The file of a room."""
    path = ROOT.joinpath(*room.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def source(room: str) -> str:
    """The text of a room."""
    return path_of(room).read_text("utf-8")


@cache
def imports(room: str) -> set[str]:
    """The rooms that a room opens, when it is read or later; for a type checker only: not."""
    typed = [
        n for n in ast.walk(tree(room)) if isinstance(n, ast.If) and "TYPE" in ast.unparse(n.test)
    ]
    skipped = {id(n) for branch in typed for n in ast.walk(branch)}
    found = set()
    for n in ast.walk(tree(room)):
        if isinstance(n, ast.ImportFrom) and id(n) not in skipped:
            assert not n.level, f"{room} imports by dots: {ast.unparse(n)}"
            names = {f"{n.module}.{a.name}" for a in n.names}
            found |= (names & {*ROOMS}) or {n.module or ""}
        elif isinstance(n, ast.Import) and id(n) not in skipped:
            found |= {a.name for a in n.names}
    return (found & {*ROOMS, "tinygrad_relu"}) - {room}


@cache
def tree(room: str) -> ast.Module:
    """A room as Python reads it."""
    return ast.parse(source(room))


def lists(room: str) -> bool:
    """Whether a room is an ``__init__.py``: a list of what is in the rooms behind it."""
    return path_of(room).name == "__init__.py"


def test_no_room_is_hidden_by_what_is_in_it():
    for room in ROOMS:
        importlib.import_module(room)
        parent, _, name = room.rpartition(".")
        assert getattr(sys.modules[parent], name) is sys.modules[room], room
        names: dict[str, object] = {}
        exec(f"import {room} as x", names)
        assert names["x"] is sys.modules[room]


def test_no_import_circle():
    """Nor one through an ``__init__.py``: who opens a list opens what is on it."""
    left = {room: imports(room) for room in ROOMS}
    while left:
        free = {room for room, needs in left.items() if not needs & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {room: needs for room, needs in left.items() if room not in free}


#: ROOMS THAT STILL OPEN ONE AFTER THEM.
UP: set[tuple[str, str]] = set()


def test_no_arrow_up():
    for room in ROOMS:
        _, top, *_ = room.split(".")
        assert top in ORDER, f"give {top} its place in ORDER"
        for other in imports(room) - {f"tinygrad_relu.{top}"}:
            assert other != "tinygrad_relu", f"{room} opens the whole house"
            _, behind, *_ = other.split(".")
            if behind != top and not lists(room):
                assert ORDER.index(behind) < ORDER.index(top), f"{room} opens {other}"


def lines(room: str) -> int:
    """How long a room is."""
    return source(f"tinygrad_relu.{room}").count("\n")


def test_the_engine_is_small():
    core = {room: lines(room) for room in ("value", "op", "backward")}
    assert sum(core.values()) <= 600, core
    assert max(core.values()) <= 280, core
    engine = {room: lines(room) for room in ENGINE if room != "ops"}
    assert sum(engine.values()) <= 1900, engine


def test_the_engine_asks_the_type_checker_for_few_favours():
    asked = {
        room: source(room).count("type: ignore") for room in ROOMS if room.split(".")[1] in ENGINE
    }
    assert sum(asked.values()) <= 12, asked


@pytest.mark.parametrize(("kind", "most"), [("py", 400), ("js", 250)])
def test_a_long_file_says_at_its_top_why_it_is_one(kind, most):
    for folder in (ROOT, TESTS, TESTS.parent / "demos"):
        for path in folder.rglob(f"*.{kind}"):
            text = path.read_text("utf-8")
            why = re.search(r"one file,? because", "".join(text.splitlines(True)[:10]), re.I)
            count = text.count("\n")
            assert count <= most or why, f"{path.relative_to(TESTS.parent)}: {count} lines"


def columns(line: str) -> int:
    """How wide a line is: a Japanese character takes two columns."""
    return sum(1 + (east_asian_width(c) in "WF") for c in line)


def test_no_line_of_a_script_is_too_wide():
    for path in ROOT.rglob("*.js"):
        for i, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            assert columns(line) <= 110, f"{path.name}:{i}"


def test_a_graph_is_walked_in_node_alone():
    """Who wants every node behind another asks `behind` or `topological`; the pass does both."""
    for room in {*ROOMS} - {"tinygrad_relu.node", "tinygrad_relu.backward"}:
        for n in ast.walk(tree(room)):
            if isinstance(n, ast.While):
                steps = {a.attr for a in ast.walk(n) if isinstance(a, ast.Attribute)}
                assert not steps & {"parents", "operands"}, f"{room}, line {n.lineno}"


#: Tests of what lies across the rooms: the laws, the README, the whole table, a browser.
ACROSS = {
    "hostile",
    "init",
    "pitfalls",
    "readme",
    "rooms",
    "ops.conventions",
    "ops.table",
    "ops.second_order",
}


def test_the_tests_mirror_the_rooms():
    for room in ROOMS:
        *folders, name = room.split(".")[1:]
        path = TESTS.joinpath(*folders, f"test_{name}.py")
        assert path.exists() or lists(room), f"{room} has no {path.relative_to(TESTS)}"
    for path in {*TESTS.rglob("test_*.py")} - {*TESTS.glob("demos/*")}:
        *folders, name = path.relative_to(TESTS).with_suffix("").parts
        room = ".".join([*folders, name.removeprefix("test_")])
        script = ROOT.joinpath(*folders, f"{name.removeprefix('test_')}.js").exists()
        assert f"tinygrad_relu.{room}" in ROOMS or script or room in ACROSS, f"{path} has no room"


def of_ints(n: ast.expr) -> bool:
    """Whether a literal is made of whole numbers alone."""
    if isinstance(n, ast.UnaryOp):
        return of_ints(n.operand)
    if isinstance(n, ast.List | ast.Tuple):
        return bool(n.elts) and all(map(of_ints, n.elts))
    return isinstance(n, ast.Constant) and type(n.value) is int


def leaves_the_width(call: ast.Call) -> bool:
    """Whether a call makes integers as wide as the platform has them: 32 bits in WebAssembly."""
    function = ast.unparse(call.func)
    if any(ast.unparse(a) == "int" for a in (*call.args, *(k.value for k in call.keywords))):
        return function.startswith("np.") or function.endswith(".astype")
    if any(k.arg == "dtype" for k in call.keywords):
        return False
    if function == "np.arange":
        return not any(type(getattr(n, "value", 0)) is float for n in ast.walk(call))
    data = {"np.array": 0, "np.asarray": 0, "np.full": 1}.get(function, 9)
    return len(call.args) == data + 1 and of_ints(call.args[data])


@pytest.mark.parametrize(
    "code", ["np.array([1, 2])", "np.full(3, -1)", "x.astype(int)", "np.arange(n)"]
)
def test_integers_without_a_width_are_found(code):
    assert leaves_the_width(ast.parse(code, mode="eval").body)


def test_integers_say_their_width():
    for path in (p for place in (ROOT, TESTS) for p in place.rglob("*.py")):
        calls = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
        open_ones = [f"{path}:{n.lineno}" for n in calls if leaves_the_width(n)]
        assert not open_ones, f"write np.int64: {open_ones}"
