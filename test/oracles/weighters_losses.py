"""
Weightings of losses: ω of every step, for six epochs of two steps each. Each is checked by PyTorch's autograd or Adam.

dwa (Liu et al. 2019): 1 in the first two epochs; then ω = T·softmax(r/temperature), r_t the mean loss of the last epoch
  over that of the one before.
gls (Chennupati et al. 2019): total (Π L_t)^(1/T), so ω_t = total/(T L_t).
stch (Lin et al. 2024): total μ log Σ exp((L_t − z_t)/μ) with ideal z = 0 and equal preferences of 1, so
  ω = softmax(L/μ). Variant `log` (the authors' multi-task code, LibMTL): total T·μ log Σ exp(log(L_t/nadir_t)/μ),
  so ω_t = T·softmax(log(L/nadir)/μ)_t/L_t; up to and with epoch `warmup` (from 0) total Σ log L_t, so ω_t = 1/L_t;
  the nadir is the mean loss of epoch `warmup`.
famo (Liu et al. 2023): z = softmax(ξ), ξ from 0; ω_t = z_t/D_t/Σ(z/D), D = L − minimum + 1e-8, minimum 0. After the
  step, `after` being the same batch's losses: δ = Jᵀ(log D − log D_after), J the softmax's Jacobian;
  ξ −= rate·(δ + decay·ξ).
  Variant `adam` (authors' code): Adam with betas 0.9 and 0.999, ε 1e-8 and decay as an L2 penalty.
gradnorm (Chen et al. 2018): `norms` are n_t = ‖∇L_t‖ over the last shared layer. ω from 1; G_t = ω_t n_t; target
  mean(G)·r_t^α, r_t = (L_t/L_t(0))/their mean, L(0) the first step's losses; ω −= rate·sign(G_t − target_t)·n_t, then
  rescaled to Σ ω = T. `weights` are those before a step's change, `next` those after it. Variant `adam`: Adam's step
  instead of the plain one; its moments are not rescaled.
rlw (Lin et al. 2022): softmax of the step's `normals`. Variant `times T`.
imtlL (Liu et al. 2021): total Σ e^(s_t) L_t − s_t with s the step's `normals`: ω = e^s, and ∂total/∂s = e^s L − 1.
"""

import numpy as np
import torch
from scipy.special import softmax
from scipy.stats import gmean

from common import write_json
from weighters import close, exact, plain, unit

EPOCHS, STEPS = 6, 2
TASKS = (2, 3, 8)
BETAS, EPSILON = (0.9, 0.999), 1e-8


def sequence(tasks):
    name, steps = f"losses.{tasks}", EPOCHS * STEPS
    fall = np.linspace(1, 0.4, steps)[:, None]
    before = exact(fall * (1.3 + 0.8 * unit(f"{name}.level", (tasks,)) + 0.3 * unit(name, (steps, tasks))), 4)
    return {
        "tasks": tasks,
        "before": before,
        "after": exact(before * (0.95 + 0.1 * unit(f"{name}.after", (steps, tasks))), 6),
        "norms": exact(1.5 + 1.2 * unit(f"{name}.norms", (steps, tasks)), 4),
        "normals": exact(1.7 * unit(f"{name}.normals", (steps, tasks)), 4),
    }


SEQUENCES = [sequence(tasks) for tasks in TASKS]


def entry(method, given, weights, options=None, variant=None, **more):
    found = {"method": method, "tasks": given["tasks"], "options": options or {}}
    if variant:
        found["variant"] = variant
    return plain({**found, "weights": weights, **more})


def slope(total, at, *constants):
    """∇ total, by PyTorch."""
    variable = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    total(variable, *(torch.tensor(constant, dtype=torch.float64) for constant in constants)).backward()
    return variable.grad.numpy()


def epoch_means(given):
    return given["before"].reshape(EPOCHS, STEPS, -1).mean(1)


def dwa(given, temperature=2):
    means, tasks = epoch_means(given), given["tasks"]
    weights = []
    for epoch in range(EPOCHS):
        rates = means[epoch - 1] / means[epoch - 2] if epoch > 1 else np.ones(tasks)
        powers = np.exp(rates / temperature)
        weights += [tasks * powers / powers.sum()] * STEPS
    close(weights[: 2 * STEPS], np.ones((2 * STEPS, tasks)), 1e-15, "dwa: the first two epochs")
    yield entry("dwa", given, weights, {"temperature": temperature})


def gls(given):
    weights = [gmean(losses) / (len(losses) * losses) for losses in given["before"]]
    for losses, found in zip(given["before"], weights):
        close(found, slope(lambda x: x.log().mean().exp(), losses), 1e-12, "gls")
    yield entry("gls", given, weights, total=[gmean(losses) for losses in given["before"]])


