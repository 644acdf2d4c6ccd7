"""The training loop: epochs of mini-batches, early stop, and checkpoints to go on from."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.files import replacing
from tinygrad_relu.foreign import translating
from tinygrad_relu.modes import no_grad
from tinygrad_relu.nn.init import Seed
from tinygrad_relu.nn.module import Module, evaluating
from tinygrad_relu.optim import Optimiser
from tinygrad_relu.options import function, instance
from tinygrad_relu.progress import progress_bar

Labelled = tuple[Any, Any]  #: inputs and targets
Row = dict[str, float]


def batches(data: Sequence[Any], size: int, rng: Seed = None) -> Iterator[tuple[Any, ...]]:
    """Go once through arrays of one length, in random order, `size` examples at a time.

    The last batch may be smaller.

    Raises
    ------
    ValueError
        If the arrays differ in length, or are empty.

    Examples
    --------
    >>> [len(x) for x, y in batches((np.zeros(5), np.zeros(5)), 2, rng=0)]
    [2, 2, 1]
    """
    data = [a if hasattr(a, "shape") else np.asarray(a) for a in data]
    lengths = [len(a) for a in data]
    if len(set(lengths)) != 1 or not lengths[0]:
        raise ValueError(f"the arrays have {lengths} examples: they need the same number, above 0")
    if size < 1:
        raise ValueError(f"a batch has at least one example, not {size}")
    order = np.random.default_rng(rng).permutation(lengths[0])
    for start in range(0, lengths[0], size):
        chosen = order[start : start + size]
        yield tuple(a[chosen] for a in data)


def accuracy(model: Any, X: Any, y: Any) -> float:
    """Share of the examples whose largest output is the right class.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> accuracy(nn.Identity(), np.eye(4), np.array([0, 1, 2, 0]))
    0.75
    """
    with evaluating(model), no_grad():
        scores = model(X)
    return float(np.mean(np.argmax(scores, axis=-1) == y))


@dataclass
class Training:
    """How far a training is: what callbacks are given after every step.

    Attributes
    ----------
    model : Module
    optimiser : Optimiser
    rows : list of dict
        One a finished epoch: ``{"epoch": 1, "loss": …}``, with ``"validation"`` if asked for.
    step : int
        Steps done, from 1.
    loss : float
        Of the last batch.
    epoch_ended : bool
        Whether this step was the last of its epoch, and `rows` has a new row.
    stop : bool
        Set it to end the training after this epoch.
    """

    model: Module
    optimiser: Optimiser
    rows: list[Row] = field(default_factory=list)
    step: int = 0
    loss: float = float("nan")
    epoch_ended: bool = False
    stop: bool = False


@translating
def fit(
    model: Module,
    data: Labelled,
    loss: Callable[[Any, Any], Any],
    optimiser: Optimiser,
    epochs: int,
    batch_size: int = 32,
    validation: Labelled | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callable[[Training], Any]] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = True,
    rng: Seed = None,
) -> list[Row]:
    """Train `model` and return a row of results for each epoch.

    Parameters
    ----------
    model : Module
    data : pair of arrays
        Inputs and targets.
    loss : callable
        ``loss(prediction, target)``, as `mse_loss`.
    optimiser : Optimiser
    epochs : int
        How often to go through the data, in all.
    batch_size : int
    validation : pair of arrays, optional
        Its loss is computed after each epoch, and watched by `patience`.
    patience : int, optional
        Stop after so many epochs without a smaller loss, and go back to the best parameters.
    callbacks : iterable of callable
        Each is called with the `Training` after every step.
    checkpoint : path, optional
        A file written after each epoch, all or nothing. If it is there at the start, the
        training goes on from it, and the result is the same as without the break.
    progress : bool
        Show a bar, if tqdm is installed.
    rng : int or Generator, optional
        The order of the examples.

    Raises
    ------
    FloatingPointError
        From the optimiser, if a gradient is not finite.
    ValueError
        If `data` do not fit together, the optimiser has no parameter of the model, or the
        checkpoint is of another model or optimiser.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> data = tg.lab.curve(np.abs, 200, rng=0)
    >>> model = tg.nn.MLP(1, [8, 1], rng=0)
    >>> optimiser = tg.optim.Adam(model.named_parameters(), lr=0.02)
    >>> rows = tg.fit(model, data, tg.mse_loss, optimiser, epochs=20, progress=False, rng=0)
    >>> rows[0]["loss"] > 10 * rows[-1]["loss"]
    True
    """
    instance("fit", "model", model, Module, "a Module, such as nn.MLP(2, [8, 1])")
    function("fit", "loss", loss, "a function of prediction and target, as tg.mse_loss")
    wanted = "an Optimiser, such as optim.SGD(model.parameters(), lr=0.1)"
    instance("fit", "optimiser", optimiser, Optimiser, wanted)
    if {*map(id, model.parameters())}.isdisjoint(map(id, optimiser.parameters)):
        raise ValueError("the optimiser has no parameter of this model: nothing would be learnt")
    rng = np.random.default_rng(rng)
    training = Training(model, optimiser)
    best: dict[str, Any] = {}
    if checkpoint is not None and Path(checkpoint).exists():
        best = _load(Path(checkpoint), training, rng)
    watched = "validation" if validation is not None else "loss"
    callbacks = list(callbacks)
    with progress_bar(epochs, show=progress, done=len(training.rows), unit="epoch") as bar:
        while len(training.rows) < epochs and not _is_over(training.rows, watched, patience):
            mean = _epoch(training, batches(data, batch_size, rng), loss, callbacks)
            row = {"epoch": len(training.rows) + 1, "loss": mean}
            if validation is not None:
                row["validation"] = _loss_on(model, validation, loss, batch_size)
            training.rows.append(row)
            if patience is not None and _best(training.rows, watched) == len(training.rows) - 1:
                best = model.state_dict()
            training.epoch_ended = True
            for callback in callbacks:
                callback(training)
            if checkpoint is not None:
                _save(Path(checkpoint), training, rng, best)
            bar.update()
            bar.set_postfix(row)
            if training.stop:
                break
    if best:
        model.load_state_dict(best)
    return training.rows


def _epoch(
    training: Training,
    some: Iterator[tuple[Any, ...]],
    loss: Callable[[Any, Any], Any],
    callbacks: list[Callable[[Training], Any]],
) -> float:
    """Go once through the batches; the mean loss. The last step's callbacks are left to `fit`."""
    training.epoch_ended = False
    training.model.train()
    total, count = 0.0, 0
    for number, (x, target) in enumerate(some):
        if number:
            for callback in callbacks:
                callback(training)
        training.optimiser.zero_grad()
        value = loss(training.model(x), target)
        value.backward()
        training.optimiser.step()
        training.step += 1
        training.loss = value.item()
        total += training.loss * len(x)
        count += len(x)
    return total / count


