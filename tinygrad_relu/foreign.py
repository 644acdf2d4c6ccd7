"""What PyTorch, NumPy, JAX and micrograd call a thing that has another name here.

Read only where a name was not found: the error then says ours. A row reads ``their name: what
it is here``; a name that becomes ours leaves the table. One file, because it is one table.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


def _table(rows: str) -> dict[str, str]:
    """Rows of ``their names: ours``; {} is the name itself, or {_} without a last underscore."""
    table = {}
    for row in filter(None, map(str.strip, rows.splitlines())):
        names, ours = row.split(": ", 1)
        for name in names.split():
            table[name] = ours.replace("{}", name).replace("{_}", name.strip("_"))
    return table


#: Of a Value: what is asked of a tensor or an array.
VALUE = _table("""
    numpy values: v.data
    tolist: v.data.tolist(), or v.item() of a scalar
    copy clone: v * 1.0 for a node of the graph, tg.Value(v.data) for a new leaf
    new_tensor: tg.Value(data)
    detach_: v = v.detach()
    is_leaf: v.op is None
    grad_fn: v.op, and as a function v.backward_closure
    requires_grad_: v.requires_grad = True, or False
    retain_grad retains_grad: nothing to do, every Value keeps the grad of its last pass
    register_hook: tg.record(v.data, [v], hook), a node whose backward is your function
    _backward: v.backward_closure, a function of the upstream gradient
    _prev: v.parents
    _op: v.op
    name: v.label

    cpu cuda device contiguous: nothing to do, all data is NumPy's, in main memory
    to double half: v.astype(dtype), of float32 or float64
    float: v.item()
    int long: v.data.astype(np.int64), or int(v.item()) of a scalar
    bool: v.data != 0
    type: v.dtype
    flags strides: v.data.{}, of an array
    fill fill_: v.data = np.full(v.shape, number), of a leaf
    zero_: v.data = np.zeros(v.shape), of a leaf; for its gradient v.zero_grad()
    copy_: v.data = array, of a leaf
    normal_ uniform_: v.data = rng.{_}(size=v.shape), of a leaf

    view resize unflatten: v.reshape(*shape)
    view_as reshape_as: v.reshape(a.shape)
    t H: v.T
    mT mH: v.swapaxes(-1, -2)
    permute: v.transpose(*axes)
    movedim: v.moveaxis(source, destination)
    swapdims: v.swapaxes(axis1, axis2)
    unsqueeze: v.expand_dims(axis)
    expand: v.broadcast_to(shape)
    expand_as: v.broadcast_to(a.shape)
    repeat_interleave: v.repeat(repeats, axis)
    dim ndimension: v.ndim
    numel nelement: v.size
    chunk split: tg.array_split(v, n), or slices, v[:n] and v[n:]
    narrow: slices, v[:n] and v[n:]
    unbind: list(v), its elements along axis 0
    select: v[index]
    index_select: v.take(indices, axis)
    masked_select: v[mask]
    masked_fill: tg.where(mask, number, v)
    gather take_along_dim: v.take_along_axis(indices, axis)
    fliplr flipud: v.flip(axis)
    sort diag ptp: tg.{}(v)
    inverse: tg.inv(v)
    det cholesky slogdet: tg.{}(v)
    logdet: tg.slogdet(v)[1]
    where: tg.where(condition, v, a)

    add: v + a
    sub subtract: v - a
    mul multiply: v * a
    div divide true_divide: v / a
    pow: v ** a
    neg negative: -v
    add_: v = v + a, as nothing is changed in place
    sub_: v = v - a, as nothing is changed in place
    mul_: v = v * a, as nothing is changed in place
    div_: v = v / a, as nothing is changed in place
    relu_ exp_ tanh_ sigmoid_ abs_: v = v.{_}(), as nothing is changed in place
    clamp_: v = v.clip(min, max), as nothing is changed in place
    mm bmm mv: v @ a
    remainder: v % a
    floor_divide: v // a
    hypot logaddexp logaddexp2 vdot kron cross tensordot: tg.{}(v, a)
    ger: v.outer(a)
    addmm: v + a @ b
    rsqrt: 1 / v.sqrt()
    absolute: v.abs()
    asin: v.arcsin()
    acos: v.arccos()
    atan: v.arctan()
    asinh: v.arcsinh()
    acosh: v.arccosh()
    atanh: v.arctanh()
    atan2: v.arctan2(a)
    sgn: v.sign()
    clamp: v.clip(min, max)
    clamp_min: v.clip(min, None)
    clamp_max: v.clip(None, max)
    amax: v.max(axis)
    amin: v.min(axis)
    logsigmoid: v.log_sigmoid()
    swish: v.silu()

    concatenate stack: tg.{}([v, a])
    linear: tg.linear(v, weight, bias)
    conv2d: tg.conv2d(v, weight)
    unfold max_pool2d avg_pool2d: tg.{}(v, kernel_size)
    mse_loss cross_entropy: tg.{}(v, target)

    ceil count_nonzero floor trunc isfinite isinf isnan unique: np.{}(v.data)
    allclose isclose: np.{}(v.data, a)
    equal: np.array_equal(v.data, a)
    eq: v == a, a bool or an array of bools
    ne: v != a, a bool or an array of bools
    lt: v < a, a bool or an array of bools
    le: v <= a, a bool or an array of bools
    gt: v > a, a bool or an array of bools
    ge: v >= a, a bool or an array of bools
