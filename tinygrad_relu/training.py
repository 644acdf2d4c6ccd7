"""The training loop: epochs of mini-batches, early stop, and checkpoints to go on from."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu import checkpoints
from tinygrad_relu.arrays import unmasked
from tinygrad_relu.foreign import translating
from tinygrad_relu.modes import no_grad
from tinygrad_relu.nn.init import Seed
from tinygrad_relu.nn.module import Module, evaluating
from tinygrad_relu.optim import Optimiser
from tinygrad_relu.options import file_path, flag, function, generator, instance, whole
from tinygrad_relu.progress import progress_bar
from tinygrad_relu.value import Value

Labelled = tuple[Any, Any]  #: inputs and targets
Row = dict[str, float]


def batches(
    data: Sequence[Any], size: int, rng: Seed = None, drop_last: bool = False
) -> Iterator[tuple[Any, ...]]:
    """Go once through arrays of one length, in random order, `size` examples at a time.

    The last batch may be smaller; with `drop_last` it is left out then.

    Raises
    ------
    ValueError
        If the arrays differ in length, or are empty.

    Examples
    --------
    >>> [len(x) for x, y in batches((np.zeros(5), np.zeros(5)), 2, rng=0)]
    [2, 2, 1]
    """
    arrays = _examples("batches", data)
    size, rng = whole("batches", "size", size), generator("batches", rng)
    drop_last = flag("batches", "drop_last", drop_last)
    count = len(arrays[0])
    order = rng.permutation(count)
    for start in range(0, count - count % size if drop_last else count, size):
        chosen = order[start : start + size]
        yield tuple(a[chosen] for a in arrays)


def _examples(who: str, data: Any) -> list[Any]:
    """Arrays that hold as many examples each, and at least one."""
    if isinstance(data, str | dict) or not isinstance(data, Iterable):
        raise TypeError(f"{who}: data are arrays of examples, as (X, y), not {data!r:.60}")
    arrays = [a if hasattr(a, "shape") else np.asarray(a) for a in data]
    arrays = [unmasked(a, who) for a in arrays]
    lengths = [len(a) if a.ndim else "no axis of" for a in arrays]
    if len(set(lengths)) != 1 or not arrays[0].ndim or not lengths[0]:
        raise ValueError(
            f"{who}: the arrays have {lengths} examples: they need the same number, above 0"
        )
    return arrays


def _pair(who: str, data: Any) -> Labelled:
    """Inputs and targets."""
    arrays = _examples(who, data)
    if len(arrays) != 2:
        raise ValueError(f"{who} takes a pair, inputs and targets, not {len(arrays)} arrays")
    return arrays[0], arrays[1]


def accuracy(model: Any, X: Any, y: Any) -> float:
    """Share of the examples whose largest output is the right class.

    Parameters
    ----------
    model : callable
        Gives an output for each class, on the last axis.
    X : array_like
    y : array_like
        The classes as whole numbers, (n,) or (n, 1); or a row for each example, with its largest
        element at the right class.

    Raises
    ------
    TypeError
        If `y` holds no numbers.
    ValueError
        If the model has one output, of which none is the largest, or `y` has another shape.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> accuracy(nn.Identity(), np.eye(4), np.array([0, 1, 2, 0]))
    0.75
    """
    function("accuracy", "model", model, "a function of X, such as a Module")
    X, y = _pair("accuracy", (X, y))
    with evaluating(model), no_grad():
        scores = model(X)
    scores, classes = (np.asarray(a.data if isinstance(a, Value) else a) for a in (scores, y))
    if scores.ndim < 2 or scores.shape[-1] < 2:
        raise ValueError(
            f"accuracy: the output has shape {scores.shape}, and the largest of two or more is "
            "asked for. Of one output, compare yourself: np.mean((model(X).data > 0) == y)"
        )
    if classes.dtype.kind not in "biuf":
        raise TypeError(f"accuracy: y holds classes as whole numbers, not {classes.dtype}")
    if classes.shape == scores.shape:
        classes = classes.argmax(axis=-1)
    elif classes.shape == (*scores.shape[:-1], 1):
        classes = classes[..., 0]
    if classes.shape != scores.shape[:-1]:
        raise ValueError(
            f"accuracy: classes of shape {classes.shape} do not fit an output of {scores.shape}"
        )
    return float(np.mean(scores.argmax(axis=-1) == classes))


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
    drop_last: bool = False,
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
        Stop after so many epochs without a smaller loss, and go back to the best parameters;
        0 and 1 stop at the first epoch that is no better. Without `validation`, the ``"loss"`` of
        a row is then measured on `data` at the end of its epoch, as that of what is kept;
        otherwise it is the mean over the batches, as they were learnt.
    callbacks : iterable of callable
        Each is called with the `Training` after every step.
    checkpoint : path, optional
        A file written after each epoch, all or nothing. If it is there at the start, the
        training goes on from it, and the result is the same as without the break.
    progress : bool
        Show a bar, if tqdm is installed.
    rng : int or Generator, optional
        The order of the examples.
    drop_last : bool
        Leave out the last batch of an epoch where it is smaller.

    Raises
    ------
    FloatingPointError
        From the optimiser, if a gradient is not finite.
    TypeError
        If an argument is of a wrong kind.
    ValueError
        If `data` do not fit together, the optimiser has no parameter of the model, a last batch
        of one example is too small for the model, or the checkpoint is of another training.
        Nothing has been changed then.

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
    epochs, batch_size = whole("fit", "epochs", epochs, 0), whole("fit", "batch_size", batch_size)
    if patience is not None:
        patience = whole("fit", "patience", patience, 0)
    rng, callbacks = generator("fit", rng), _callables(callbacks)
    data = _pair("fit", data)
    if validation is not None:
        validation = _pair("fit: validation", validation)
    rest = len(data[0]) % batch_size
    if flag("fit", "drop_last", drop_last) and rest == len(data[0]):
        raise ValueError(f"fit: drop_last leaves no batch of {batch_size} of {rest} examples")
    training, sources = Training(model, optimiser), checkpoints.generators(model, rng)
    if rest == 1 and not drop_last:
        _rehearse(training, data, loss, sources)
    watched = "validation" if validation is not None else "loss"
    best = _Best()
    if checkpoint is not None and file_path("fit", checkpoint).exists():
        state, about = checkpoints.load(Path(checkpoint), model, optimiser, sources)
        training.rows, training.step = about["rows"], about["step"]
        # what another run watched says nothing of this one: then the best is yet to come
        best = _Best(len(training.rows))
        if about.get("watched") == watched:
            best = _Best(about["best"]["epoch"], about["best"]["loss"], state)
    with progress_bar(epochs, show=progress, done=len(training.rows), unit="epoch") as bar:
        while len(training.rows) < epochs and not best.is_old(len(training.rows), patience):
            some = batches(data, batch_size, rng, drop_last)
            row = {"epoch": len(training.rows) + 1, "loss": _epoch(training, some, loss, callbacks)}
            if validation is not None:
                row["validation"] = _loss_on(model, validation, loss, batch_size)
            elif patience is not None:
                row["loss"] = _loss_on(model, data, loss, batch_size)
            training.rows.append(row)
            if patience is not None and row[watched] < best.loss:
                best = _Best(len(training.rows), row[watched], model.state_dict())
            training.epoch_ended = True
            for callback in callbacks:
                callback(training)
            if checkpoint is not None:
                about = {"rows": training.rows, "step": training.step}
                if patience is not None:
                    about |= {"watched": watched, "best": {"epoch": best.epoch, "loss": best.loss}}
                checkpoints.save(Path(checkpoint), model, optimiser, sources, best.state, about)
            bar.update()
            bar.set_postfix(row)
            if training.stop:
                break
    if best.state:
        model.load_state_dict(best.state)
    return training.rows


@dataclass
class _Best:
    """The epoch of the smallest loss so far, and the parameters at its end."""

    epoch: int = 0
    loss: float = math.inf
    state: dict[str, Any] = field(default_factory=dict)

    def is_old(self, epochs: int, patience: int | None) -> bool:
        return patience is not None and epochs - self.epoch >= max(patience, 1)


def _callables(given: Any) -> list[Callable[[Training], Any]]:
    listed = [] if callable(given) or not isinstance(given, Iterable) else list(given)
    if not isinstance(given, Iterable) or not all(map(callable, listed)):
        raise TypeError(f"fit: callbacks is a list of functions, as [monitor], not {given!r:.60}")
    return listed


def _rehearse(
    training: Training, data: Labelled, loss: Callable[..., Any], sources: checkpoints.Generators
) -> None:
    """Try a batch of one example, which may be too few to learn from, and leave no trace."""
    buffers = [(b, b.copy()) for _, b in training.model.named_buffers()]
    states = [(g.bit_generator, g.bit_generator.state) for g in sources.values()]
    training.model.train()
    try:
        with no_grad():
            loss(training.model(data[0][:1]), data[1][:1])
    except ValueError as error:
        raise ValueError(
            f"fit: of {len(data[0])} examples, the last batch has one, and {error}. Nothing was "
            "changed: give drop_last=True, or another batch_size"
        ) from None
    finally:
        for buffer, before in buffers:
            buffer[...] = before
        for source, state in states:
            source.state = state


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