def stch(given):
    tasks, means = given["tasks"], epoch_means(given)
    for mu in (1, 0.2):
        weights = [softmax(losses / mu) for losses in given["before"]]
        for losses, found in zip(given["before"], weights):
            close(found, slope(lambda x: mu * torch.logsumexp(x / mu, 0), losses), 1e-12, "stch")
        yield entry("stch", given, weights, {"mu": mu})
        for warmup in (0, 4):
            weights, nadir = [], means[warmup]
            for step, losses in enumerate(given["before"]):
                if step // STEPS <= warmup:
                    weights.append(1 / losses)
                    continue
                powers = (losses / nadir) ** (1 / mu)
                weights.append(tasks * powers / powers.sum() / losses)
                again = slope(lambda x, z: tasks * mu * torch.logsumexp((x / z).log() / mu, 0), losses, nadir)
                close(weights[-1], again, 1e-12, "stch, log")
            yield entry("stch", given, weights, {"mu": mu, "warmup": warmup}, "log", nadir=nadir)


class Adam:
    """With bias-corrected moments; what it makes of a gradient, times the rate, is what a parameter loses."""

    def __init__(self):
        self.first, self.second, self.steps = 0, 0, 0

    def step(self, gradient):
        self.steps += 1
        self.first = BETAS[0] * self.first + (1 - BETAS[0]) * gradient
        self.second = BETAS[1] * self.second + (1 - BETAS[1]) * gradient**2
        first, second = self.first / (1 - BETAS[0] ** self.steps), self.second / (1 - BETAS[1] ** self.steps)
        return first / (np.sqrt(second) + EPSILON)


class Plain:
    def step(self, gradient):
        return gradient


class TorchAdam:
    """The same by PyTorch: a check, kept in step with the values it is told."""

    def __init__(self, tasks, rate, decay=0.0):
        self.values = torch.zeros(tasks, dtype=torch.float64, requires_grad=True)
        self.stepper = torch.optim.Adam([self.values], lr=rate, betas=BETAS, eps=EPSILON, weight_decay=decay)

    def moved(self, values, gradient):
        self.values.data = torch.tensor(values)
        self.values.grad = torch.tensor(gradient)
        self.stepper.step()
        return self.values.detach().numpy().copy()


def famo_weights(xi, losses):
    shares = softmax(xi) / (losses + 1e-8)
    return shares / shares.sum()


def famo(given, rate=0.025, decay=1e-3):
    for stepper, variant in ((Plain(), None), (Adam(), "adam")):
        xi, check = np.zeros(given["tasks"]), TorchAdam(given["tasks"], rate, decay)
        weights, logits = [], []
        for losses, after in zip(given["before"], given["after"]):
            weights.append(famo_weights(xi, losses))
            z = softmax(xi)
            gain = np.log(losses + 1e-8) - np.log(after + 1e-8)
            change = z * (gain - z @ gain)
            close(change, slope(lambda x, g: torch.softmax(x, 0) @ g, xi, gain), 1e-12, "famo: δ")
            moved = xi - rate * stepper.step(change + decay * xi)
            if variant:
                close(moved, check.moved(xi, change), 1e-12, "famo, by PyTorch's Adam")
            xi = moved
            logits.append(xi)
        yield entry("famo", given, weights, {"rate": rate, "decay": decay}, variant, logits=logits)


def gradnorm_slope(weights, norms, rates, alpha):
    scaled = weights * norms
    away = scaled - scaled.mean() * rates**alpha
    assert np.abs(away).min() > 1e-6, "gradnorm: rounding would decide"
    return np.sign(away) * norms


def gradnorm_loss(weights, norms, rates, alpha):
    scaled = weights * norms
    return (scaled - (scaled.mean() * rates**alpha).detach()).abs().sum()


def gradnorm(given, rate=0.025):
    tasks = given["tasks"]
    for alpha in (1.5, 0.12):
        for stepper, variant in ((Plain(), None), (Adam(), "adam")):
            weights, check, before, after = np.ones(tasks), TorchAdam(tasks, rate), [], []
            for losses, norms in zip(given["before"], given["norms"]):
                rates = losses / given["before"][0]
                rates = rates / rates.mean()
                gradient = gradnorm_slope(weights, norms, rates, alpha)
                again = slope(gradnorm_loss, weights, norms, rates, alpha)
                close(gradient, again, 1e-12, "gradnorm")
                moved = weights - rate * stepper.step(gradient)
                if variant:
                    close(moved, check.moved(weights, gradient), 1e-12, "gradnorm, by PyTorch's Adam")
                before.append(weights)
                weights = tasks * moved / moved.sum()
                after.append(weights)
                assert weights.min() > 0
            yield entry("gradnorm", given, before, {"alpha": alpha, "rate": rate}, variant, next=after)


def rlw(given):
    weights = softmax(given["normals"], axis=1)
    yield entry("rlw", given, weights)
    yield entry("rlw", given, given["tasks"] * weights, variant="times T")


def imtl_l(given):
    s = given["normals"]
    gradients = np.exp(s) * given["before"] - 1
    for one, losses, found in zip(s, given["before"], gradients):
        close(found, slope(lambda x, y: (x.exp() * y - x).sum(), one, losses), 1e-12, "imtlL")
    yield entry("imtlL", given, np.exp(s), gradients=gradients)


def make():
    makers = (dwa, gls, stch, famo, gradnorm, rlw, imtl_l)
    entries = [found for maker in makers for given in SEQUENCES for found in maker(given)]
    sequences = [{**given, "epochMeans": epoch_means(given)} for given in SEQUENCES]
    write_json(
        "weighters-losses.json",
        {"stepsPerEpoch": STEPS, "sequences": plain(sequences), "entries": entries},
    )
