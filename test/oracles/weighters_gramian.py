"""
Weighters that the Gramian M = G Gᵀ decides, in closed form or step by step; here from the gradients themselves.

sum, mean: Σ g_t, and divided by T.
pcgrad (Yu et al. 2020): for every i, over the others j in the given order: where ⟨g_i′, g_j⟩ < 0,
  g_i′ −= ⟨g_i′, g_j⟩/‖g_j‖² g_j with the original g_j; d = Σ g_i′ (reduction sum), or their mean.
gradvac (Wang et al. 2021): likewise with φ = cos(g_i′, g_j) against a target φ̂_ij, from 0: where φ < φ̂,
  g_i′ += ‖g_i′‖(φ̂√(1−φ²) − φ√(1−φ̂²))/(‖g_j‖√(1−φ̂²)) g_j; then, for every pair, φ̂ = (1−β)φ̂ + βφ. d = Σ g_i′.
  β = 1e-2 in the paper. Variant `target moves only with the gradient`: φ̂ is updated where φ < φ̂ alone (LibMTL).
imtlG (Liu et al. 2021): α₂… = g₁Uᵀ(DUᵀ)⁻¹, D and U the differences of g₁ and of its direction from the others';
  α₁ = 1 − Σ α₂…
alignedMtl (Senushkin et al. 2023): G = UΣVᵀ; d = √s · V Uᵀ 1, s the least λ = σ² (scale min, the paper's), their median
  (of an even number the lower one of the middle two, as in PyTorch) or their mean (rmse). Variants `mean of tasks`:
  divided by T (TorchJD); `median between the middle two`: the mean of both.
conflictFree (Liu et al. 2024, ConFIG): û the direction of pinv(G with unit rows) 1; d = (Σ ⟨g_t, û⟩) û.
krum (Blanchard et al. 2017): a task's score is the sum of its squared distances to its T − f − 2 closest others; d is
  the mean of the m gradients of least score (f byzantine, m select). Variant `distances not squared` (TorchJD).
"""

import numpy as np

from common import write_json
from weighters import CASES, close, coefficients, entry, plain
from weighters_cones import published


def result(gradients, update, what):
    return {"c": coefficients(gradients, update, what), "d": update}


def sums(given):
    gradients = given["gradients"][0]
    tasks = len(gradients)
    for method, weight in (("sum", 1.0), ("mean", 1 / tasks)):
        update = {"c": np.full(tasks, weight), "d": weight * gradients.sum(0)}
        yield entry(method, given["name"], [update])


def surgery(gradients, order):
    """The g_i′ of PCGrad, checked by the same on coefficients."""
    changed, gramian = gradients.copy(), gradients @ gradients.T
    for task, others in enumerate(order):
        c = np.eye(len(gradients))[task]
        for other in others:
            conflict = changed[task] @ gradients[other]
            if conflict < 0:
                changed[task] -= conflict / (gradients[other] @ gradients[other]) * gradients[other]
            c[other] -= min(0, gramian[other] @ c) / gramian[other, other]
        close(changed[task], c @ gradients, 1e-12, "pcgrad, by coefficients")
    return changed


def pcgrad(given):
    gradients, order = given["gradients"][0], given["orders"][0]
    changed = surgery(gradients, order)
    if len(gradients) > 2:
        backwards = surgery(gradients, [others[::-1] for others in order])
        assert np.linalg.norm(changed.sum(0) - backwards.sum(0)) > 1e-3, "pcgrad: the order should matter"
    for reduction, update in (("sum", changed.sum(0)), ("mean", changed.mean(0))):
        yield entry("pcgrad", given["name"], [result(gradients, update, "pcgrad")], {"reduction": reduction})


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def vaccine(gradients, order, targets, beta, always):
    """The g_i′ of GradVac; moves the targets."""
    changed = gradients.copy()
    for task, others in enumerate(order):
        for other in others:
            target, found = targets[task, other], cosine(changed[task], gradients[other])
            if found < target:
                lift = target * np.sqrt(1 - found**2) - found * np.sqrt(1 - target**2)
                lengths = np.linalg.norm(changed[task]) / np.linalg.norm(gradients[other])
                changed[task] += lengths * lift / np.sqrt(1 - target**2) * gradients[other]
                assert abs(cosine(changed[task], gradients[other]) - target) < 1e-12, "gradvac: target missed"
            if always or found < target:
                targets[task, other] = (1 - beta) * target + beta * found
    return changed.sum(0)


def gradvac(given):
    for beta in (0.01, 0.5):
        for always, variant in ((True, None), (False, "target moves only with the gradient")):
            targets = np.zeros((len(given["gradients"][0]),) * 2)
            steps = []
            for gradients, order in zip(given["gradients"], given["orders"]):
                update = vaccine(gradients, order, targets, beta, always)
                steps.append(result(gradients, update, "gradvac"))
            first = surgery(given["gradients"][0], given["orders"][0]).sum(0)
            close(steps[0]["d"], first, 1e-12, "gradvac: with targets 0 it is pcgrad")
            yield entry("gradvac", given["name"], steps, {"beta": beta}, variant)


