"""
Weighters that treat gradients one by one or remember them. Step k is fed the k-th gradients and losses of its case.

trimmedMean (Yin et al. 2018): the mean of each coordinate without its `trim` largest and smallest.
graddrop (Chen et al. 2020): purity P = ½(1 + Σ g_t/Σ|g_t|) per coordinate; with the case's uniform draw U, of each g_t
  stays what is positive where P > U, or negative where P < U; d = Σ (leak + (1 − leak)·kept) g_t.
dbMtl (Lin et al. 2023): of the gradients of log(L_t + 1e-8), from 0: ĝ_t = β_k ĝ_t + (1 − β_k) ∇log L_t;
  d = max‖ĝ‖ Σ ĝ_t/‖ĝ_t‖. β_k = β/k^σ with k from 1 (betaSigma 0: constant).
moco (Fernando et al. 2023): from y = 0 and λ = 1/T: y −= β/k^σ (y − g); λ = Π(λ − γ/k^σ′ (yyᵀ + ρI)λ), Π the Euclidean
  projection onto the simplex; d = yᵀλ, both as they are after this step. Variant `softmax, gradients of length L`
  (LibMTL): softmax for Π, and g_t/‖g_t‖·L_t for g_t. The rates are LibMTL's defaults in both.
modo (Chen et al. 2023): three matrices a step, `left`, `right` and `update`: λ = Π(λ − γ(G_l G_rᵀ λ + ρλ)), from 1/T;
  d = G_uᵀλ. The paper has ρ = 0, LibMTL 0.1. Two steps over the same three.
sdmgrad (Xiao et al. 2023): likewise, `iterations` times a step: w = Π(w − rate·(G_l G_rᵀ w + λ G_l g₀)), g₀ = mean of
  G_r; d = G_uᵀw + λ mean of G_u. w goes on from step to step. Variant `authors`: G_l G_rᵀ divided by the squared mean
  of √max(its diagonal, 0) plus 1e-8, rate 5 with momentum 0.5 that starts anew each step, and d divided by 1 + λ; they
  draw `update` first.
excessMtl (He et al. 2024): excess r_t = Σ g²/√(Σ g² so far + 1e-7); from c = 1: c_t ∝ c_t exp(η r_t/r_t of the first
  step), Σ c = T, as in the authors' code (the paper: Σ c = 1). The first step multiplies all alike, so changes nothing.
adamt (Jha et al. 2020): the gradient of task t's own kernel K_t, of n − t values, is the beginning of its row;
  m_t = mean |∂L_t/∂K_t|; c = m/Σm, so d = Gᵀc.
"""

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import trim_mean

from common import write_json
from weighters import CASES, close, entry, plain

NUDGE = 1e-9


def trimmed_mean(given):
    gradients = given["gradients"][0]
    tasks = len(gradients)
    for trim in (0, 1, 2):
        if tasks > 2 * trim:
            update = np.sort(gradients, axis=0)[trim : tasks - trim].mean(0)
            close(update, trim_mean(gradients, trim / tasks + 1e-9, axis=0), 1e-12, "trimmedMean, by SciPy")
            yield entry("trimmedMean", given["name"], [{"d": update}], {"trim": trim})


def graddrop(given):
    gradients, drawn = given["gradients"][0], given["uniform"]
    purity = (1 + gradients.sum(0) / np.abs(gradients).sum(0)) / 2
    assert np.abs(purity - drawn).min() > 1e-4, "graddrop: rounding would decide"
    # All in one sign: P is 1 or 0, and everything stays.
    kept = np.where(purity > drawn, gradients > 0, gradients < 0)
    same = np.abs(gradients.sum(0)) == np.abs(gradients).sum(0)
    assert kept[:, same].all()
    for leak in (0, 0.25):
        update = ((leak + (1 - leak) * kept) * gradients).sum(0)
        again = leak * gradients.sum(0)
        again += (1 - leak) * np.where(purity > drawn, gradients.clip(min=0).sum(0), gradients.clip(max=0).sum(0))
        close(update, again, 1e-12, "graddrop, by sums of signs")
        yield entry("graddrop", given["name"], [{"d": update}], {"leak": leak})