""")

#: Of the package: what is looked for in torch, torch.nn.functional, numpy and jax.numpy.
PACKAGE = VALUE | _table("""
    tensor Tensor as_tensor array asarray from_numpy Variable variable ndarray: tg.Value(data)
    zeros ones full empty eye arange linspace zeros_like ones_like: tg.Value(np.{}(…))
    rand: tg.Value(rng.uniform(size=shape)), with rng = np.random.default_rng(0)
    randn: tg.Value(rng.normal(size=shape)), with rng = np.random.default_rng(0)
    random manual_seed seed: rng=0, for each module and function that draws numbers
    F: tg itself, as in tg.relu(v) and tg.cross_entropy(logits, target)
    autograd func: v.backward(), or tg.grad(f), or tg.gradients(y, leaves)
    Function custom_vjp custom_jvp primitive defvjp: tg.elementwise or tg.structural, to write a row
    jacfwd jacrev: tg.jacobian(f)
    egrad elementwise_grad: tg.grad(lambda x: f(x).sum())
    make_vjp linearize: tg.vjp(f, *primals) or tg.jvp(f, primals, tangents)
    make_hvp hessian_vector_product: tg.hvp(f, primals, tangents)
    inference_mode set_grad_enabled: tg.no_grad(), a block
    enable_grad: the end of the block of tg.no_grad()
    set_detect_anomaly: tg.detect_anomaly(), a block
    stop_gradient: v.detach()
    save: safetensors.numpy.save_file(model.state_dict(), path)
    load: model.load_state_dict(safetensors.numpy.load_file(path))
    float32 float64: np.{}
    numpy: NumPy's own, import numpy as np
    cat concat: tg.concatenate(arrays)
    dstack: tg.concatenate(arrays, axis=2)
    linalg: tg itself, as in tg.solve(a, b), tg.inv(a), tg.det(a), tg.norm(v)
    normalize: v / v.norm()
    power: v ** a
    flatten: tg.ravel(v)
    l1_loss: tg.abs(prediction - target).mean()
    nll_loss: tg.cross_entropy(logits, target), of what goes into the softmax
    binary_cross_entropy: tg.binary_cross_entropy_with_logits(logits, target)
    layer_norm: tg.nn.LayerNorm(normalized_shape)
    batch_norm: tg.nn.BatchNorm1d(num_features)
    one_hot: np.eye(classes)[target]
    make_dot draw_dot plot: tg.draw(loss)
    summary: print(model)
