"""How a call of an op is bound: its operands first, then its settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tinygrad_relu.arrays import unmasked
from tinygrad_relu.foreign import misnamed
from tinygrad_relu.messages import describe

#: What a setting is annotated with → what makes or refuses it; `ops.settings` has them.
KINDS: dict[Any, Callable[[Any, str, str], Any]] = {}


class Signature:
    """The parameters of the forward of the op `name`.

    `operands` come first, what gradients flow into; -1 is any number of them, as ``*operands``, and
    then settings are keyword-only. As many `settings` follow, such as an axis. `usual` are those of
    a call that gives operands only; None if one has no default.
    """

    def __init__(self, forward: Callable[..., Any], operands: int) -> None:
        code = forward.__code__  # inspect.signature tells the same, and takes longer
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        defaults = forward.__defaults__ or ()
        self.name = forward.__name__.strip("_")
        self.operands, self.settings = operands, len(names) - max(operands, 0)
        self._forward, self._names = forward, names
        types = {n: getattr(t, "__name__", t) for n, t in forward.__annotations__.items()}
        self._kinds = [(n, KINDS.get(types.get(n), unmasked)) for n in names[max(operands, 0) :]]
        self._defaults = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        self._defaults |= forward.__kwdefaults__ or {}
        some = len(defaults) - self.settings
        self.usual = defaults[some:] if some >= 0 else None

    def bind(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
        """All operands, and all settings, in order, defaults filled in."""
        rest = self._names[len(args) if self.operands >= 0 else 0 :]
        if not named.keys() <= set(rest) <= named.keys() | self._defaults.keys():
            raise self._misfit(args, named)
        args += tuple([named[n] if n in named else self._defaults[n] for n in rest])
        cut = len(args) - self.settings
        if self.operands not in (cut, -1):
            raise self._misfit(args, {})
        chosen = list(args[cut:])
        for i, (n, kind) in enumerate(self._kinds):
            a = chosen[i]
            if a.__class__ is not float or kind is not KINDS["float"]:  # else as it should be
                if hasattr(a, "__apply__"):
                    raise TypeError(
                        f"{self.name}: {n} has no rule: it is a plain number, not {describe(a)}"
                    )
                chosen[i] = kind(a, self.name, n)
        return args[:cut], tuple(chosen)

    def _misfit(self, args: tuple[Any, ...], named: dict[str, Any]) -> TypeError:
        """What does not fit, in Python's own words."""
        call = inspect.signature(self._forward)
        plain = inspect.Signature([p.replace(annotation=p.empty) for p in call.parameters.values()])
        try:
            call.bind(*args, **named)
        except TypeError as error:
            return TypeError(f"{self.name}{plain}: {error}{misnamed(named, self._names)}")
        raise AssertionError(f"{self.name} takes {args} and {named}")

    def by_place(self) -> Callable[..., Any]:
        """The forward, with operands and settings all given by place."""
        if self.operands >= 0:
            return self._forward

        def forward(*data: Any) -> Any:
            cut = len(data) - self.settings
            return self._forward(*data[:cut], **dict(zip(self._names, data[cut:], strict=True)))

        return forward
