"""
What the weighters are fed: gradients of three matrices with conflicts, losses, and what is drawn at random; and what
the scripts of their oracles share. No method is here: they are in weighters_gramian.py, weighters_cones.py,
weighters_tensor.py and weighters_losses.py, each from its paper's formulas with NumPy and SciPy.
"""

import numpy as np

from common import hashed, number, write_json

BATCHES = 3
EXACT_ZERO = 1e-13  # What rounding leaves of a zero is below this.
# TorchJD's documentation shows what its aggregators make of the first of these, which checks ours.
SMALL = [[[-4, 1, 1], [6, 1, 1]], [[2, -1, 0.5], [-1, 0.5, 1.5]], [[-1.5, 2, 1], [3, 1, -0.5]]]
SCALES = {3: [0.6, 1.2, 1.8], 8: [0.3, 1.5, 0.4, 2.4, 1.6, 0.5, 0.35, 2]}


def unit(name, shape):
    """Numbers in [-1, 1] by name, in double precision."""
    return hashed(f"weighters.{name}", shape, 1).astype(float)


def exact(values, digits=6):
    """Rounded so that the file holds the very numbers that were computed with."""
    return np.round(np.asarray(values, float), digits)


def made(tasks, size, batch):
    """Tasks of unlike norms that pull along two opposite directions, beside a common one and one of their own."""
    name = f"{tasks}x{size}"
    sides = np.where(np.arange(tasks) % 2, -0.8, 0.8)[:, None] * unit(f"{name}.side", (size,))
    own = 0.8 * unit(f"{name}.own", (tasks, size)) + 0.4 * unit(f"{name}.noise:{batch}", (tasks, size))
    return np.array(SCALES[tasks])[:, None] * (0.35 * unit(f"{name}.common", (size,)) + sides + own)


def orders(name, tasks, step):
    """For every task an order of the others."""
    found = []
    for task in range(tasks):
        others = [other for other in range(tasks) if other != task]
        drawn = unit(f"{name}.order:{step}:{task}", (len(others),))
        found.append([others[place] for place in np.argsort(drawn, kind="stable")])
    return found


def case(name, matrices):
    tasks, size = matrices[0].shape
    fall = np.linspace(1, 0.7, BATCHES)[:, None]
    return {
        "name": name,
        "gradients": matrices,
        "losses": exact(fall * (1.3 + 1.1 * unit(f"{name}.losses", (BATCHES, tasks))), 4),
        "orders": [orders(name, tasks, step) for step in range(BATCHES)],
        "uniform": exact((1 + unit(f"{name}.uniform", (size,))) / 2),
    }


CASES = [
    case("2x3", [exact(matrix) for matrix in SMALL]),
    *(case(f"{t}x{n}", [exact(made(t, n, batch)) for batch in range(BATCHES)]) for t, n in ((3, 10), (8, 50))),
]


def close(found, wanted, tolerance, what):
    """Asserts ‖found − wanted‖ ≤ tolerance·‖wanted‖."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    error = np.linalg.norm(found - wanted)
    assert error <= tolerance * max(np.linalg.norm(wanted), 1e-300), f"{what}: off by {error:.1e}"


def coefficients(gradients, update, what="update"):
    """The c of d = Σ c_t g_t, which is unique as the gradients are independent; asserts that there is one."""
    c = np.linalg.lstsq(gradients.T, update, rcond=None)[0]
    close(gradients.T @ c, update, 1e-12, what)
    return c


def plain(values):
    """Arrays as lists of numbers, however deep; zeros as zeros."""
    if isinstance(values, dict):
        return {key: plain(value) for key, value in values.items()}
    if isinstance(values, (list, tuple, np.ndarray)):
        return [plain(value) for value in values]
    if isinstance(values, (float, np.floating)):
        return number(values) if abs(values) > EXACT_ZERO else 0.0
    return values


def entry(method, case_name, steps, options=None, variant=None, **more):
    """One golden result. A variant is a form other than the paper's, and says which."""
    found = {"method": method, "case": case_name, "options": options or {}}
    if variant:
        found["variant"] = variant
    return plain({**found, **more, "steps": steps})


def make():
    for given in CASES:
        for gradients in given["gradients"]:
            assert np.linalg.matrix_rank(gradients) == len(gradients)
            assert (gradients @ gradients.T).min() < 0
        assert given["losses"].min() > 0
    write_json("weighters.json", {"cases": plain(CASES)})
