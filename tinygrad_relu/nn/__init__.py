"""Networks: modules, layers and initial weights; ``dir(tg.nn)`` lists them."""

from tinygrad_relu import foreign
from tinygrad_relu.nn import init
from tinygrad_relu.nn.activation import (
    CELU,
    ELU,
    GELU,
    SELU,
    Activation,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from tinygrad_relu.nn.layers import AvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d
from tinygrad_relu.nn.module import Module, Parameter, evaluating
from tinygrad_relu.nn.network import MLP, Neurons, Residual, Sequential
from tinygrad_relu.nn.norm import BatchNorm1d, BatchNorm2d, LayerNorm

foreign.translate("__init__", Linear, Conv2d, MLP, Neurons)
foreign.translate("__init__", AvgPool2d, MaxPool2d, BatchNorm1d, BatchNorm2d, LayerNorm)
foreign.translate("__init__", Dropout, PReLU)


def __getattr__(name: str) -> object:
    import sys

    from tinygrad_relu import ops

    raise foreign.missing("tg.nn", name, foreign.NETWORKS, nn=sys.modules[__name__], tg=ops)


def __dir__() -> list[str]:
    return foreign.public(globals(), "init")