def imtl_g(given):
    gradients = given["gradients"][0]
    directions = gradients / np.linalg.norm(gradients, axis=1)[:, None]
    apart, turned = gradients[0] - gradients[1:], directions[0] - directions[1:]
    rest = gradients[0] @ turned.T @ np.linalg.inv(apart @ turned.T)
    c = np.append(1 - rest.sum(), rest)
    update = gradients.T @ c
    shares = directions @ update
    close(shares, np.full(len(c), shares.mean()), 1e-10, "imtlG: equal projections")
    # The same conditions as one linear system: ⟨Gᵀα, u_t⟩ = k for all t, Σ α = 1.
    system = np.block([[directions @ gradients.T, -np.ones((len(c), 1))], [np.ones((1, len(c))), np.zeros((1, 1))]])
    close(c, np.linalg.solve(system, np.append(np.zeros(len(c)), 1))[:-1], 1e-9, "imtlG, as one system")
    yield entry("imtlG", given["name"], [{"c": c, "d": update}])


def aligned(given):
    gradients = given["gradients"][0]
    tasks = len(gradients)
    left, sigma, right = np.linalg.svd(gradients, full_matrices=False)
    values, vectors = np.linalg.eigh(gradients @ gradients.T)
    middle = np.sort(sigma**2)[(tasks - 1) // 2]
    for scale, square in (("min", sigma[-1] ** 2), ("median", middle), ("rmse", np.mean(sigma**2))):
        update = np.sqrt(square) * right.T @ left.T @ np.ones(tasks)
        found = result(gradients, update, "alignedMtl")
        again = np.sqrt(square) * vectors @ np.diag(values**-0.5) @ vectors.T @ np.ones(tasks)
        close(found["c"], again, 1e-9, "alignedMtl, by the Gramian's eigenvectors")
        yield entry("alignedMtl", given["name"], [found], {"scale": scale})
        mean = {key: value / tasks for key, value in found.items()}
        yield entry("alignedMtl", given["name"], [mean], {"scale": scale}, "mean of tasks")
        if scale == "median":
            between = {key: value * np.sqrt(np.median(sigma**2) / square) for key, value in found.items()}
            yield entry("alignedMtl", given["name"], [between], {"scale": scale}, "median between the middle two")


def conflict_free(given):
    gradients = given["gradients"][0]
    directions = gradients / np.linalg.norm(gradients, axis=1)[:, None]
    direction = np.linalg.pinv(directions) @ np.ones(len(gradients))
    direction /= np.linalg.norm(direction)
    shares = directions @ direction
    close(shares, np.full(len(shares), shares.mean()), 1e-10, "conflictFree: equal cosines")
    assert shares.min() > 0
    update = (gradients @ direction).sum() * direction
    yield entry("conflictFree", given["name"], [result(gradients, update, "conflictFree")])


def krum_weights(gradients, byzantine, select, power):
    tasks = len(gradients)
    distances = np.linalg.norm(gradients[:, None] - gradients[None], axis=2) ** power
    scores = np.sort(distances, axis=1)[:, 1 : tasks - byzantine - 1].sum(1)
    ranked = np.sort(scores)
    assert select == tasks or ranked[select] - ranked[select - 1] > 1e-6 * ranked[select], "krum: a tie"
    return (scores <= ranked[select - 1]) / select


def krum(given):
    """Of three tasks the closest two have one score, so that only both of them are a clear choice."""
    gradients = given["gradients"][0]
    for byzantine, select in {3: [(0, 2)], 8: [(0, 1), (1, 1), (1, 3)]}.get(len(gradients), []):
        for power, variant in ((2, None), (1, "distances not squared")):
            c = krum_weights(gradients, byzantine, select, power)
            options = {"byzantine": byzantine, "select": select}
            yield entry("krum", given["name"], [{"c": c, "d": gradients.T @ c}], options, variant)


# What TorchJD's documentation shows for [[-4, 1, 1], [6, 1, 1]], to four digits.
PUBLISHED = [
    ("sum", {}, None, [2, 2, 2]),
    ("mean", {}, None, [1, 1, 1]),
    ("pcgrad", {"reduction": "sum"}, None, [0.5848, 3.8012, 3.8012]),
    ("imtlG", {}, None, [0.0767, 1, 1]),
    ("alignedMtl", {"scale": "min"}, "mean of tasks", [0.2133, 0.9673, 0.9673]),
]
PUBLISHED_KRUM = [[1, 1, 1], [1, 0, 1], [75, -666, 23], [1, 2, 3], [2, 0, 1]], [1.25, 0.75, 1.5]


def make():
    makers = (sums, pcgrad, gradvac, imtl_g, aligned, conflict_free, krum)
    entries = [found for maker in makers for given in CASES for found in maker(given)]
    published(entries, PUBLISHED)
    rows, wanted = np.array(PUBLISHED_KRUM[0], float), PUBLISHED_KRUM[1]
    close(krum_weights(rows, 1, 4, 1) @ rows, wanted, 1e-12, "krum, from TorchJD's documentation")
    write_json("weighters-gramian.json", {"entries": plain(entries)})
