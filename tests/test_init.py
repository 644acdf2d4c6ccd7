"""The short public list, and what importing it costs."""

import operator
import rlcompleter
import subprocess
import sys

import pytest

import tinygrad_relu as tg

NAMES = """
Value record no_grad detect_anomaly track_source scope StaleDataError
gradcheck GradcheckReport GradientMismatch
grad value_and_grad vjp jvp jacobian hessian hvp gradients elementwise structural
gradient_flow source chain draw draw_network frames inspect_units
mse_loss cross_entropy binary_cross_entropy_with_logits hinge_loss
abs astype sqrt square exp log log1p expm1 sin cos tanh arctan sign maximum minimum clip where
relu leaky_relu prelu elu selu celu gelu silu mish sigmoid log_sigmoid softplus softsign
hardtanh hardsigmoid hardswish relu6 identity
sum mean var std max min logsumexp softmax log_softmax prod norm
reshape transpose swapaxes expand_dims squeeze broadcast_to concatenate stack pad
matmul dot outer linear conv2d max_pool2d avg_pool2d unfold fold standardize dropout
append arccos arccosh arcsin arcsinh arctan2 arctanh array_split atleast_1d atleast_2d atleast_3d
cholesky column_stack cosh cross cumprod cumsum det diag diagonal einsum exp2 flip floor_divide
hstack hypot inner inv kron log10 log2 logaddexp logaddexp2 median mod moveaxis ptp ravel
reciprocal repeat roll sinc sinh slogdet solve sort split take take_along_axis tan tensordot tile
trace tril triu vdot vstack
nn optim fit lab
append arccos arccosh arcsin arcsinh arctan2 arctanh array_split atleast_1d atleast_2d atleast_3d
cholesky column_stack cosh cross cumprod cumsum det diag diagonal einsum exp2 flip floor_divide
hstack hypot inner inv kron log10 log2 logaddexp logaddexp2 median mod moveaxis ptp ravel
reciprocal repeat roll sinc sinh slogdet solve sort split take take_along_axis tan tensordot tile
trace tril triu vdot vstack
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_a_public_name_is_there_and_documented(name):
    assert getattr(tg, name).__doc__


def test_dir_and_completion_list_every_public_name_and_nothing_else():
    assert {*dir(tg)} == {*NAMES.split()}
    completed = rlcompleter.Completer({"tg": tg}).attr_matches("tg.")
    assert {name.removeprefix("tg.").rstrip("()") for name in completed} == {*dir(tg)}


ROOMS = {
    "nn": """
        Module Parameter evaluating init Sequential Residual MLP Neurons Linear Conv2d Flatten
        Dropout AvgPool2d MaxPool2d BatchNorm1d BatchNorm2d LayerNorm Activation Identity
        ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Tanh Sigmoid LogSigmoid Softmax
        LogSoftmax Softplus Softsign Hardtanh Hardsigmoid Hardswish
    """,
    "nn.init": """
        constant zeros uniform normal glorot_uniform glorot_normal he_uniform he_normal
        lecun_uniform lecun_normal orthogonal randomized_asymmetric redraw fans gain
    """,
    "optim": "Optimiser SGD Adam AdamW clip_grad_norm clip_grad_value",
    "lab": "Monitor accuracy batches circles curve digits rescue spirals sweep two_moons",
    "lab.rescue": """
        Change lower_learning_rate push_bias redo redraw_dead redraw_nonpositive
        switch_activation
    """,
}


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_lists_what_it_offers_and_nothing_else(name):
    room = operator.attrgetter(name)(tg)
    assert dir(room) == sorted(ROOMS[name].split())
    assert all(getattr(room, one).__doc__ for one in dir(room))


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


def test_names_are_told_before_any_room_is_open():
    told = (
        "import tinygrad_relu as tg; names = dir(tg); assert names == dir(tg) and 'relu' in names"
    )
    subprocess.run([sys.executable, "-c", told], check=True)
