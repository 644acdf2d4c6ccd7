"""The laws of the house."""

import ast
import importlib
import pkgutil
import sys
from pathlib import Path

import tinygrad_relu as tg

ROOT = Path(tg.__file__).parent
ROOMS = [m.name for m in pkgutil.walk_packages(tg.__path__, "tinygrad_relu.")]

#: The engine, in order: each imports only what stands before it.
ORDER = (
    *("arrays", "messages", "signature", "node", "modes", "op", "ops", "stale", "anomaly"),
    *("rule", "backward", "methods", "value", "lanes", "closure"),
)


def source(room: str) -> str:
    """The text of a room."""
    path = ROOT.joinpath(*room.split(".")[1:])
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


def imports(room: str) -> set[str]:
    """The rooms that a room opens, when it is read or later; for a type checker only: not."""
    tree = ast.parse(source(room))
    typed = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE" in ast.unparse(n.test)]
    skipped = {id(n) for branch in typed for n in ast.walk(branch)}
    found = set()
    for n in ast.walk(tree):
        if isinstance(n, ast.ImportFrom) and id(n) not in skipped:
            names = {f"{n.module}.{a.name}" for a in n.names}
            found |= (names & {*ROOMS}) or {n.module}
    return (found & {*ROOMS}) - {room}


def test_no_room_is_hidden_by_what_is_in_it():
    for room in ROOMS:
        importlib.import_module(room)
        parent, _, name = room.rpartition(".")
        assert getattr(sys.modules[parent], name) is sys.modules[room], room
        names: dict[str, object] = {}
        exec(f"import {room} as x", names)
        assert names["x"] is sys.modules[room]


def test_no_import_circle():
    left = {room: imports(room) for room in ROOMS}
    while left:
        free = {room for room, needs in left.items() if not needs & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {room: needs for room, needs in left.items() if room not in free}


def test_no_arrow_up():
    place = {f"tinygrad_relu.{name}": i for i, name in enumerate(ORDER)}
    for room in place:
        for other in imports(room):
            top = ".".join(other.split(".")[:2])
            assert top == room or place.get(top, 99) < place[room], f"{room} imports {other}"


def test_the_engine_is_small():
    lines = {
        room: source(f"tinygrad_relu.{room}").count("\n") for room in ("value", "op", "backward")
    }
    assert sum(lines.values()) <= 600, lines
    assert max(lines.values()) <= 280, lines


def test_dir_lists_what_is_public():
    assert {"draw", "fit", "nn", "lab", "gradcheck", "Value", "relu"} <= {*dir(tg)}
    assert not {"np", "sys", "types", "lanes", "value"} & {*dir(tg)}
    assert all(getattr(tg, name) is not None for name in dir(tg))
