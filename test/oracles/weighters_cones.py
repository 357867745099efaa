"""
Weighters that solve a small convex problem, each by SciPy and then proven optimal by its own certificate.

mgda (Désidéri 2012; Sener & Koltun 2018): d = Σ a_t g_t, the point of least norm of the gradients' convex hull,
  a = argmin ‖Σ a_t g_t‖² over the simplex. Normalised, the g_t are divided by n_t = ‖g_t‖ (l2), L_t (loss) or L_t ‖g_t‖
  (loss+l2) to find a; d is that of the gradients as they are, as in the code of Sener & Koltun, where this comes from.
  Variant `normalised gradients combined`: Σ a_t g_t/n_t (LibMTL).
cagrad (Liu et al. 2021): g₀ = mean; w = argmin ⟨g_w, g₀⟩ + c‖g₀‖‖g_w‖ over the simplex, g_w = Σ w_t g_t;
  d = g₀ + c‖g₀‖/‖g_w‖ g_w. rescale 1 divides by 1 + c², 2 by 1 + c (authors' code, whose default is 1).
nashMtl (Navon et al. 2022): the α > 0 of M α = 1/α, M = G Gᵀ. maxNorm: where ‖d‖ is more, d is scaled to it; 0: never.
  every: α is found anew in every so many steps only. Variant `normalised Gramian`: of M/‖M‖ (Frobenius), as the
  authors' code has it, before maxNorm.
fairgrad (Ban & Ji 2024): the w > 0 of M w = w^(−1/α).
upgrad (Quinton & Rey 2024): mean of the projections of the g_t onto the dual cone {x: ⟨g_s, x⟩ ≥ 0 for all s}.
dualproj (Lopez-Paz & Ranzato 2017, as in TorchJD): the projection of their mean.
  Variants `regularised`: the Gramian divided by its trace, plus 1e-4 on the diagonal (TorchJD).
"""

from itertools import combinations

import numpy as np
from scipy.optimize import least_squares, minimize, nnls, root

from common import write_json
from weighters import CASES, close, entry, plain

SIMPLEX = {"type": "eq", "fun": lambda w: w.sum() - 1}


def result(gradients, c):
    return {"c": c, "d": gradients.T @ c}


def supports(tasks):
    return (list(s) for size in range(1, tasks + 1) for s in combinations(range(tasks), size))


def least_norm(gradients):
    """a; ‖Gᵀx‖² + (1 − Σx)² over x ≥ 0 has its least at a multiple of a. Checked over all sets of active tasks."""
    tasks = len(gradients)
    x = nnls(np.vstack([gradients.T, np.ones(tasks)]), np.append(np.zeros(gradients.shape[1]), 1), maxiter=1000)[0]
    a, gramian = x / x.sum(), gradients @ gradients.T
    best, least = None, np.inf
    for active in supports(tasks):
        part, ones = gramian[np.ix_(active, active)], np.ones((len(active), 1))
        system = np.block([[part, ones], [ones.T, np.zeros((1, 1))]])
        inside = np.linalg.solve(system, np.append(np.zeros(len(active)), 1))[:-1]
        if inside.min() >= 0 and inside @ part @ inside < least:
            least, best = inside @ part @ inside, np.zeros(tasks)
            best[active] = inside
    close(a, best, 1e-10, "mgda, by enumeration")
    d = gradients.T @ a
    assert (gradients @ d).min() >= d @ d * (1 - 1e-10), "mgda: no task gains less than ‖d‖²"
    return a


def mgda(given):
    gradients, losses = given["gradients"][0], given["losses"][0]
    norms = np.linalg.norm(gradients, axis=1)
    for normalize, divisor in {
        "none": np.ones_like(norms),
        "l2": norms,
        "loss": losses,
        "loss+l2": losses * norms,
    }.items():
        a = least_norm(gradients / divisor[:, None])
        yield entry("mgda", given["name"], [result(gradients, a)], {"normalize": normalize})
        if normalize != "none":
            combined = [result(gradients, a / divisor)]
            yield entry("mgda", given["name"], combined, {"normalize": normalize}, "normalised gradients combined")


