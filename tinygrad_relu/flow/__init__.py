"""Where the gradient goes, where it is cut, and why."""

from tinygrad_relu.flow.graph import Edge, GradientFlow, Node, Step, gradient_flow
from tinygrad_relu.flow.reasons import Stop, ZeroReason
from tinygrad_relu.flow.states import STATES

__all__ = ["STATES", "Edge", "GradientFlow", "Node", "Step", "Stop", "ZeroReason", "gradient_flow"]
