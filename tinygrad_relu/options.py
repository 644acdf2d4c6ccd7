"""What is given to a public function: refused at the door, with what was wanted."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tinygrad_relu.arrays import unmasked
from tinygrad_relu.value import Value

T = TypeVar("T")


def whole(who: str, name: str, given: Any, least: int = 1) -> int:
    """A count or a size, as an int.

    Parameters
    ----------
    who, name : str
        Whose option it is, for the message.
    given : int
    least : int
        The smallest that makes sense.

    Raises
    ------
    TypeError
        If it is no whole number.
    ValueError
        If it is less than `least`.

    Examples
    --------
    >>> whole("Linear", "in_features", "a")
    Traceback (most recent call last):
    TypeError: Linear: in_features is a whole number of at least 1, not 'a'
    """
    wanted = f"{who}: {name} is a whole number of at least {least}, not {_told(given)}"
    if isinstance(given, bool | np.bool_):
        raise TypeError(wanted)
    try:
        number = operator.index(given)
    except TypeError:
        raise TypeError(wanted) from None
    if not least <= number < 1 << 63:
        raise ValueError(wanted)
    return number


def axis(who: str, name: str, given: Any) -> int | None:
    """An axis, counted from either end, or None.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> axis("inspect_units", "unit_axis", "rows")
    Traceback (most recent call last):
    TypeError: inspect_units: unit_axis is a whole number or None, not 'rows'
    """
    if given is None:
        return None
    if isinstance(given, bool | np.bool_) or not hasattr(given, "__index__"):
        raise TypeError(f"{who}: {name} is a whole number or None, not {_told(given)}")
    return operator.index(given)


def wholes(who: str, name: str, given: Any, least: int = 1) -> int | tuple[int, ...]:
    """A size for every axis: one whole number for all of them, or a tuple.

    Examples
    --------
    >>> wholes("Conv2d", "stride", 2), wholes("Conv2d", "stride", [2, 1])
    (2, (2, 1))
    """
    if not isinstance(given, tuple | list):
        return whole(who, name, given, least)
    return tuple(whole(who, name, one, least) for one in given)


def real(
    who: str, name: str, given: Any, low: float = 0.0, below: float = math.inf, above: bool = False
) -> float:
    """A finite number in [low, below), or with `above` in (low, below), as a float.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is outside.

    Examples
    --------
    >>> real("SGD", "lr", -1.0)
    Traceback (most recent call last):
    ValueError: SGD: lr is at least 0, not -1.0
    """
    place = f"above {low:g}" if above else f"at least {low:g}" if low > -math.inf else ""
    limit = f"below {below:g}" if below < math.inf else ""
    within = " and ".join(filter(None, (place, limit))) or "a finite number"
    wanted = f"{who}: {name} is {within}, not {_told(given)}"
    if isinstance(given, str | bytes | list | tuple) or np.ndim(given):
        raise TypeError(wanted)
    try:
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(wanted) from None
    fits = low < number < below if above else low <= number < below
    if not (fits and math.isfinite(number)):
        raise ValueError(wanted)
    return number


def flag(who: str, name: str, given: Any) -> bool:
    """True or False.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> flag("SGD", "nesterov", "no")
    Traceback (most recent call last):
    TypeError: SGD: nesterov is True or False, not 'no'
    """
    if not isinstance(given, bool | np.bool_):
        raise TypeError(f"{who}: {name} is True or False, not {_told(given)}")
    return bool(given)


def generator(who: str, rng: Any, name: str = "rng") -> np.random.Generator:
    """The source of randomness that a seed stands for.

    Raises
    ------
    TypeError, ValueError
        If it is none that NumPy knows.

    Examples
    --------
    >>> generator("two_moons", "a")
    Traceback (most recent call last):
    TypeError: two_moons: rng is a seed (a whole number from 0), a Generator or None, not 'a'
    """
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{who}: {name} is a seed (a whole number from 0), a Generator or None, "
            f"not {_told(rng)}"
        ) from None


def item(what: str, index: Any, things: Sequence[T], there: str) -> T:
    """The thing at an index, from 0, or from the last as −1; by a slice, some, if not of a range.

    Parameters
    ----------
    what : str
        What one of them is called.
    index : int
    things : sequence
    there : str
        What there is, for the message.

    Raises
    ------
    TypeError
        If it is no index.
    IndexError
        If there is none.

    Examples
    --------
    >>> item("edge", 7, "ab", "there are 2")
    Traceback (most recent call last):
    IndexError: no edge at index 7: there are 2
    """
    try:
        if isinstance(index, slice) and not isinstance(things, range):
            return things[index]  # type: ignore[return-value]
        return things[operator.index(index)]
    except TypeError:
        raise TypeError(f"the index of a {what} is a whole number, not {_told(index)}") from None
    except IndexError:
        raise IndexError(f"no {what} at index {_told(index)}: {there}") from None


def examples(who: str, name: str, given: Any) -> Any:
    """An array of examples, as NumPy makes it of lists.

    Raises
    ------
    TypeError
        If its rows differ in length, or hold no real numbers.

    Examples
    --------
    >>> examples("Monitor", "X", [[1, 2], [3]])
    Traceback (most recent call last):
    TypeError: Monitor: X is an array of examples, real numbers, as many each, not [[1, 2], [3]]
    """
    try:
        array = np.asarray(unmasked(given, f"{who}: {name}"))
    except ValueError:
        array = None
    if array is None or array.dtype.kind not in "fiub":
        wanted = f"{who}: {name} is an array of examples, real numbers, as many each"
        raise TypeError(f"{wanted}, not {_told(given)}")
    return array


def instance(who: str, name: str, given: Any, kinds: Any, words: str, hint: str = "") -> Any:
    """Something of one of `kinds`, which are `words` for the reader.

    Examples
    --------
    >>> instance("why_zero", "leaf", 3.0, Value, "a Value of the graph")
    Traceback (most recent call last):
    TypeError: why_zero: leaf is a Value of the graph, not 3.0
    """
    if not isinstance(given, kinds):
        raise TypeError(f"{who}: {name} is {words}, not {_told(given)}{hint and f'. {hint}'}")
    return given


def graph_of(who: str, root: Any) -> Value:
    """A Value, whose graph is to be looked at.

    Examples
    --------
    >>> graph_of("draw", lambda x: x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: draw: root is a Value, such as a loss, not <function ...>. Call it, and give ...
    """
    hint = "Call it, and give what it returns" if callable(root) else ""
    return instance(who, "root", root, Value, "a Value, such as a loss", hint)  # type: ignore[no-any-return]


def function(who: str, name: str, given: Any, words: str = "a function") -> Callable[..., Any]:
    """Something that can be called.

    Examples
    --------
    >>> function("gradcheck", "f", 3.0)
    Traceback (most recent call last):
    TypeError: gradcheck: f is a function, not 3.0
    """
    return instance(who, name, given, Callable, words)  # type: ignore[no-any-return]


def choice(who: str, name: str, given: Any, choices: Sequence[str]) -> str:
    """One of a few words.

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> choice("to_dot", "rankdir", "up", ("LR", "TB"))
    Traceback (most recent call last):
    ValueError: to_dot: rankdir is 'LR' or 'TB', not 'up'
    """
    if not (isinstance(given, str) and given in choices):
        raise ValueError(f"{who}: {name} is {' or '.join(map(repr, choices))}, not {_told(given)}")
    return given


def file_path(who: str, given: Any) -> Path:
    """A place to write to.

    Examples
    --------
    >>> file_path("draw", 3)
    Traceback (most recent call last):
    TypeError: draw: path is the name of a file, not 3
    """
    return Path(instance(who, "path", given, str | os.PathLike, "the name of a file"))


def _told(given: Any) -> str:
    """What was given, in one line, even if it cannot say so itself."""
    try:
        return f"{' '.join(repr(given).split()):.60}"
    except Exception:
        return f"a {type(given).__name__}"