def db_mtl(given):
    for beta, sigma in ((0.9, 0), (0.9, 0.5), (0, 0)):
        smooth, steps, seen, shares = 0, [], [], []
        for step, (gradients, losses) in enumerate(zip(given["gradients"], given["losses"]), 1):
            rate = beta / step**sigma
            fresh = gradients / (losses + 1e-8)[:, None]
            smooth = rate * smooth + (1 - rate) * fresh
            seen, shares = [*seen, fresh], [*(share * rate for share in shares), 1 - rate]
            close(smooth, sum(share * one for share, one in zip(shares, seen)), 1e-12, "dbMtl, as one sum")
            norms = np.linalg.norm(smooth, axis=1)
            steps.append({"d": norms.max() * (smooth / norms[:, None]).sum(0)})
        yield entry("dbMtl", given["name"], steps, {"beta": beta, "betaSigma": sigma})


def project(v):
    """Onto the simplex: max(v − θ, 0) with θ by bisection; checked against its definition."""
    low, high = v.min() - 1, v.max()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(v - middle, 0).sum() > 1 else (low, middle)
    active = v > high
    w = np.where(active, v - (v[active].sum() - 1) / active.sum(), 0)
    # ⟨v − w, e − w⟩ ≤ 0 at every corner e is what makes w the closest point.
    assert w.min() >= 0 and abs(w.sum() - 1) < 1e-12 and ((v - w) - (v - w) @ w).max() < 1e-9 * (1 + np.abs(v).max())
    return w


def moco(given):
    options = {"beta": 0.5, "betaSigma": 0.5, "gamma": 0.1, "gammaSigma": 0.5}
    for variant, rho in ((None, 0), (None, 0.1), ("softmax, gradients of length L", 0)):
        tasks = len(given["gradients"][0])
        tracked, weights, steps = 0, np.full(tasks, 1 / tasks), []
        for step, (gradients, losses) in enumerate(zip(given["gradients"], given["losses"]), 1):
            lengths = np.linalg.norm(gradients, axis=1)
            used = gradients * (losses / lengths)[:, None] if variant else gradients
            tracked = tracked - options["beta"] / step ** options["betaSigma"] * (tracked - used)
            slope = (tracked @ tracked.T + rho * np.eye(tasks)) @ weights
            moved = weights - options["gamma"] / step ** options["gammaSigma"] * slope
            weights = softmax(moved) if variant else project(moved)
            steps.append({"weights": weights, "d": tracked.T @ weights})
        yield entry("moco", given["name"], steps, {**options, "rho": rho}, variant)


def roles(matrices, places):
    return [matrices[places[role]] for role in ("left", "right", "update")]


LAST = {"left": 0, "right": 1, "update": 2}
FIRST = {"update": 0, "left": 1, "right": 2}


def modo(given):
    left, right, last = roles(given["gradients"], LAST)
    for gamma, rho in ((0.01, 0), (0.001, 0.1)):
        weights, steps = np.full(len(left), 1 / len(left)), []
        for _ in range(2):
            weights = project(weights - gamma * (left @ right.T @ weights + rho * weights))
            steps.append({"c": weights, "d": last.T @ weights})
        yield entry("modo", given["name"], steps, {"gamma": gamma, "rho": rho}, roles=LAST)


def sdmgrad_steps(matrices, places, scaled, regularization, iterations, rate, momentum):
    left, right, last = roles(matrices, places)
    tasks = len(left)
    products = left @ right.T
    if scaled:
        products = products / (np.sqrt(np.diag(products).clip(min=0)).mean() ** 2 + 1e-8)
    weights, steps = np.full(tasks, 1 / tasks), []
    for _ in range(2):
        velocity = 0
        for _ in range(iterations):
            velocity = momentum * velocity + products @ (weights + regularization / tasks)
            weights = project(weights - rate * velocity)
        c = (weights + regularization / tasks) / (1 + regularization if scaled else 1)
        steps.append({"weights": weights, "c": c, "d": last.T @ c})
    return steps


