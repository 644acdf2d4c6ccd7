"""Module and Parameter: what a network is made of, and how its parts get their names.

A Module is a plain object. Whatever Modules and Parameters its attributes hold, in lists and
dicts too, are its parts; arrays are its buffers: state that is saved but not trained. A part is
named by the attribute that holds it, ``"encoder.0.weight"``, and told its name when it is
assigned, so that messages and pictures can say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from tinygrad_relu import modes
from tinygrad_relu.arrays import unmasked
from tinygrad_relu.foreign import MODULE, teach, translate
from tinygrad_relu.options import flag, instance
from tinygrad_relu.value import Value

#: The modules that this thread looks at, by id: whatever else trains them goes on training.
_evaluated: ContextVar[frozenset[int]] = ContextVar("evaluated", default=frozenset())


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Dropout off and normalisation by its running statistics, for what is inside.

    The modules themselves are not touched, so others may train them at the same time.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> net = nn.Sequential(nn.Dropout(0.5))
    >>> with evaluating(net):
    ...     net.training, net[0].training
    (False, False)
    >>> net.training
    True
    """
    parts = model.named_modules() if isinstance(model, Module) else ()
    token = _evaluated.set(_evaluated.get().union(id(module) for _, module in parts))
    try:
        yield
    finally:
        _evaluated.reset(token)


class Parameter(Value):
    """A leaf that training changes.

    Examples
    --------
    >>> Parameter([1.0, 2.0], label="weight")
    Value([1., 2.], label='weight')
    """

    __slots__ = ()


