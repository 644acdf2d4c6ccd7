"""The old door to `lab.rescue`."""

from tinygrad_relu.lab.rescue import (
    Change,
    lower_learning_rate,
    push_bias,
    redo,
    redraw_dead,
    redraw_nonpositive,
    switch_activation,
)