""")

#: Of tg.nn: what is looked for in torch.nn.
NETWORKS = _table("""
    functional F: tg itself, as in tg.relu(v) and tg.cross_entropy(logits, target)
    MSELoss: tg.mse_loss(prediction, target), a function
    CrossEntropyLoss: tg.cross_entropy(logits, target), a function
    NLLLoss: tg.cross_entropy(logits, target), of what goes into the softmax
    BCEWithLogitsLoss: tg.binary_cross_entropy_with_logits(logits, target), a function
    BCELoss: tg.binary_cross_entropy_with_logits(logits, target), of what goes into the sigmoid
    L1Loss: tg.abs(prediction - target).mean()
    ModuleList ParameterList: a plain list in an attribute, whose parts are found
    ModuleDict ParameterDict: attributes and lists, which hold parts
    Buffer: a plain array in an attribute
    Tensor Value: tg.Value(data)
    Neuron: nn.Neurons(in_features, 1)
    Layer: nn.Neurons(in_features, out_features) of scalars, nn.Linear of arrays
    Dense LazyLinear: nn.Linear(in_features, out_features)
    Swish: nn.SiLU()
    Unfold: tg.unfold(v, kernel_size)
    Fold: tg.fold(columns, size, kernel_size)
    ZeroPad2d ConstantPad2d: tg.pad(v, pad_width)
    AdaptiveAvgPool2d: v.mean((2, 3)), or nn.AvgPool2d(kernel_size)
    utils: tg.optim.clip_grad_norm(params, max_norm)
""")

#: Of a module.
MODULE = _table("""
    modules: model.named_modules(), pairs of a name and a module
    children named_children: model.parts(), pairs of a name and a part
    buffers: model.named_buffers(), pairs of a name and an array
    apply: a loop over model.named_modules(), or nn.init.redraw(module, rule)
    register_buffer: an attribute, self.name = array
    register_parameter: an attribute, self.name = nn.Parameter(data)
    register_module add_module: an attribute, self.name = module
    register_forward_hook register_full_backward_hook: tg.gradient_flow(loss), which has it all
    requires_grad_: p.requires_grad = False, for p in model.parameters()
    double: model.to(np.float64)
    float half: model.to(np.float32)
    cpu cuda device: nothing to do, all data is NumPy's, in main memory
    fit: tg.fit(model, data, loss, optimiser, epochs)
    predict: model(X), in a block of tg.no_grad()
    backward: loss.backward(), as it is the loss that has a graph
    save: safetensors.numpy.save_file(model.state_dict(), path)
    load: model.load_state_dict(safetensors.numpy.load_file(path))
    weights: model.parameters()
    summary: print(model)
""")

#: Of tg.optim: what is looked for in torch.optim.
OPTIMISERS = _table("""
    Optimizer: optim.Optimiser
    sgd: optim.SGD(params, lr)
    adam: optim.Adam(params, lr)
    clip_grad_norm_ clip_grad_value_: optim.{_}(params, limit)
    RMSprop: optim.Adam(params, lr, betas=(0.0, 0.99))
    lr_scheduler: a line in the loop, optimiser.param_groups[0]["lr"] *= 0.9
""")

#: Of tg.nn.init: what is looked for in torch.nn.init.
INITIAL = _table("""
    kaiming_normal kaiming_normal_: init.he_normal(shape, rng), which makes an array
    kaiming_uniform kaiming_uniform_: init.he_uniform(shape, rng), which makes an array
    xavier_normal xavier_normal_: init.glorot_normal(shape, rng), which makes an array
    xavier_uniform xavier_uniform_: init.glorot_uniform(shape, rng), which makes an array
    constant_ normal_ orthogonal_ uniform_ zeros_: init.{_}(shape, rng), which makes an array
    ones_: init.constant(shape, value=1.0), which makes an array
    calculate_gain: init.gain(nonlinearity)