def sdmgrad(given):
    options = {"lambda": 0.3, "iterations": 20, "rate": 0.005, "momentum": 0}
    authors = {**options, "rate": 5, "momentum": 0.5}
    for places, variant, used in ((LAST, None, options), (FIRST, "authors", authors), (LAST, "authors", authors)):
        arguments = (places, variant is not None, *used.values())
        steps = sdmgrad_steps(given["gradients"], *arguments)
        nudged = sdmgrad_steps([g * (1 + NUDGE * np.sign(g)) for g in given["gradients"]], *arguments)
        for one, other in zip(steps, nudged):
            close(one["d"], other["d"], 1e3 * NUDGE, "sdmgrad: rounding would decide")
        yield entry("sdmgrad", given["name"], steps, used, variant, roles=places)


def excess_mtl(given):
    for rate in (0.01, 1):
        c, squares, steps, first, exponent = np.ones(len(given["gradients"][0])), 0, [], None, 0
        for gradients in given["gradients"]:
            squares = squares + gradients**2
            excess = (gradients**2 / np.sqrt(squares + 1e-7)).sum(1)
            first = excess if first is None else first
            c = c * np.exp(rate * excess / first)
            c = len(c) * c / c.sum()
            exponent = exponent + rate * excess / first
            close(c, len(c) * softmax(exponent), 1e-12, "excessMtl, as one softmax")
            steps.append({"c": c, "d": gradients.T @ c})
        close(steps[0]["c"], np.ones(len(c)), 1e-12, "excessMtl: the first step")
        yield entry("excessMtl", given["name"], steps, {"rate": rate})


def adamt_by_torch(gradients, sizes):
    """-> λ and the update of the shared parameters, from losses that are linear in them and in the kernels"""
    rows = torch.tensor(gradients)
    shared = torch.zeros(rows.shape[1], dtype=torch.float64, requires_grad=True)
    kernels = [torch.zeros(int(size), dtype=torch.float64, requires_grad=True) for size in sizes]
    losses = [row @ shared + row[: len(kernel)] @ kernel for row, kernel in zip(rows, kernels)]
    pulls = [
        torch.autograd.grad(loss, kernel, retain_graph=True)[0].abs().mean() for loss, kernel in zip(losses, kernels)
    ]
    weights = torch.stack(pulls).detach()
    weights = weights / weights.sum()
    sum(weight * loss for weight, loss in zip(weights, losses)).backward()
    return weights.numpy(), shared.grad.numpy()


def adamt(given):
    steps = []
    for gradients in given["gradients"]:
        tasks, size = gradients.shape
        sizes = size - np.arange(tasks)
        own = np.arange(size) < sizes[:, None]
        magnitudes = (np.abs(gradients) * own).sum(1) / sizes
        c = magnitudes / magnitudes.sum()
        weights, update = adamt_by_torch(gradients, sizes)
        close(c, weights, 1e-12, "adamt, by PyTorch")
        close(gradients.T @ c, update, 1e-12, "adamt: the update, by PyTorch")
        steps.append({"c": c, "d": gradients.T @ c})
    yield entry("adamt", given["name"], steps)


def check_projection():
    """Once against a general solver."""
    v = np.array([0.9, -0.2, 0.6, 0.1])
    on_simplex = {"type": "eq", "fun": lambda w: w.sum() - 1}
    found = minimize(lambda w: ((w - v) ** 2).sum(), np.full(4, 0.25), bounds=[(0, 1)] * 4, constraints=on_simplex)
    close(found.x, project(v), 1e-6, "projection onto the simplex, by SLSQP")


# What TorchJD's documentation shows.
PUBLISHED_TRIM = [[1e11, 3], [1, -1e11], [-1e10, 1e10], [2, 2]], [1.5, 2.5]


def make():
    check_projection()
    close(np.sort(PUBLISHED_TRIM[0], axis=0)[1:3].mean(0), PUBLISHED_TRIM[1], 1e-12, "trimmedMean, from TorchJD")
    makers = (trimmed_mean, graddrop, db_mtl, moco, modo, sdmgrad, excess_mtl, adamt)
    entries = [found for maker in makers for given in CASES for found in maker(given)]
    write_json("weighters-tensor.json", {"entries": plain(entries)})
