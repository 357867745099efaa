"""
The other systems' networks at reduced width: predictions, losses and the gradient of every parameter, written anew as
functions of parameters by name (SegNet with indexed pooling; Split, MTAN and STAN, Dense, Cross-stitch).
"""

import numpy as np
import torch
from torch.nn import functional as F

from common import hashed, nchw, nhwc, number, tensor, write_json
from model import initial, upsample

SHAPE = (2, 32, 64)
WIDTH = 4
CHANNELS = {"segmentation": 5, "depth": 1}
WEIGHTS = {"segmentation": 1, "depth": 2}  # of the losses
CONVOLUTIONS = (2, 2, 3, 3, 3)
LEVELS = range(1, 6)
EXACT_ZERO = 1e-13  # A bias before batch norm has no gradient.


def stage_width(level):
    return WIDTH * min(2 ** (level - 1), 8)


class Parameters:
    """Parameters, in the files' layout, and moving statistics by name; made when they are first asked for."""

    def __init__(self):
        self.values, self.statistics = {}, {}

    def get(self, name, shape):
        if name not in self.values:
            mixes = name.endswith(".weights")
            value = np.float32(0.5) + hashed(name, shape, 0.4) if mixes else initial(name, shape)
            self.values[name] = tensor(value).requires_grad_()
        return self.values[name]

    def conv(self, name, x, channels, size=3, stride=1, biased=True):
        kernel = self.get(f"{name}.kernel", (size, size, x.shape[1], channels))
        bias = self.get(f"{name}.bias", (channels,)) if biased else None
        return F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, stride, size // 2)

    def norm(self, name, x):
        channels = (x.shape[1],)
        gamma, beta = self.get(f"{name}.gamma", channels), self.get(f"{name}.beta", channels)
        mean = self.statistics.setdefault(f"{name}.movingMean", torch.zeros(channels, dtype=x.dtype))
        variance = self.statistics.setdefault(f"{name}.movingVariance", torch.ones(channels, dtype=x.dtype))
        return F.batch_norm(x, mean, variance, gamma, beta, True, 0.1, 1e-5)

    def block(self, name, index, x, channels, size=3):
        """conv, batch norm, ReLU"""
        return F.relu(self.norm(f"{name}.bn{index}", self.conv(f"{name}.conv{index}", x, channels, size)))

    def head(self, task, x):
        wide = self.conv(f"head.{task}.conv1", x, x.shape[1])
        return self.conv(f"head.{task}.conv2", wide, CHANNELS[task], 1)


def encoder_stage(parameters, name, level, x):
    """-> first map, last map, pooled, places"""
    maps = []
    for index in range(1, CONVOLUTIONS[level - 1] + 1):
        x = parameters.block(name, index, x, stage_width(level))
        maps.append(x)
    return (maps[0], x, *F.max_pool2d(x, 2, return_indices=True))


def decoder_stage(parameters, name, level, x, inner=None):
    out = stage_width(max(level - 1, 1))
    for index in range(1, CONVOLUTIONS[level - 1] + 1):
        last = index == CONVOLUTIONS[level - 1]
        x = parameters.block(name, index, x, out if last else inner or out)
    return x


def segnet(parameters, image, suffix=""):
    """-> encoder's (first, last, pooled, places) and decoder's (unpooled, last) by level"""
    encoded, decoded, x = {}, {}, image
    for level in LEVELS:
        encoded[level] = encoder_stage(parameters, f"encoder{suffix}.stage{level}", level, x)
        x = encoded[level][2]
    for level in reversed(LEVELS):
        unpooled = F.max_unpool2d(x, encoded[level][3], 2)
        x = decoder_stage(parameters, f"decoder{suffix}.stage{level}", level, unpooled)
        decoded[level] = (unpooled, x)
    return encoded, decoded


def heads(maps_of):
    """A network whose heads are fed each task's last map."""

    def network(parameters, image):
        maps = maps_of(parameters, image)
        return {task: parameters.head(task, last) for task, (_, last) in maps.items()}

    return network


def split(parameters, image):
    """-> bottleneck and last map by task, as the next two"""
    encoded, decoded = segnet(parameters, image)
    return {task: (encoded[5][2], decoded[1][1]) for task in CHANNELS}


def attend(parameters, name, x, target, hidden=None):
    x = parameters.block(name, 1, x, hidden or target.shape[1], 1)
    return torch.sigmoid(parameters.norm(f"{name}.bn2", parameters.conv(f"{name}.conv2", x, target.shape[1], 1))) * target


