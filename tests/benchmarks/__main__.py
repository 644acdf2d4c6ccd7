"""Print the table: one thread, both engines in one process, interleaved rounds, medians.

``python -m tests.benchmarks``            everything, some minutes
``python -m tests.benchmarks nets chain`` some of the groups

PyTorch and micrograd are an extra: ``python -m pip install -e ".[peers]"``; so is the browser.
"""

import os
import sys

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TUNING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def main() -> None:
    """Restart in a fixed environment, which NumPy reads once, at its import; then measure."""
    fixed = {k: v for k, v in os.environ.items() if k not in TUNING} | ONE_THREAD
    if fixed != dict(os.environ):
        command = [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]]
        os.execve(sys.executable, command, fixed)
    from tests.benchmarks import engine, flow, networks, page

    engine.GROUPS.update(networks.GROUPS | flow.GROUPS | page.GROUPS)
    engine.report(sys.argv[1:])


if __name__ == "__main__":
    main()
