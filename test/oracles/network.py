"""Small networks as a whole: predictions, losses, every gradient, batch-norm statistics, and how training goes."""

from dataclasses import asdict, dataclass

import torch

from common import hashed, nchw, nhwc, number, tensor, write_json, write_tensors
from losses import cross_entropy, l1, transferred_cross_entropy
from model import EDGES, Network, initialize, layout, named

CLASSES = 5
SHAPE = (2, 64, 96)
LAMBDA = {"segmentation": 0.3, "depth": 0.2}
LOG_VARIANCE = {"segmentation": 0.2, "depth": -0.3}
EXACT_ZERO = 1e-13  # A bias before batch norm has no gradient; what float64 leaves of it is below this.


@dataclass(frozen=True)
class Case:
    backbone: int = 18
    architecture: str = "shared"
    consistency: str = "xtc"  # or align, none
    target: str = "soft"  # or hard
    labelSmoothing: float = 0
    mask: str = "all"  # or valid: the pixels that a transferred prediction is judged on (xtc)
    weighting: str = "authors"  # or kendall, equal
    depthLabels: str = "both"  # or first: the second sample has none
    resolution: float = 1  # the transfer nets', of the image's
    cycles: float = 0  # weight of the round trips, segmentation -> depth -> segmentation and the other
    # Which of the series. Among 4·10^5 ReLUs some stand near their kink, where rounding decides whether they pass, and
    # one that flips moves gradients by 1e-3: of 180 batches this is the one that stands the most rounding.
    batch: int = 160


MAIN = Case()
CASES = {
    "xtc-soft": MAIN,
    "xtc-hard-valid": Case(target="hard", labelSmoothing=0.1, mask="valid"),
    "align": Case(consistency="align"),
    "kendall": Case(weighting="kendall"),
    "second-without-depth": Case(depthLabels="first"),
    "mt-net": Case(consistency="none"),
    "st-net": Case(architecture="single", consistency="none", weighting="equal"),
    "resnet50": Case(backbone=50, batch=29),  # Chosen likewise, of 110.
    # Their transfer nets have other ReLUs: chosen likewise, of 80 and of 7; the last one stands it as it is.
    "half": Case(resolution=0.5, batch=146),
    "cycles": Case(cycles=0.5, batch=181),
    "quarter-align-cycles": Case(consistency="align", resolution=0.25, cycles=2),
}


def batch(index=MAIN.batch, dtype=torch.float64):
    """One of a series of inputs by name."""

    def values(name, channels, scale=1):
        return hashed(f"{name}:{index}", (*SHAPE, channels), scale)

    labels = ((values("labels", 1).astype("f8") + 1) / 2 * CLASSES).astype("i4").clip(max=CLASSES - 1)
    return {
        "image": nchw(values("image", 3, 1.5), dtype),
        "labels": tensor(labels[..., 0], torch.long),
        "labelMask": tensor(values("void", 1)[..., 0] <= 0.7, dtype),
        "depth": nchw(2 + values("depth", 1, 1.5), dtype),
        "depthMask": nchw(values("holes", 1) <= 0.5, dtype),
    }


def build(case, dtype=torch.float64):
    edges = () if case.consistency == "none" else EDGES
    single = case.architecture == "single"
    network = Network(case.backbone, CLASSES, single=single, edges=edges, resolution=case.resolution)
    return initialize(network.to(dtype)).train()


def held(case, task, prediction, direct, data):
    """A prediction of a task that came along edges, against the direct one (xtc) or the labels (align)."""
    valid = case.mask == "valid"
    if task == "depth":
        if case.consistency == "align":
            return l1(prediction, data["depth"], data["depthMask"])
        depth_mask = data["depthMask"] if valid else torch.ones_like(data["depthMask"])
        return l1(prediction, direct["depth"].detach(), depth_mask)
    if case.consistency == "align":
        return cross_entropy(prediction, data["labels"], data["labelMask"])
    options = (case.target, case.labelSmoothing, data["labelMask"] if valid else None)
    return transferred_cross_entropy(prediction, direct["segmentation"], *options)


def task_losses(case, network, data):
    """-> predictions (direct, transferred) and losses (direct, transferred, task)"""
    direct, transferred = network(data["image"])
    losses = {
        "direct": {
            "segmentation": cross_entropy(direct["segmentation"], data["labels"], data["labelMask"]),
            "depth": l1(direct["depth"], data["depth"], data["depthMask"]),
        }
    }
    edges = EDGES if transferred else ()
    losses["transferred"] = {f"{s}-{e}": held(case, e, transferred[f"{s}-{e}"], direct, data) for s, e in edges}
    losses["cycled"] = {}
    if case.cycles:
        cycled = network.cycle(transferred)
        losses["cycled"] = {f"{s}-{e}": held(case, s, cycled[f"{s}-{e}"], direct, data) for s, e in edges}
    losses["task"] = dict(losses["direct"])
    for start, end in edges:
        weight = LAMBDA[start]
        term = losses["transferred"][f"{start}-{end}"] + case.cycles * losses["cycled"].get(f"{start}-{end}", 0)
        losses["task"][start] = (1 - weight) * losses["direct"][start] + weight * term
    return {"direct": direct, "transferred": transferred}, losses