def attended(parameters, part, prefix, encoded, decoded):
    """-> a task's coarsest attended map and its last one"""

    def bring(name, x, channels):
        return F.relu(parameters.norm(f"{part}.{name}.bn", parameters.conv(f"{part}.{name}.conv", x, channels)))

    x = None
    for level in LEVELS:
        first, last, _, _ = encoded[level]
        seen = first if x is None else torch.cat([first, x], 1)
        x = attend(parameters, f"{part}.{prefix}encoder{level}", seen, last)
        x = F.max_pool2d(bring(f"encoder{level}", x, stage_width(min(level + 1, 5))), 2)
    bottleneck = x
    for level in reversed(LEVELS):
        unpooled, last = decoded[level]
        x = bring(f"decoder{level}", upsample(x), stage_width(max(level - 1, 1)))
        x = attend(parameters, f"{part}.{prefix}decoder{level}", torch.cat([unpooled, x], 1), last)
    return bottleneck, x


def mtan(parameters, image):
    maps = segnet(parameters, image)
    return {task: attended(parameters, "attention", f"{task}.", *maps) for task in CHANNELS}


def stan(parameters, image):
    def network(task):
        maps = segnet(parameters, image, f".{task}")
        return attended(parameters, f"attention.{task}", "", *maps)

    return {task: network(task) for task in CHANNELS}


def dense(parameters, image):
    """The shared decoder's last stage has no readers and is left out."""
    prefixes = ["", *(f"{task}." for task in CHANNELS)]
    x, places = {prefix: image for prefix in prefixes}, {}
    for level in LEVELS:
        fed = x if level == 1 else joined(x)
        for prefix in prefixes:
            name = f"encoder.{prefix}stage{level}"
            _, _, x[prefix], places[prefix, level] = encoder_stage(parameters, name, level, fed[prefix])
    for level in reversed(LEVELS):
        fed = joined({prefix: F.max_unpool2d(x[prefix], places[prefix, level], 2) for prefix in prefixes})
        for prefix in prefixes if level > 1 else prefixes[1:]:
            inner = 2 * WIDTH if level == 1 else None
            x[prefix] = decoder_stage(parameters, f"decoder.{prefix}stage{level}", level, fed[prefix], inner)
    return {task: parameters.head(task, x[f"{task}."]) for task in CHANNELS}


def joined(maps):
    """The shared map is put behind each of the tasks'."""
    return {prefix: torch.cat([own, maps[""]], 1) if prefix else own for prefix, own in maps.items()}


def stitch(parameters, unit, name, maps):
    """unit: channel, scalar or sum -> the maps mixed"""
    count, channels = len(maps), maps[0].shape[1]
    shape = {"channel": (count, count, channels), "scalar": (count, count), "sum": (count,)}[unit]
    weights = parameters.get(f"{name}.weights", shape)
    if unit == "sum":
        weights = weights.expand(count, count)
    weights = weights.reshape(count, count, -1, 1, 1)
    return [sum(weight * value for weight, value in zip(row, maps)) for row in weights]


def cross_stitch(unit):
    def network(parameters, image):
        tasks, places = list(CHANNELS), {}
        x = [image for _ in tasks]
        for level in LEVELS:
            if level > 1:
                x = stitch(parameters, unit, f"encoder.stitch{level}", x)
            for at, task in enumerate(tasks):
                name = f"encoder.{task}.stage{level}"
                _, _, x[at], places[task, level] = encoder_stage(parameters, name, level, x[at])
        for level in reversed(LEVELS):
            x = stitch(parameters, unit, f"decoder.stitch{level}", x)
            for at, task in enumerate(tasks):
                unpooled = F.max_unpool2d(x[at], places[task, level], 2)
                x[at] = decoder_stage(parameters, f"decoder.{task}.stage{level}", level, unpooled)
        return {task: parameters.head(task, value) for task, value in zip(tasks, x)}

    return network


def sigmoid_block(parameters, name, index, x, channels):
    return torch.sigmoid(parameters.norm(f"{name}.bn{index}", parameters.conv(f"{name}.conv{index}", x, channels)))