def cagrad_weights(gradients, c):
    """w, by SLSQP for which tasks are active and a Newton-like solver on those; proven by its dual."""
    tasks = len(gradients)
    mean = gradients.mean(0)
    radius = c * np.linalg.norm(mean)

    def value(w):
        return w @ gradients @ mean + radius * np.linalg.norm(w @ gradients)

    def slope(w):
        return gradients @ (mean + radius * (w @ gradients) / np.linalg.norm(w @ gradients))

    start = np.full(tasks, 1 / tasks)
    bounds = [(0, 1)] * tasks
    rough = minimize(value, start, jac=slope, bounds=bounds, constraints=SIMPLEX, method="SLSQP", tol=1e-15).x
    active = np.flatnonzero(rough > 1e-6)

    def whole(inside):
        w = np.zeros(tasks)
        w[active] = inside
        return w

    def optimality(unknown):
        inside, multiplier = unknown[:-1], unknown[-1]
        return np.append(slope(whole(inside))[active] - multiplier, inside.sum() - 1)

    solved = root(optimality, np.append(rough[active], value(rough)), tol=1e-15)
    w = whole(solved.x[:-1])
    close(w, rough, 1e-4, "cagrad, by SLSQP")
    # The d of the primal problem, max over ‖d − g₀‖ ≤ c‖g₀‖ of the least ⟨g_t, d⟩: equal values prove both.
    d = mean + radius * (w @ gradients) / np.linalg.norm(w @ gradients)
    assert w.min() >= 0 and abs((gradients @ d).min() - value(w)) <= 1e-10 * (1 + abs(value(w))), "cagrad: duality gap"
    return w


def cagrad(given, c=0.5):
    gradients = given["gradients"][0]
    w = cagrad_weights(gradients, c)
    radius = c * np.linalg.norm(gradients.mean(0))
    found = 1 / len(gradients) + radius / np.linalg.norm(w @ gradients) * w
    for rescale, divisor in ((0, 1), (1, 1 + c**2), (2, 1 + c)):
        yield entry("cagrad", given["name"], [result(gradients, found / divisor)], {"c": c, "rescale": rescale})


def fair(gramian, alpha):
    """w > 0 of M w = w^(−1/α): where the convex ½wᵀMw − Σ ∫w^(−1/α) has slope 0. Newton's method with halved steps."""

    def slope(w):
        return gramian @ w - w ** (-1 / alpha)

    w = np.diag(gramian) ** (-alpha / (alpha + 1))
    for _ in range(200):
        step = np.linalg.solve(gramian + np.diag(w ** (-1 / alpha - 1) / alpha), slope(w))
        while (w - step).min() <= 0 or np.linalg.norm(slope(w - step)) > np.linalg.norm(slope(w)) * (1 + 1e-12) + 1e-13:
            step = step / 2
            if np.linalg.norm(step) < 1e-17 * np.linalg.norm(w):
                break
        if (w - step).min() > 0:
            w = w - step
    close(gramian @ w, w ** (-1 / alpha), 1e-12, "fairgrad: residual")
    bounds, start = (1e-12, np.inf), np.ones(len(w)) / len(w)
    again = least_squares(slope, start, bounds=bounds, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=10000)
    close(again.x, w, 1e-5, "fairgrad, by least squares")
    return w


def clipped(gradients, c, max_norm):
    norm = np.linalg.norm(gradients.T @ c)
    return result(gradients, c * (max_norm / norm if 0 < max_norm < norm else 1))


