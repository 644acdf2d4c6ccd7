"""Experiments: data, monitors, rescues and sweeps; ``dir(tg.lab)`` lists them."""

from tinygrad_relu.foreign import public
from tinygrad_relu.lab import rescue
from tinygrad_relu.lab.data import circles, curve, digits, spirals, two_moons
from tinygrad_relu.lab.monitor import Monitor
from tinygrad_relu.lab.sweeps import sweep
from tinygrad_relu.training import accuracy, batches


def __dir__() -> list[str]:
    return public(globals(), "accuracy", "batches", "rescue")
