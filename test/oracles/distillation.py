"""
The distillation loss of KD4MTL at peers.py's width: students MTAN and Split, a STAN as the teacher, adaptors by name; the
distance of each task, and the gradients of their weighted sum.
"""

import torch
from torch.nn import functional as F

import peers
from common import hashed, nchw, number, write_json

LAMBDA = {"segmentation": 1, "depth": 2}
MAPS = ("bottleneck", "decoded")

# Which of a series of images, as in peers.py.
CASES = {"kd4mtl-mtan": (peers.mtan, 0), "kd4mtl-split": (peers.split, 0)}


def units(x):
    return x / (x.square().sum(1, keepdim=True) + 1e-6).sqrt()


def distances(student, index, parameters):
    """D_t by task. A teacher's parameter and the student's of the same name have the same value."""
    image = nchw(hashed(f"peers.image:{index}", (*peers.SHAPE, 3), 1.5))
    with torch.no_grad():
        taught = peers.stan(parameters, image)

    def apart(name, own, other):
        kernel = parameters.get(f"{name}.kernel", (1, 1, own.shape[1], other.shape[1]))
        adapted = F.conv2d(own, kernel.permute(3, 2, 0, 1))
        return (units(adapted) - units(other)).square().sum(1).mean()

    return {
        task: sum(apart(f"adaptor.{task}.{name}", *pair) for name, *pair in zip(MAPS, maps, taught[task]))
        for task, maps in student(parameters, image).items()
    }


def total(student, index, parameters):
    return sum(LAMBDA[task] * value for task, value in distances(student, index, parameters).items())


def run(student, index):
    parameters = peers.Parameters()
    found = distances(student, index, parameters)
    sum(LAMBDA[task] * value for task, value in found.items()).backward()
    reached = {name: value.grad for name, value in parameters.values.items() if value.grad is not None}
    return {
        "image": index,
        "distances": {task: number(value) for task, value in found.items()},
        "gradients": {name: peers.summary(name, value) for name, value in reached.items()},
    }


def make():
    for name, (student, index) in CASES.items():
        write_json(f"peers-{name}.json", run(student, index))