def nash(given):
    name, steps = given["name"], given["gradients"]
    found = [fair(g @ g.T, 1) for g in steps]
    for max_norm in (0, 1):
        for every in (1, 2):
            used = [found[step // every * every] for step in range(len(steps))]
            updates = [clipped(g, c, max_norm) for g, c in zip(steps, used)]
            yield entry("nashMtl", name, updates, {"every": every, "maxNorm": max_norm})
    assert abs(np.linalg.norm(steps[0].T @ found[0]) - np.sqrt(len(steps[0]))) < 1e-12, "nashMtl: ‖d‖² = T"
    if len(steps[0]) == 2:  # M α = 1/α gives α₁‖g₁‖ = α₂‖g₂‖, so α_t = 1/(‖g_t‖√(1 + cos)).
        norms = np.linalg.norm(steps[0], axis=1)
        cosine = steps[0][0] @ steps[0][1] / norms.prod()
        close(found[0], 1 / (norms * np.sqrt(1 + cosine)), 1e-12, "nashMtl, two tasks in closed form")
    normalised = [c * np.sqrt(np.linalg.norm(g @ g.T)) for g, c in zip(steps, found)]
    updates = [result(g, c) for g, c in zip(steps, normalised)]
    yield entry("nashMtl", name, updates, {"every": 1, "maxNorm": 0}, "normalised Gramian")


def fairgrad(given):
    gradients = given["gradients"][0]
    for alpha in (1, 2):
        c = fair(gradients @ gradients.T, alpha)
        yield entry("fairgrad", given["name"], [result(gradients, c)], {"alpha": alpha})


def cone_weights(gradients, preference):
    """c = u + λ of the projection Gᵀc of Gᵀu onto the dual cone; its optimality is checked."""
    multipliers = nnls(gradients.T, -gradients.T @ preference, maxiter=1000)[0]
    c = preference + multipliers
    gains, scale = gradients @ gradients.T @ c, np.linalg.norm(gradients) ** 2
    assert multipliers.min() >= 0 and gains.min() >= -1e-12 * scale, "projection: outside the cone"
    assert abs(multipliers @ gains) <= 1e-12 * scale, "projection: not complementary"
    return c


def regularised(gradients):
    """Rows with the Gramian M/tr M + 1e-4·I: where this method stands in for the gradients of M."""
    gramian = gradients @ gradients.T
    return np.linalg.cholesky(gramian / np.trace(gramian) + 1e-4 * np.eye(len(gramian)))


def cones(given):
    gradients = given["gradients"][0]
    tasks = len(gradients)
    for variant, rows in ((None, gradients), ("regularised", regularised(gradients))):
        projections = [cone_weights(rows, unit) for unit in np.eye(tasks)]
        yield entry("upgrad", given["name"], [result(gradients, np.mean(projections, 0))], variant=variant)
        c = cone_weights(rows, np.full(tasks, 1 / tasks))
        yield entry("dualproj", given["name"], [result(gradients, c)], variant=variant)


# What TorchJD's documentation shows for [[-4, 1, 1], [6, 1, 1]], to four digits.
PUBLISHED = [
    ("mgda", {"normalize": "none"}, None, [0, 1, 1]),
    ("cagrad", {"c": 0.5, "rescale": 0}, None, [0.1835, 1.2041, 1.2041]),
    ("nashMtl", {"every": 1, "maxNorm": 1}, None, [0.0542, 0.7061, 0.7061]),
    ("upgrad", {}, "regularised", [0.2929, 1.9004, 1.9004]),
    ("dualproj", {}, "regularised", [0.5563, 1.1109, 1.1109]),
]


def published(entries, known):
    for method, options, variant, wanted in known:
        for found in entries:
            if [found["method"], found["case"], found["options"]] == [method, "2x3", options]:
                if found.get("variant") == variant:
                    difference = np.abs(np.array(found["steps"][0]["d"]) - wanted).max()
                    assert difference < 1e-4, f"{method}: {difference:.1e} from TorchJD's documentation"
                    break
        else:
            raise AssertionError(f"{method} {options}: not made")


def make():
    makers = (mgda, cagrad, nash, fairgrad, cones)
    entries = [found for maker in makers for given in CASES for found in maker(given)]
    published(entries, PUBLISHED)
    write_json("weighters-cones.json", {"entries": plain(entries)})
