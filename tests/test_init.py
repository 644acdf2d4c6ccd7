"""The short public list, and what importing it costs."""

import rlcompleter
import subprocess
import sys

import pytest

import tinygrad_relu as tg

NAMES = """
Value record no_grad detect_anomaly track_source scope StaleDataError
gradcheck GradcheckReport GradientMismatch
grad value_and_grad vjp jvp jacobian hessian hvp gradients elementwise structural
gradient_flow draw draw_network frames inspect_units
mse_loss cross_entropy binary_cross_entropy_with_logits hinge_loss
abs astype sqrt square exp log log1p expm1 sin cos tanh arctan sign maximum minimum clip where
relu leaky_relu prelu elu selu celu gelu silu mish sigmoid log_sigmoid softplus softsign
hardtanh hardsigmoid hardswish relu6 identity
sum mean var std max min logsumexp softmax log_softmax prod norm
reshape transpose swapaxes expand_dims squeeze broadcast_to concatenate stack pad
matmul dot outer linear conv2d max_pool2d avg_pool2d unfold fold standardize dropout
nn optim fit lab
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_a_public_name_is_there_and_documented(name):
    assert getattr(tg, name).__doc__


def test_dir_and_completion_list_every_public_name_and_nothing_else():
    assert {*dir(tg)} == {*NAMES.split()}
    completed = rlcompleter.Completer({"tg": tg}).attr_matches("tg.")
    assert {name.removeprefix("tg.").rstrip("()") for name in completed} == {*dir(tg)}


def test_errors_are_what_their_callers_expect():
    assert issubclass(tg.StaleDataError, RuntimeError)


def test_importing_the_package_imports_only_numpy_and_graphviz():
    code = (
        "import sys, numpy; before = set(sys.modules); import tinygrad_relu\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"tinygrad_relu", "numpy", "graphviz"}