def adamt(parameters, image):
    """Without dropout."""

    def pool(x, times):
        return x if times == 0 else pool(F.max_pool2d(x, 2), times - 1)

    maps, x = [], image
    for level in range(1, 5):
        for index in (1, 2):
            x = parameters.block(f"encoder.block{level}", index, x, WIDTH * 2 ** (level - 1))
        maps.append(x)
        x = torch.cat([pool(value, len(maps) - at) for at, value in reversed(list(enumerate(maps)))], 1)
    bottleneck = parameters.conv("encoder.bottleneck", x, 16 * WIDTH, 1)

    def decode(task):
        x = bottleneck
        for index in range(1, 5):
            name, skip = f"decoder.{task}.block{index}", maps[-index]
            a = sigmoid_block(parameters, name, 1, torch.cat([upsample(x), skip], 1), skip.shape[1] // 2)
            b = sigmoid_block(parameters, name, 2, a, skip.shape[1] // 2)
            factors = parameters.get(f"{name}.attention.weights", (1, *a.shape[2:], a.shape[1]))
            x = torch.cat([b, factors.permute(0, 3, 1, 2) * a * b], 1)
        head = parameters.get(f"decoder.{task}.head.kernel", (1, 1, x.shape[1], CHANNELS[task]))
        return F.conv2d(x, head.permute(3, 2, 0, 1))

    return {task: decode(task) for task in CHANNELS}


def fixed(losses, parameters):
    return WEIGHTS


def adaptive(losses, parameters):
    """AdaMT-Net's λ_t: mean |∂L_t/∂K_t| with K_t the first kernel of a decoder, divided by their sum."""
    pulls = {}
    for task, value in losses.items():
        kernel = parameters.values[f"decoder.{task}.block1.conv1.kernel"]
        pulls[task] = torch.autograd.grad(value, kernel, retain_graph=True)[0].abs().mean().detach()
    return {task: pull / sum(pulls.values()) for task, pull in pulls.items()}


# Which of a series of images: one that stands rounding well (peers_images.py). Elsewhere a ReLU or a maximum flips.
CASES = {
    "split": (heads(split), 2),
    "mtan": (heads(mtan), 4),
    "stan": (heads(stan), 2),
    "dense": (dense, 9),
    "cross-stitch": (cross_stitch("channel"), 0),
    "cross-stitch-scalar": (cross_stitch("scalar"), 2),
    "cross-stitch-sum": (cross_stitch("sum"), 9),
    "adamt": (adamt, 3),
    "adamt-weighted": (adamt, 3, adaptive),
}


def loss(task, prediction):
    """mean(½ p² + p · h) with h by name: smooth, and different for every value."""
    batch, channels, *size = prediction.shape
    slope = nchw(hashed(f"peers.slope.{task}", (batch, *size, channels), 1))
    return (prediction**2 / 2 + prediction * slope).mean()


def summary(name, value):
    """[L2 norm, dot product with probe 0, with probe 1]; a mathematical zero as zeros"""
    value = value.detach()
    if value.norm() <= EXACT_ZERO:
        return [0, 0, 0]
    probes = (tensor(hashed(f"probe{index}:{name}", tuple(value.shape), 1)) for index in (0, 1))
    return [number(value.norm()), *(number((value * probe).sum()) for probe in probes)]


def forward(network, index, parameters, shape=SHAPE):
    """-> predictions and losses by task"""
    predictions = network(parameters, nchw(hashed(f"peers.image:{index}", (*shape, 3), 1.5)))
    return predictions, {task: loss(task, prediction) for task, prediction in predictions.items()}


def weighed(network, index, parameters, weigh=fixed, shape=SHAPE):
    """-> predictions, losses and weights by task, and the weighted sum of the losses"""
    predictions, losses = forward(network, index, parameters, shape)
    weights = weigh(losses, parameters)
    return predictions, losses, weights, sum(weights[task] * value for task, value in losses.items())


def total(*arguments, **named):
    return weighed(*arguments, **named)[-1]


def run(network, index, weigh=fixed, shape=SHAPE):
    parameters = Parameters()
    predictions, losses, weights, sum_of_losses = weighed(network, index, parameters, weigh, shape)
    sum_of_losses.backward()
    return {
        "image": index,
        "losses": {task: number(value) for task, value in losses.items()},
        "weights": {task: number(weight) for task, weight in weights.items()},
        "predictions": {task: summary(task, nhwc(value)) for task, value in predictions.items()},
        "gradients": {name: summary(name, value.grad) for name, value in parameters.values.items()},
        "statistics": {name: summary(name, value)[1] for name, value in parameters.statistics.items()},
    }


def make():
    for name, case in CASES.items():
        write_json(f"peers-{name}.json", run(*case))
