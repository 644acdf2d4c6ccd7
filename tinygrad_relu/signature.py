"""How a call of an op is bound: its operands first, then its settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tinygrad_relu.foreign import misnamed
from tinygrad_relu.messages import describe


class Signature:
    """The parameters of a forward.

    Attributes
    ----------
    name : str
        Of the op, in messages.
    operands : int
        How many come first: what gradients flow into. -1: any number, as ``*operands``, and the
        settings are keyword-only.
    settings : int
        How many follow: what gradients do not flow into, such as an axis.
    usual : tuple or None
        The settings of a call that gives operands only; None if one of them has no default.
    """

    __slots__ = ("_defaults", "_forward", "_names", "name", "operands", "settings", "usual")

    def __init__(self, forward: Callable[..., Any], operands: int) -> None:
        code = forward.__code__  # inspect.signature tells the same, and takes longer
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        defaults = forward.__defaults__ or ()
        self.name = forward.__name__.strip("_")
        self.operands, self.settings = operands, len(names) - max(operands, 0)
        self._forward, self._names = forward, names
        self._defaults = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        self._defaults |= forward.__kwdefaults__ or {}
        some = len(defaults) - self.settings
        self.usual = defaults[some:] if some >= 0 else None

    def bind(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
        """All operands, and all settings, in order, defaults filled in."""
        if not named and len(args) == self.operands and self.usual is not None:
            return args, self.usual
        rest = self._names[len(args) if self.operands >= 0 else 0 :]
        if not named.keys() <= set(rest) <= named.keys() | self._defaults.keys():
            raise self._misfit(args, named)
        args += tuple([named[n] if n in named else self._defaults[n] for n in rest])
        cut = len(args) - self.settings
        if self.operands not in (cut, -1):
            raise self._misfit(args, {})
        for a in args[cut:]:
            if hasattr(a, "__apply__"):
                raise TypeError(f"{self.name}: a setting is a plain number, not {describe(a)}")
        return args[:cut], args[cut:]

    def _misfit(self, args: tuple[Any, ...], named: dict[str, Any]) -> TypeError:
        """What does not fit, in Python's own words."""
        signature = inspect.signature(self._forward)
        plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
        try:
            signature.bind(*args, **named)
        except TypeError as error:
            told = "; ".join(filter(None, (str(error), misnamed(named, self._names))))
            return TypeError(f"{self.name}{inspect.Signature(plain)}: {told}")
        raise AssertionError(f"{self.name} takes {args} and {named}")

    def by_place(self) -> Callable[..., Any]:
        """The forward, with operands and settings all given by place."""
        if self.operands >= 0:
            return self._forward

        def forward(*data: Any) -> Any:
            cut = len(data) - self.settings
            return self._forward(*data[:cut], **dict(zip(self._names, data[cut:], strict=True)))

        return forward
