"""Checkpoints: all that a training needs to go on, in one file, whole or not at all."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.files import replacing
from tinygrad_relu.nn.module import Module
from tinygrad_relu.optim import Optimiser

Generators = dict[str, np.random.Generator]


def generators(model: Module, rng: np.random.Generator) -> Generators:
    """Every source of randomness in use: the order of the examples, and those of layers."""
    inside = {name: getattr(module, "_rng", None) for name, module in model.named_modules()}
    return {"order": rng} | {f"layer {n}": g for n, g in inside.items() if g is not None}


def save(
    path: Path,
    model: Module,
    optimiser: Optimiser,
    sources: Generators,
    best: dict[str, Any],
    about: dict[str, Any],
) -> None:
    """Write a checkpoint: states, the best parameters so far, and what `about` says as JSON."""
    states = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "best": best}
    arrays = {f"{part}/{k}": v for part, state in states.items() for k, v in state.items()}
    told = {
        **about,
        "optimiser": type(optimiser).__name__,
        "generators": {name: _plain(g.bit_generator.state) for name, g in sources.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, about=np.array(json.dumps(told)), **arrays)


def load(
    path: Path, model: Module, optimiser: Optimiser, sources: Generators
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Go back to what `save` wrote; gives the best parameters, and what it was told.

    Raises
    ------
    ValueError
        If the file is none of this training: with its path, and why. Then nothing was changed.
    """
    try:
        states, about = _read(path.read_bytes())
        kind, saved = about["optimiser"], about["generators"]
        here = {name: type(g.bit_generator).__name__ for name, g in sources.items()}
        there = {name: state["bit_generator"] for name, state in saved.items()}
        for name, state in saved.items():
            if here.get(name) == there[name]:
                type(sources[name].bit_generator)().state = _restored(state)  # on trial
        shapes, best = (
            {name: array.shape for name, array in states[part].items()}
            for part in ("model", "best")
        )
        if best and best != shapes:
            raise ValueError("its best parameters are not those of its model")
    except OSError:
        raise
    except Exception as error:  # whatever a damaged file makes its readers say
        raise ValueError(
            f"{path} is no checkpoint of a training, or is damaged "
            f"({type(error).__name__}: {error}): nothing was changed. Give another path"
        ) from error
    if (kind, there) != (type(optimiser).__name__, here):
        raise ValueError(
            f"{path} is of another training: it has {_words(kind, there)}, and here is "
            f"{_words(type(optimiser).__name__, here)}. Nothing was changed"
        )
    before = optimiser.state, [dict(group) for group in optimiser.param_groups]
    try:
        optimiser.load_state_dict(states["optimiser"])
        model.load_state_dict(states["model"])
    except (ValueError, TypeError) as error:
        optimiser.state = before[0]
        for group, settings in zip(optimiser.param_groups, before[1], strict=True):
            group |= settings
        raise ValueError(f"{path}: {error}") from None
    for name, state in saved.items():
        sources[name].bit_generator.state = _restored(state)
    return states["best"], about


def _read(content: bytes) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """States by part, and what is said about them; anything may be raised."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if damaged := archive.testzip():  # before a damaged header asks for all the memory
            raise zipfile.BadZipFile(f"{damaged} is damaged")
    states: dict[str, dict[str, Any]] = {"model": {}, "optimiser": {}, "best": {}}
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
        for key in file.files:
            part, _, name = key.partition("/")
            if part in states:
                states[part][name] = file[key]
    told = [*about["rows"], about["best"]] if "watched" in about else about["rows"]
    if not all(isinstance(part[key], int | float) for part in told for key in ("epoch", "loss")):
        raise ValueError("it does not say which epochs were done")
    about["step"] += 0
    return states, about


def _plain(state: Any) -> Any:
    """A generator's state in the terms of JSON."""
    if isinstance(state, dict):
        return {key: _plain(part) for key, part in state.items()}
    if isinstance(state, np.ndarray):
        return {"array": state.tolist(), "dtype": str(state.dtype)}
    return state.item() if isinstance(state, np.generic) else state


def _restored(state: Any) -> Any:
    if not isinstance(state, dict):
        return state
    if state.keys() == {"array", "dtype"}:
        return np.array(state["array"], state["dtype"])
    return {key: _restored(part) for key, part in state.items()}


def _words(kind: str, sources: dict[str, str]) -> str:
    return ", ".join([kind, *(f"{name} ({generator})" for name, generator in sources.items())])
