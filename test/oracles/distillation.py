"""
The distillation loss of KD4MTL: students MTAN and Split, a STAN as the teacher, adaptors by name; the distance of each task,
and the gradients of their weighted sum. Four times as wide as peers.py's networks: of a few channels after a ReLU all are
nearly zero at some pixel, and there the length that they are divided by multiplies rounding a thousandfold. Of MTAN's own
parameters PyTorch's float32 gradients are still up to 1e-2 off, since one ReLU or another flips; its adaptors' are 4e-6 off.
"""

from contextlib import contextmanager

import torch
from torch.nn import functional as F

import peers
from common import hashed, nchw, number, write_json

LAMBDA = {"segmentation": 1, "depth": 2}
MAPS = ("bottleneck", "decoded")
WIDTH = 16

# Which of a series of images, as in peers.py: one with which PyTorch's float32 gradients are right.
CASES = {"kd4mtl-mtan": (peers.mtan, 1), "kd4mtl-split": (peers.split, 1)}
OF_ADAPTORS_ALONE = {"kd4mtl-mtan"}


@contextmanager
def wide():
    before, peers.WIDTH = peers.WIDTH, WIDTH
    try:
        yield
    finally:
        peers.WIDTH = before


def units(x):
    return x / (x.square().sum(1, keepdim=True) + 1e-6).sqrt()


def distances(student, index, parameters):
    """D_t by task. A teacher's parameter and the student's of the same name have the same value."""
    image = nchw(hashed(f"peers.image:{index}", (*peers.SHAPE, 3), 1.5))
    with wide():
        own = student(parameters, image)
        with torch.no_grad():
            taught = peers.stan(parameters, image)

    def apart(name, value, other):
        kernel = parameters.get(f"{name}.kernel", (1, 1, value.shape[1], other.shape[1]))
        adapted = F.conv2d(value, kernel.permute(3, 2, 0, 1))
        return (units(adapted) - units(other)).square().sum(1).mean()

    return {
        task: sum(apart(f"adaptor.{task}.{name}", *pair) for name, *pair in zip(MAPS, maps, taught[task]))
        for task, maps in own.items()
    }


def total(student, index, parameters):
    return sum(LAMBDA[task] * value for task, value in distances(student, index, parameters).items())


def run(name, student, index):
    parameters = peers.Parameters()
    found = distances(student, index, parameters)
    sum(LAMBDA[task] * value for task, value in found.items()).backward()
    prefix = "adaptor." if name in OF_ADAPTORS_ALONE else ""
    reached = {
        key: value.grad
        for key, value in parameters.values.items()
        if value.grad is not None and key.startswith(prefix)
    }
    return {
        "image": index,
        "distances": {task: number(value) for task, value in found.items()},
        "gradients": {key: peers.summary(key, value) for key, value in reached.items()},
    }


def make():
    for name, (student, index) in CASES.items():
        write_json(f"peers-{name}.json", run(name, student, index))
