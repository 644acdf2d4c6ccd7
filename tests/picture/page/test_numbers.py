"""One text for one number, on the page too."""

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.numbers import number


def test_numbers_are_written_as_in_the_other_pictures(show):
    rng = np.random.default_rng(0)
    numbers = [*rng.normal(size=60) * 10.0 ** rng.integers(-12, 12, size=60), 0.5, 9999.5, 99999.5]
    numbers += [
        1.0625,
        -10.125,
        9998.5,
        1e4,
        12345.5,
        9999.9,
        1e-5,
        0.00012345,
        1e7,
        123456789.0,
        1e300,
        0.0,
    ]
    page = show(
        tg.gradient_flow(tg.sum(tg.stack([Value(float(x), label="n") for x in numbers]))),
        "#step=999",
    )
    told = page.eval_on_selector_all(
        "#leaves tbody tr", "all => all.map(r => r.cells[1].innerText)"
    )
    assert told == [number(x) for x in numbers]