""")

#: Of arguments: by what name they go here.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "dim": ("axis", "axes"),
    "dims": ("axes", "axis"),
    "axis": ("axes",),
    "axes": ("axis",),
    "keepdim": ("keepdims",),
    "keep_dims": ("keepdims",),
    "dim0": ("axis1",),
    "dim1": ("axis2",),
    "axis0": ("axis1",),
    "correction": ("ddof",),
    "unbiased": ("ddof",),
    "negative_slope": ("alpha",),
    "slope": ("alpha",),
    "a_min": ("min",),
    "a_max": ("max",),
    "input": ("x", "prediction", "logits", "score"),
    "a": ("x",),
    "tensors": ("arrays",),
    "newshape": ("shape",),
    "size": ("shape", "batch_size"),
    "constant_values": ("value",),
    "optimizer": ("optimiser",),
    "criterion": ("loss",),
    "loss_fn": ("loss",),
    "num_epochs": ("epochs",),
    "n_epochs": ("epochs",),
    "max_epochs": ("epochs",),
    "batch": ("batch_size",),
    "val_data": ("validation",),
    "validation_data": ("validation",),
    "learning_rate": ("lr",),
    "seed": ("rng",),
    "random_state": ("rng",),
    "generator": ("rng",),
    "in_dim": ("in_features",),
    "out_dim": ("out_features",),
    "name": ("label",),
    "filename": ("path",),
    "file": ("path",),
    "format": ("path",),
    "grad_tensors": ("gradient",),
    "grad": ("gradient",),
}

#: Arguments that mean nothing here, and why.
NEEDLESS = {
    "out": "an op makes a new array, so that the graph keeps the old one",
    "inplace": "an op makes a new array, so that the graph keeps the old one",
    "dtype": "the dtype is that of the data, float64 or float32",
    "device": "all data is NumPy's, in main memory",
    "retain_graph": "a graph stays as long as someone holds its last Value",
    "set_to_none": "zero_grad() sets a gradient to None",
    "create_graph": "tg.gradients(y, leaves) gives gradients that are graphs",
    "reduction": "a loss is the mean over the examples",
    "size_average": "a loss is the mean over the examples",
}


class _Theirs:
    """A foreign name in a class: looked up, it says ours, and `hasattr` stays False."""

    def __init__(self, who: str, name: str, ours: str) -> None:
        self.name, self.message = name, f"{who} has no {name!r}. Here: {ours}"

    def __get__(self, v: Any, kind: Any = None) -> NoReturn:
        raise AttributeError(self.message, name=self.name)


def teach(kind: Any, who: str, names: Mapping[str, str]) -> None:
    """Let a class answer for foreign `names`.

    Descriptors and not ``__getattr__``, which would slow down every access of what is there.
    """

    def __dir__(self: Any) -> list[str]:
        return [
            name
            for name in object.__dir__(self)
            if not isinstance(inspect.getattr_static(self, name, None), _Theirs)
        ]

    for name in names.keys() - {*dir(kind)}:
        setattr(kind, name, _Theirs(who, name, names[name]))
    kind.__dir__ = __dir__


def refuse_steps(kind: Any) -> None:
    """Let ``p -= lr * p.grad`` say that it would give the name p to a new Value, and train nothing.

    Only of a leaf that has a gradient, and of plain numbers: ``total += x * y`` adds up as ever.
    """

    def within(op: Callable[[Any, Any], Any], sign: str) -> Callable[[Any, Any], Any]:
        def call(self: Any, other: Any) -> Any:
            if self.op is None and self.grad is not None and not hasattr(other, "__apply__"):
                who = repr(self.label) if self.label else "a leaf"
                raise TypeError(
                    f"{who} {sign}= … would leave {who} as it is and make a new Value. To train "
                    f"it write p.data = p.data {sign} …, or use tg.optim; to go on with a new "
                    f"Value, p = p {sign} …"
                )
            return op(self, other)

        return call

    for name, sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}.items():
        setattr(kind, f"__i{name}__", within(getattr(operator, name), sign))


def missing(module: str, name: str, names: Mapping[str, str], **rooms: Any) -> AttributeError:
    """What is said of a `name` that a module does not have: where it is, or what is like it.

    `rooms` are where it may be: ``nn`` is spoken of as ``tg.nn``.
    """
    ours = names.get(name)
    alike = [
        (n != name, f"{'' if room == 'tg' else 'tg.'}{room}.{n}")
        for room, it in rooms.items()
        for n in dir(it)
        if n.lower() == name.lower()
    ]
    if ours is None and alike:
        ours = min(alike)[1]
    if ours is None and callable(getattr(np, name, None)):
        return AttributeError(
            f"{module} has no {name!r}: the table of derivatives has no rule for np.{name}. "
            "Use it on v.data, outside the graph, or write a row for it with tg.elementwise(), a "
            "node with tg.record()",
            name=name,
        )
    if ours is None:
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    return AttributeError(f"{module} has no {name!r}. Here: {ours}", name=name)


def public(room: Mapping[str, Any], *more: str) -> list[str]:
    """The names that a room, or one behind it, has made, and `more`: what ``dir(room)`` shows."""
    made = {
        n
        for n, it in list(room.items())  # to ask one of them may open a room
        if f"{getattr(it, '__module__', '')}".startswith(room["__name__"])
    }
    return sorted({n for n in made if n[0] != "_"} | {*more})


#: What NumPy or Python says, in part → the same in plain words.
PLAIN = {
    "NoneType": "an operand is a Value, a number or an array, not None",
    "not supported between": "only real numbers are less or greater than others",
    "did not contain a loop": "only real numbers and arrays of them fit",
    "'bool' object has no": (
        "{}: of a number, x > 0 is True or False; np.where(x > 0, 1.0, 0.0) is right of both"
    ),
    "interpreted as an integer": "an axis, a size, a count and True or False are whole numbers",
    "int too large": "a whole number is too large",
    "mismatch in its core dimension": (
        "the last axis of the first and the second-last of the second differ in length"
    ),
    "could not be broadcast": (
        "{}: counted from the last, two axes are of one length, or one of them of length 1"
    ),
}


def retold(error: Exception, who: str) -> Exception:
    """An error of NumPy's in plain words, of a kind of Python's: its own are not made of a text."""
    plain = next((words for part, words in PLAIN.items() if part in str(error)), "{}")
    text = f"{who}: {plain.format(error)}"
    if isinstance(error, TypeError | AttributeError):
        return TypeError(text)
    return IndexError(text) if type(error) is IndexError else ValueError(text)


def misnamed(given: Mapping[str, Any], names: Any) -> str:
    """Of the arguments `given`, what those are called here that `names` does not have."""
    told = []
    for name in given.keys() - {*names}:
        ours = [n for n in ARGUMENTS.get(name, ()) if n in names]
        if ours:
            told.append(f"{name}= is {ours[0]}= here")
        elif name in NEEDLESS:
            told.append(f"leave {name}= out: {NEEDLESS[name]}")
    return "".join(f"; {one}" for one in sorted(told))


def translating(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function answer for foreign names of its arguments."""
    code = inspect.unwrap(function).__code__
    names = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}
    who = function.__qualname__.removesuffix(".__init__").lstrip("_")

    @wraps(function)
    def call(*args: P.args, **named: P.kwargs) -> R:
        if not named.keys() <= names:
            told = misnamed(named, names)
            if told:
                raise TypeError(f"{who}{told.replace(';', ':', 1)}")
        return function(*args, **named)

    return call


def translate(method: str, *kinds: Any) -> None:
    """Let a method of some classes answer for foreign names of its arguments."""
    for kind in kinds:
        setattr(kind, method, translating(getattr(kind, method)))
