"""Derivatives as functions of functions: grad, vjp, jvp, jacobian, hessian, with JAX's names.

The function sees Values. Of plain numbers and arrays come plain ones. Of a Value that requires a
gradient among the arguments, and inside another derivative, come Values, whose gradient can be
taken again: that is how these functions nest, to any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.evaluation import (
    Argnums,
    Function,
    Run,
    alike,
    as_value,
    between,
    carried,
    evaluated,
    places_of,
    recording,
    settled,
    swept,
)
from tinygrad_relu.messages import describe
from tinygrad_relu.options import function
from tinygrad_relu.trees import leaves, matched, rebuilt
from tinygrad_relu.value import Value


def grad(fun: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a function, as a function of the same arguments.

    The second derivative of a piecewise linear op, as relu, abs or max, is 0 by its rule, on the
    kink too.

    Parameters
    ----------
    fun : callable
        To a scalar. Its arguments are numbers, arrays, and nested lists, tuples and dicts of them.
    argnums : int or sequence of ints
        By which positional arguments to differentiate. The others, and those by keyword, are
        passed on as they are.
    has_aux : bool
        Whether `fun` returns a pair: the scalar, and something else that is passed on.

    Returns
    -------
    callable
        To the gradient in the form of the argument, or to a tuple of them if `argnums` is a
        sequence; with `has_aux`, to a pair of that and the something else. An integer counts as
        a float. With a Value that requires a gradient among the arguments, the gradient is a Value
        with a graph of its own, in which what else `fun` uses has its place too: so a penalty on
        a gradient trains. What `fun` uses without being given it is a constant otherwise.

    Raises
    ------
    TypeError
        From the call, if an argument or the output is not made of real numbers.
    ValueError
        From the call, if the output is no scalar, or an argument of `argnums` is not there.

    Examples
    --------
    >>> import numpy as np
    >>> grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda net, x: net["w"] * x + net["b"])({"w": 2.0, "b": 1.0}, 3.0)
    {'w': 3.0, 'b': 1.0}
    """
    both = _value_and_grad("grad", fun, argnums, has_aux)

    @wraps(fun, updated=())
    def slope(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return slope


def value_and_grad(fun: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The value of a function and its gradient, from one evaluation. See `grad`.

    Returns
    -------
    callable
        To ``(value, gradient)``; with `has_aux`, to ``((value, aux), gradient)``.

    Examples
    --------
    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (6.0, (3.0, 2.0))
    """
    return _value_and_grad("value_and_grad", fun, argnums, has_aux)


def _value_and_grad(who: str, fun: Function, argnums: Argnums, has_aux: bool) -> Function:
    fun = function(who, "fun", fun, "a function of the arguments")

    @wraps(fun, updated=())
    def both(*args: Any, **kwargs: Any) -> Any:
        run = evaluated(who, fun, argnums, has_aux, args, kwargs)
        if len(run.outputs) != 1 or run.out.__class__ in (list, tuple, dict):
            raise TypeError(
                f"{who}: the function returned a {type(run.out).__name__}, and only a scalar has a "
                "gradient. With has_aux=True it returns a pair, the scalar and something else; "
                "jacobian differentiates several outputs"
            )
        (y,) = run.outputs
        if np.shape(y):
            raise ValueError(
                f"{who}: the function returned an array of shape {np.shape(y)}, and only a scalar "
                "has a gradient. Reduce it with .sum() or .mean(), or ask jacobian"
            )
        slopes = run.form(run.pull([(y, 1.0)]))
        value = run.value()
        return ((value, run.aux) if has_aux else value), slopes

    return both


def vjp(fun: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The output of a function, and what carries a gradient back from it: v → Jᵀv.

    Parameters
    ----------
    fun : callable
    *primals
        Its arguments, all differentiated by.
    has_aux : bool
        Whether `fun` returns a pair: the output, and something else that is passed on.

    Returns
    -------
    output, pull
        ``pull(v)``, of a `v` in the form of the output, is a tuple with one result for each
        argument. With `has_aux` the something else follows.

    Raises
    ------
    TypeError, ValueError
        From `pull`, if the form or a shape is not that of the output.

    Examples
    --------
    >>> y, pull = vjp(lambda a, b: a * b, 2.0, 3.0)
    >>> y, pull(10.0)
    (6.0, (30.0, 20.0))
    """
    fun = function("vjp", "fun", fun, "a function of the arguments")
    run = evaluated("vjp", fun, range(len(primals)), has_aux, primals, {})

    def pull(cotangents: Any) -> Any:
        seeds = matched("vjp", "the cotangent", cotangents, run.out)
        pairs = zip(run.outputs, seeds, strict=True)
        return run.form(run.pull([(y, alike("vjp", "a cotangent", v, y)) for y, v in pairs]))

    return (run.value(), pull, run.aux) if has_aux else (run.value(), pull)


def jvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> tuple[Any, ...]:
    """The output of a function, and how it changes where its arguments change: J·v.

    Carries a gradient u back, and differentiates what arrives, Jᵀu, by u: the transpose of the
    transpose. So nodes made by `record`, which have no second order, are refused.

    Parameters
    ----------
    fun : callable
    primals : tuple or list
        Its arguments.
    tangents : tuple or list
        How they change, in the same form.
    has_aux : bool
        Whether `fun` returns a pair: the output, and something else that is passed on.

    Returns
    -------
    output, change
        In the same form. With `has_aux` the something else follows.

    Raises
    ------
    TypeError, ValueError
        If the tangents have another form than the primals, or other shapes.

    Examples
    --------
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)

    Source: J. Townsend (2017), "A new trick for calculating Jacobian vector products".
    """
    fun = function("jvp", "fun", fun, "a function of the arguments")
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise TypeError(
                f"jvp: the {what} are a tuple, one for each argument, not {type(given).__name__}: "
                "of one argument, (x,)"
            )
    changes = matched("jvp", "tangents", tuple(tangents), tuple(primals))
    run = evaluated("jvp", fun, range(len(primals)), has_aux, tuple(primals), {})
    pairs = zip(changes, run.inputs, strict=True)
    changes = [alike("jvp", "a tangent", v, x) for v, x in pairs]
    with recording():
        path, reached = run.between
        ys = [y for y in run.outputs if isinstance(y, Value) and y in reached]
        back = {y: Value(np.ones(y.shape, y.dtype)) for y in ys}
        arrived = swept(path, reached, back, run.inputs)
    ends = [*run.inputs, *back.values()]
    path, reached = between((c for c in arrived if c is not None), [*back.values()], ends)
    pairs = zip(arrived, changes, strict=True)
    onward = carried(path, reached, pairs, [*back.values()], run.lasting)
    moved = {id(y): c for y, c in zip(back, onward, strict=True)}
    change = [moved.get(id(y), settled(None, y, run.lasting)) for y in run.outputs]
    told = (run.value(), rebuilt(run.out, change))
    return (*told, run.aux) if has_aux else told


def jacobian(fun: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The derivative of every output by every element of an argument. See `grad`.

    Returns
    -------
    callable
        To arrays of shape ``output.shape + argument.shape``, in the form of the output and, in
        it, of the argument; one pass back for each element of the output.

    Examples
    --------
    >>> import numpy as np
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    fun = function("jacobian", "fun", fun, "a function of the arguments")

    @wraps(fun, updated=())
    def derivative(*args: Any, **kwargs: Any) -> Any:
        run = evaluated("jacobian", fun, argnums, has_aux, args, kwargs)
        told = rebuilt(run.out, [run.form(_rows(run, y)) for y in run.outputs])
        return (told, run.aux) if has_aux else told

    return derivative


def hessian(fun: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The second derivatives of a function: the jacobian of its jacobian. See `grad`.

    Returns
    -------
    callable
        Of one argument, to an array of shape ``output.shape + 2 * argument.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    return jacobian(jacobian(fun, argnums, has_aux), argnums, has_aux)


def hvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], argnums: Argnums = 0
) -> Any:
    """The Hessian of a function times a vector, without the Hessian: two passes.

    Parameters
    ----------
    fun : callable
        To a scalar.
    primals, tangents : tuple or list
        Its arguments, and the vector in the same form.
    argnums : int or sequence of ints
        Of which arguments the rows are wanted.

    Returns
    -------
    array, number or tree
        In the form of the argument: what ``jvp(grad(fun, argnums), primals, tangents)[1]`` is,
        as a Hessian is its own transpose.

    Source: B. A. Pearlmutter (1994), "Fast exact multiplication by the Hessian".

    Examples
    --------
    >>> import numpy as np
    >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    array([  6., 120.])
    """
    fun = function("hvp", "fun", fun, "a function of the arguments")
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError("hvp: the primals and the tangents are tuples: of one argument, (x,)")
    vector = matched("hvp", "tangents", tuple(tangents), tuple(primals))
    places, single = places_of("hvp", argnums, len(primals))
    every = range(len(primals))
    both = _value_and_grad("hvp", fun, every, False)
    run = evaluated("hvp", lambda *args: both(*args)[1], every, False, tuple(primals), {})
    pairs = zip(run.outputs, vector, strict=True)
    products = run.form(run.pull([(y, alike("hvp", "a tangent", v, y)) for y, v in pairs]))
    return products[places[0]] if single else tuple(products[i] for i in places)


def gradients(y: Value, wanted: Any, gradient: Any = None) -> Any:
    """∂y/∂wanted as Values, each with a graph: to differentiate again, or to draw.

    PyTorch's ``autograd.grad(…, create_graph=True)``. Changes no ``.grad``.

    Parameters
    ----------
    y : Value
    wanted : Value, or nested lists, tuples and dicts of them
        Leaves, or nodes on the way.
    gradient : Value, float or array_like, optional
        What arrives at `y`, in its shape. Left out for a scalar: 1.

    Returns
    -------
    Value, or the same form of Values
        0 where `y` does not depend on it.

    Raises
    ------
    TypeError, ValueError
        If something wanted is no Value that requires a gradient, `y` is no scalar and no gradient
        is given, or its shape does not fit.
    StaleDataError
        If data used in the graph was assigned since.

    Examples
    --------
    >>> x = Value(3.0)
    >>> slope = gradients(x**3, x)
    >>> slope.data, gradients(slope, x).data
    (27.0, 18.0)
    """
    if not isinstance(y, Value):
        raise TypeError(f"gradients: of a Value, not of a {type(y).__name__}: compute one first")
    inputs = [v for _, v in leaves(wanted)]
    for at, v in leaves(wanted, "what is wanted"):
        if not isinstance(v, Value):
            raise TypeError(f"gradients: {at} is a {type(v).__name__}, not a Value")
        if not v.requires_grad:
            raise ValueError(f"gradients: {describe(v)} does not require a gradient")
    if gradient is None and y.ndim:
        raise ValueError(
            f"gradients: {describe(y)} is no scalar, and only a scalar starts at 1. Reduce it with "
            ".sum() or .mean(), or give a gradient of its shape"
        )
    seed = 1.0 if gradient is None else alike("gradients", "the gradient", gradient, y)
    arrived = swept(*between([y], inputs), {y: as_value(seed)}, inputs)
    pairs = zip(arrived, inputs, strict=True)
    return rebuilt(wanted, [settled(c, v, True) for c, v in pairs])


def _rows(run: Run, y: Any) -> list[Any]:
    """The derivative of all elements of `y` by each input."""
    if not np.shape(y):
        return run.pull([(y, 1.0)])
    rows = []
    for i in range(np.size(y)):
        one = np.zeros(y.shape, y.dtype)
        one.flat[i] = 1.0
        rows.append(run.pull([(y, one)]))
    stack, reshape = (ops.stack, ops.reshape) if run.lasting else (np.stack, np.reshape)
    return [
        reshape(stack([row[i] for row in rows]), (*y.shape, *v.shape))
        if rows
        else settled(None, np.zeros((*y.shape, *v.shape), v.dtype), run.lasting)
        for i, v in enumerate(run.inputs)
    ]
