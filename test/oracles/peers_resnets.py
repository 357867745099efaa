"""MTAN and cross-stitch networks on ResNets, as peers.py has those on SegNet: an encoder's sections, and U-Net decoders."""

import torch
from torch.nn import functional as F

from common import write_json
from model import RESNETS, upsample
from peers import CHANNELS, attend, run, stitch

# Larger than the SegNets': a batch norm over few values, and a mask of one hidden channel, make much of rounding.
SHAPE = (2, 64, 96)
WIDTH = 8  # Channels of the stem and of the decoders.


def conv_norm(parameters, conv, norm, x, channels, size, stride):
    return parameters.norm(norm, parameters.conv(conv, x, channels, size, stride, biased=False))


def residual(parameters, name, x, convolutions):
    """convolutions: (channels, kernel size, stride) of each"""
    y = x
    for index, (channels, size, stride) in enumerate(convolutions, 1):
        y = conv_norm(parameters, f"{name}.conv{index}", f"{name}.bn{index}", y, channels, size, stride)
        y = F.relu(y) if index < len(convolutions) else y
    if y.shape != x.shape:
        out, stride = y.shape[1], x.shape[2] // y.shape[2]
        x = conv_norm(parameters, f"{name}.downsample.0", f"{name}.downsample.1", x, out, 1, stride)
    return F.relu(y + x)


def bottleneck(parameters, name, x, inner, out, stride=1):
    return residual(parameters, name, x, [(inner, 1, 1), (inner, 3, stride), (out, 1, 1)])


def stem(parameters, name, image):
    return F.relu(conv_norm(parameters, f"{name}conv1", f"{name}bn1", image, WIDTH, 7, 2))


def stage(parameters, depth, name, index, x):
    """index: from 1 -> what the stage's last block is fed, and what it gives"""
    block, counts = RESNETS[depth]
    channels = WIDTH * 2 ** (index - 1)
    x = F.max_pool2d(x, 3, 2, 1) if index == 1 else x
    for at in range(counts[index - 1]):
        before, stride, own = x, 2 if index > 1 and at == 0 else 1, f"{name}layer{index}.{at}"
        if block.expansion == 4:
            x = bottleneck(parameters, own, x, channels, 4 * channels, stride)
        else:
            x = residual(parameters, own, x, [(channels, 3, stride), (channels, 3, 1)])
    return before, x


def decode(parameters, task, maps):
    x = None
    for index, feature in enumerate(reversed(maps), 1):
        x = feature if x is None else torch.cat([x, feature], 1)
        for layer in (1, 2, 3):
            x = parameters.block(f"decoder.{task}.block{index}", layer, x, WIDTH)
        x = upsample(x)
    head = parameters.get(f"decoder.{task}.head.kernel", (1, 1, WIDTH, CHANNELS[task]))
    return F.conv2d(x, head.permute(3, 2, 0, 1))


def mtan(depth):
    def network(parameters, image):
        fine, stages = stem(parameters, "encoder.", image), []
        for index in (1, 2, 3, 4):
            stages.append(stage(parameters, depth, "encoder.", index, stages[-1][1] if stages else fine))

        def attended(task):
            found = []
            for index, (before, last) in enumerate(stages, 1):
                channels, seen = last.shape[1], before
                if index > 1:
                    refined = bottleneck(parameters, f"attention.refine{index - 1}", found[-1], channels // 4, channels)
                    seen = torch.cat([before, F.max_pool2d(refined, 2)], 1)
                found.append(attend(parameters, f"attention.{task}.stage{index}", seen, last, channels // 4))
            return found

        return {task: decode(parameters, task, [fine, *attended(task)]) for task in CHANNELS}

    return network


def cross_stitch(depth, unit):
    def network(parameters, image):
        tasks = list(CHANNELS)
        maps = {task: [] for task in tasks}
        for index in range(5):
            given = []
            for task in tasks:
                name = f"encoder.{task}."
                if index == 0:
                    given.append(stem(parameters, name, image))
                else:
                    given.append(stage(parameters, depth, name, index, maps[task][-1])[1])
            for task, mixed in zip(tasks, stitch(parameters, unit, f"encoder.stitch{index + 1}", given)):
                maps[task].append(mixed)
        return {task: decode(parameters, task, maps[task]) for task in tasks}

    return network


# Which of a series of images: one that stands rounding well (peers_images.py). With ResNet 50 there is none: over as many batch
# norms PyTorch's own float32 is 4e-4 off at least, as with the networks of network.py.
CASES = {
    "mtan-resnet18": (mtan(18), 2),
    "cross-stitch-resnet18": (cross_stitch(18, "channel"), 6),
}


def make():
    for name, (network, index) in CASES.items():
        write_json(f"peers-{name}.json", run(network, index, shape=SHAPE))
