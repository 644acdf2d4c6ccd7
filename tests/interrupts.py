"""Ctrl-C where Python looks for one: after a call, at the start of a function, in a loop."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import tinygrad_relu

HERE = str(Path(tinygrad_relu.__file__).parent)
AFTER = {n for name, n in dis.opmap.items() if name.startswith("CALL")}
LOOP = {n for name, n in dis.opmap.items() if name.startswith("JUMP_BACKWARD")}


def interrupted(work: Callable[[], object], skip: Callable[[FrameType], bool]) -> Iterator[int]:
    """Run `work` until it is through, interrupted one place further on in each run."""
    for place in range(1, 100_000):
        if not _interrupted_at(place, work, skip):
            return
        yield place
    raise AssertionError("the work has no end")


def _interrupted_at(
    place: int, work: Callable[[], object], skip: Callable[[FrameType], bool]
) -> bool:
    seen = 0
    last: dict[FrameType, int] = {}

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(HERE) or skip(frame):
            return None
        frame.f_trace_opcodes = True
        now = frame.f_code.co_code[frame.f_lasti] if event == "opcode" else -1
        seen += event == "call" or now in LOOP or (event == "opcode" and last.get(frame) in AFTER)
        if event == "opcode":
            last[frame] = now
        if seen >= place:
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False
