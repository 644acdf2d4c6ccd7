"""Where the gradient goes, where it is cut, and why."""

from tinygrad_relu.flow.graph import Edge, Flow, Node, Step
from tinygrad_relu.flow.reasons import ZeroReason
from tinygrad_relu.flow.states import STATES
from tinygrad_relu.flow.stops import Stop

__all__ = ["STATES", "Edge", "Flow", "Node", "Step", "Stop", "ZeroReason"]
