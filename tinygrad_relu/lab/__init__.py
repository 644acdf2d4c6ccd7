"""Experiments: data, monitors and sweeps."""

from tinygrad_relu.fit import accuracy, batches
from tinygrad_relu.lab.data import circles, curve, digits, spirals, two_moons
from tinygrad_relu.lab.monitor import Monitor
from tinygrad_relu.lab.sweep import sweep