def _loss_on(
    model: Module, data: Labelled, loss: Callable[[Any, Any], Any], batch_size: int
) -> float:
    X, y = data
    total = 0.0
    with evaluating(model), no_grad():
        for start in range(0, len(X), batch_size):
            part = slice(start, start + batch_size)
            total += float(loss(model(X[part]), y[part])) * len(X[part])
    return total / len(X)


def _best(rows: list[Row], watched: str) -> int:
    return int(np.argmin(np.nan_to_num([row[watched] for row in rows], nan=np.inf)))


def _is_over(rows: list[Row], watched: str, patience: int | None) -> bool:
    return patience is not None and bool(rows) and len(rows) - 1 - _best(rows, watched) >= patience


# --- checkpoints --------------------------------------------------------------------------


def _generators(model: Module, rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """Every source of randomness in use: the order of the examples, and those of layers."""
    inside = {name: getattr(module, "_rng", None) for name, module in model.named_modules()}
    return {"order": rng} | {f"layer {n}": g for n, g in inside.items() if g is not None}


def _save(path: Path, training: Training, rng: np.random.Generator, best: dict[str, Any]) -> None:
    """Write all that the training needs to go on."""
    states = {"model": training.model.state_dict(), "optimiser": training.optimiser.state_dict()}
    arrays = {
        f"{part}/{k}": v for part, s in {**states, "best": best}.items() for k, v in s.items()
    }
    generators = _generators(training.model, rng)
    about = {
        "optimiser": type(training.optimiser).__name__,
        "rows": training.rows,
        "step": training.step,
        "generators": {name: g.bit_generator.state for name, g in generators.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, about=np.array(json.dumps(about)), **arrays)


def _load(path: Path, training: Training, rng: np.random.Generator) -> dict[str, Any]:
    """Go back to what `_save` wrote; returns the best parameters so far."""
    states: dict[str, dict[str, Any]] = {"model": {}, "optimiser": {}, "best": {}}
    try:
        with zipfile.ZipFile(path), np.load(path) as file:
            about = json.loads(str(file["about"]))
            there = about["optimiser"], *about["generators"]
            for key in file.files:
                part, _, name = key.partition("/")
                if part in states:
                    states[part][name] = file[key]
    except (zipfile.BadZipFile, KeyError):
        raise ValueError(f"{path} is no checkpoint of a training: give another path") from None
    before = training.model.state_dict()
    training.model.load_state_dict(states["model"])
    generators = _generators(training.model, rng)
    here = type(training.optimiser).__name__, *generators
    try:
        if here != there:
            raise ValueError(f"{path} is of another training, with {there} instead of {here}")
        training.optimiser.load_state_dict(states["optimiser"])
    except ValueError:
        training.model.load_state_dict(before)
        raise
    training.rows, training.step = about["rows"], about["step"]
    for name, generator in generators.items():
        generator.bit_generator.state = about["generators"][name]
    return states["best"]