def total(case, losses, log_variance):
    if case.weighting == "equal":
        return sum(losses.values())
    if case.weighting == "authors":
        return sum(0.5 * (-log_variance[task]).exp() * loss + log_variance[task] for task, loss in losses.items())
    factor = {"segmentation": 1, "depth": 0.5}  # classification, regression
    return sum(
        factor[task] * (-log_variance[task]).exp() * loss + 0.5 * log_variance[task] for task, loss in losses.items()
    )


def log_variances(dtype=torch.float64):
    return {task: torch.tensor(value, dtype=dtype, requires_grad=True) for task, value in LOG_VARIANCE.items()}


def step(case, network, log_variance, data):
    """One forward and backward pass; gradients are left in the parameters."""
    if case.depthLabels == "first":
        data["depthMask"][1] = 0
    predictions, losses = task_losses(case, network, data)
    losses["total"] = total(case, losses["task"], log_variance)
    losses["total"].backward()
    return predictions, losses


def gradients(network):
    """By name, in the files' layout; mathematical zeros as zeros."""
    found = {name: layout(parameter.grad) for name, parameter in named(network).items()}
    return {name: value if value.norm() > EXACT_ZERO else 0 * value for name, value in found.items()}


def summary(name, gradient):
    """[L2 norm, dot product with probe 0, with probe 1]"""
    probes = (tensor(hashed(f"probe{index}:{name}", tuple(gradient.shape), 1)) for index in (0, 1))
    return [number(gradient.norm()), *(number((gradient * probe).sum()) for probe in probes)]


def numbers(losses):
    return {key: numbers(value) if isinstance(value, dict) else number(value) for key, value in losses.items()}


def margin(logits):
    """How far, at least, the most likely class is ahead of the second: what a hard target hangs on."""
    best, second = logits.topk(2, 1).values.unbind(1)
    return (best - second).min()


def run_case(case):
    network, log_variance = build(case), log_variances()
    predictions, losses = step(case, network, log_variance, batch(case.batch))
    found = gradients(network)
    result = {"options": asdict(case), "losses": numbers(losses)}
    if case.target == "hard":
        result["leastMargin"] = number(margin(predictions["direct"]["segmentation"]))
    if case.weighting != "equal":
        result["logVarianceGradients"] = {task: number(value.grad) for task, value in log_variance.items()}
    result["gradients"] = {name: summary(name, value) for name, value in found.items()}
    return result, predictions, found


def maps(predictions):
    return {
        f"{kind}.{key}": nhwc(value) for kind, values in predictions.items() for key, value in values.items()
    }


def describe_inputs():
    """What tells right inputs from wrong ones."""
    data = batch()
    return {
        "shape": SHAPE,
        "classes": CLASSES,
        "lambda": LAMBDA,
        "logVariance": LOG_VARIANCE,
        "labelledPixels": int(data["labelMask"].sum()),
        "sumOfLabels": int((data["labels"] * data["labelMask"]).sum()),
        "pixelsWithDepth": int(data["depthMask"].sum()),
        "sumOfDepths": number((data["depth"] * data["depthMask"]).sum()),
        "sumOfImage": number(data["image"].sum()),
    }


def train(make_optimizer, batches, dtype=torch.float64, prepare=lambda network: None):
    """-> the network afterwards, and for every step the losses and log variances before it"""
    network, log_variance = build(MAIN, dtype), log_variances(dtype)
    prepare(network)
    optimizer = make_optimizer([*named(network).values(), *log_variance.values()])
    history = []
    for index in batches:
        optimizer.zero_grad()
        before = numbers(log_variance)
        _, losses = step(MAIN, network, log_variance, batch(index, dtype))
        history.append({**numbers(losses), "logVariance": before})
        optimizer.step()
    return network, {"steps": history, "logVarianceAfter": numbers(log_variance)}


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.05)


def adam(parameters, lr=1e-3, eps=1e-8):
    return torch.optim.Adam(parameters, lr=lr, betas=(0.9, 0.99), eps=eps)


def damped_adam(parameters):
    """Small gradients make small steps: what rounding changes stays small."""
    return adam(parameters, lr=3e-4, eps=0.1)


# Of 180 batches the one with which three steps of SGD stand the most rounding (precision.py): after a ReLU that flips in
# one of them, predictions are 1e-5 off and more.
SGD_BATCH = 0

# What makes the optimizer, and the batches of its steps.
CURVES = {
    "sgd": (sgd, [SGD_BATCH] * 3),
    "adam": (adam, range(20)),
    "dampedAdam": (damped_adam, range(20)),
}


def statistics(network):
    """Moving statistics after the steps of SGD, and the first sample's predictions by them."""
    data = batch(SGD_BATCH, next(network.parameters()).dtype)
    with torch.no_grad():
        direct, _ = network.eval()(data["image"][:1])  # In inference the samples do not see each other.
    return {**named(network, buffers=True), **maps({"inference": direct})}


def make():
    cases = {}
    for name, case in CASES.items():
        cases[name], predictions, found = run_case(case)
        if case is MAIN:
            write_tensors("network-predictions.safetensors", maps(predictions))
            write_tensors("network-gradients.safetensors", found)
    write_json("network.json", {"inputs": describe_inputs(), "cases": cases})

    trained = {name: train(*arguments) for name, arguments in CURVES.items()}
    write_json("training.json", {name: curve for name, (_, curve) in trained.items()})
    write_tensors("network-statistics.safetensors", statistics(trained["sgd"][0]))