class Module:
    """A layer or a network: parameters, and a `forward` that uses them.

    Examples
    --------
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Parameter(2.0), Parameter(1.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data
    7.0
    >>> line.state_dict()
    {'slope': array(2.), 'offset': array(1.)}
    """

    #: Whether `forward` makes one node. It is then marked with its scope, which is quicker.
    single = False

    _training = True
    _name = ""  # the attribute of the owner that holds this module
    _mark: dict[str, Any]  # the notes of a node made here

    def forward(self, *inputs: Any) -> Any:
        """Compute the output: what a subclass writes."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *inputs: Any) -> Any:
        """Run `forward`; the nodes it makes have the module's name in their scope."""
        if not self._name:
            return self.forward(*inputs)
        if not self.single:
            with modes.scope(self._name):
                return self.forward(*inputs)
        y = self.forward(*inputs)
        if y.__class__ is Value and y.op is not None and y is not inputs[0]:
            if modes.active:
                y.annotate(scope=(*modes.current().scope, self._name))
            else:
                y._notes = self._mark  # notes are replaced, never changed: nodes may share them
        return y

    @property
    def _who(self) -> str:
        """The kind of module and its name, for messages."""
        kind = type(self).__name__
        return f"{kind} {self._name!r}" if self._name else kind

    def __setattr__(self, key: str, value: Any) -> None:
        if isinstance(value, set | frozenset) and any(True for _ in _parts("", [*value])):
            raise TypeError(
                f"{self._who}: parts in a set have no names: give {key} a list or a dict"
            )
        parts = [*_parts(key, value)]
        if len({name for name, _ in parts}) < len(parts):
            raise ValueError(
                f"{self._who}: two parts in {key} have one name: {sorted(n for n, _ in parts)}"
            )
        super().__setattr__(key, value)
        for name, part in parts:
            if isinstance(part, Parameter):
                part.label = name
            elif isinstance(part, Module):
                vars(part).update(_name=name, _mark={"scope": (name,)})
                for dotted, parameter in part.named_parameters(name):
                    parameter.label = dotted

    @property
    def training(self) -> bool:
        """Whether the module is being trained: Dropout and BatchNorm behave otherwise if not."""
        return self._training and id(self) not in _evaluated.get()

    @training.setter
    def training(self, mode: bool) -> None:
        self._training = bool(mode)

    # --- the parts -----------------------------------------------------------------------

    def parts(self) -> Iterator[tuple[str, Any]]:
        """Name and object of every Module, Parameter and buffer held directly."""
        for key, value in vars(self).items():
            yield from _parts(key, value)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside it, with dotted names; its own is `prefix`."""
        yield prefix, self
        for name, part in self.parts():
            if isinstance(part, Module):
                yield from part.named_modules(_dotted(prefix, name))

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every Parameter once, with its dotted name.

        Examples
        --------
        >>> from tinygrad_relu import nn
        >>> [name for name, _ in nn.MLP(2, [3, 1]).named_parameters()]
        ['0.weight', '0.bias', '2.weight', '2.bias']
        """
        seen = set()
        for name, part in self._state(prefix):
            if isinstance(part, Parameter) and id(part) not in seen:
                seen.add(id(part))
                yield name, part

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Every buffer, with its dotted name."""
        for name, part in self._state(prefix):
            if not isinstance(part, Parameter):
                yield name, part

    def parameters(self) -> list[Parameter]:
        """Every Parameter once."""
        return [parameter for _, parameter in self.named_parameters()]

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        for owner, module in self.named_modules(prefix):
            for name, part in module.parts():
                if not isinstance(part, Module):
                    yield _dotted(owner, name), part

    # --- what is done to all of them -----------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Prepare for training, or with `mode` False for use; returns the module."""
        mode = flag("train", "mode", mode)
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Prepare for use: no dropout, running statistics."""
        return self.train(False)

    def to(self, dtype: Any) -> Self:
        """Keep every array of parameters and buffers in float32 or float64; returns the module.

        Gradients are forgotten, and graphs made with the old numbers are stale.

        Raises
        ------
        TypeError
            If `dtype` is neither.

        Examples
        --------
        >>> from tinygrad_relu import nn
        >>> model = nn.MLP(2, [3, 1]).to(np.float32)
        >>> model(np.ones((4, 2), np.float32)).dtype
        dtype('float32')
        """
        try:
            kind = np.dtype(dtype)
        except TypeError:
            kind = None
        if kind not in (np.float32, np.float64):
            who = f"{type(self).__name__}.to"
            raise TypeError(f"{who}: a network is kept in float32 or float64, not {dtype!r:.60}")
        for parameter in self.parameters():
            parameter.grad = None
            if parameter.ndim:
                parameter._data = parameter._data.astype(kind)
                parameter.data = parameter._data  # assigned, so that old graphs know
        for _, module in self.named_modules():
            vars(module).update({k: _cast(value, kind) for k, value in vars(module).items()})
        return self

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter."""
        for parameter in self.parameters():
            parameter.grad = None

    # --- saving and loading --------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A copy of every parameter and buffer, as arrays by dotted name.

        Names and layout are those of PyTorch, so that the same torch.nn model loads it:
        ``safetensors.numpy.save_file(model.state_dict(), path)``.
        """
        return {name: np.array(_data(part), order="C") for name, part in self._state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over arrays by dotted name, as `state_dict` gives them.

        Raises
        ------
        ValueError
            If a name is missing or unexpected, or an array of another shape or no numbers: the
            message lists them all, and nothing has been changed.
        """
        wanted = "a dict of arrays by name, as model.state_dict() gives"
        instance("load_state_dict", "state", state, Mapping, wanted)
        parts = dict(self._state())
        arrays = {name: np.asarray(unmasked(array, name)) for name, array in state.items()}
        wrong = [f"missing: {name}" for name in parts.keys() - arrays.keys()]
        wrong += [f"unexpected: {name}" for name in arrays.keys() - parts.keys()]
        for name in parts.keys() & arrays.keys():
            have, given = np.shape(_data(parts[name])), arrays[name].shape
            if have != given:
                wrong.append(f"shape: {name} is {have} here and {given} in the state")
            elif arrays[name].dtype.kind not in "fiub":
                wrong.append(f"no real numbers: {name} is of {arrays[name].dtype}")
        if wrong:
            raise ValueError(
                f"this state does not fit this {type(self).__name__}, and nothing was changed:\n  "
                + "\n  ".join(sorted(wrong))
            )
        for name, part in parts.items():
            if isinstance(part, Parameter):
                part.data = arrays[name]
            else:
                part[...] = arrays[name]

    def __repr__(self) -> str:
        about, inside = [], []
        for key, value in vars(self).items():
            if key[0] != "_" and isinstance(value, int | float | str | tuple):
                about.append(f"{key}={value!r}")
        for name, part in self.parts():
            if isinstance(part, Module):
                inside.append(f"  ({name}): " + repr(part).replace("\n", "\n  "))
        lines = "\n" + "\n".join(inside) + "\n" if inside else ""
        return f"{type(self).__name__}({', '.join(about)}{lines})"


teach(Module, "a Module", MODULE)
translate("zero_grad", Module)


def _parts(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The Modules, Parameters and arrays in an attribute, through lists and dicts, with names."""
    if isinstance(value, Module | Parameter | np.ndarray):
        yield key, value
    elif isinstance(value, list | tuple | dict):
        for i, element in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _parts(f"{key}.{i}", element)


def _cast(value: Any, dtype: np.dtype[Any]) -> Any:
    """The buffers in an attribute, through lists and dicts, in another dtype."""
    if isinstance(value, list | tuple | dict) and any(True for _ in _parts("", value)):
        if not isinstance(value, dict):
            return type(value)(_cast(element, dtype) for element in value)
        value.update({key: _cast(element, dtype) for key, element in value.items()})
        return value
    floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(dtype) if floats else value


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _data(part: Any) -> Any:
    return part.data if isinstance(part, Parameter) else part
