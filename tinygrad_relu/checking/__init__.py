"""Checking gradients: against the slopes, the laws of a pass, and the conventions on kinks."""

from tinygrad_relu.checking.check import gradcheck
from tinygrad_relu.checking.report import Element, GradcheckReport, GradientMismatch, Verdict
