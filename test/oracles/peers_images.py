"""
Which image each of peers.py's and peers_resnets.py's networks, and of distillation.py's students, stands rounding with: prints,
for each, the images with the smallest largest error of a gradient under noise of 2^-24, float32's rounding, in every convolution
and batch norm. Writes nothing.
"""

import sys

import torch

import distillation
import peers
import peers_resnets

NOISE = 2**-24
IMAGES = 30


def totals(module, total, **how):
    """The sum of losses of each case, from an image's number and parameters."""

    def of(network, _, *weigh):
        return lambda index, parameters: total(network, index, parameters, *weigh, **how)

    return {name: of(*case) for name, case in module.CASES.items()}


CASES = {
    **totals(peers, peers.total),
    **totals(peers_resnets, peers.total, shape=peers_resnets.SHAPE),
    **totals(distillation, distillation.total),
}


class Noisy(peers.Parameters):
    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def noisy(self, x):
        return x * (1 + NOISE * torch.randn(x.shape, generator=self.generator, dtype=x.dtype))

    def conv(self, *arguments, **named):
        return self.noisy(super().conv(*arguments, **named))

    def norm(self, *arguments):
        return self.noisy(super().norm(*arguments))


def gradients(total, index, parameters):
    total(index, parameters).backward()
    return {name: value.grad for name, value in parameters.values.items() if value.grad is not None}


def error(total, index):
    """The largest ‖error‖/‖g‖ of a parameter."""
    exact = gradients(total, index, peers.Parameters())
    return max(
        float((found[name] - value).norm() / value.norm())
        for found in (gradients(total, index, Noisy(seed)) for seed in (0, 1))
        for name, value in exact.items()
        if value.norm() > peers.EXACT_ZERO
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or CASES:
        errors = sorted((error(CASES[name], index), index) for index in range(IMAGES))
        print(name, [(index, f"{value:.1e}") for value, index in errors[:4]], flush=True)
