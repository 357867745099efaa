"""
Which image each of peers.py's networks stands rounding with: prints, for each, the images with the smallest largest error of a
gradient under noise of 2^-24, float32's rounding, in every convolution and batch norm. Writes nothing.
"""

import sys

import torch

import peers

NOISE = 2**-24
IMAGES = 12


class Noisy(peers.Parameters):
    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def noisy(self, x):
        return x * (1 + NOISE * torch.randn(x.shape, generator=self.generator, dtype=x.dtype))

    def conv(self, *arguments):
        return self.noisy(super().conv(*arguments))

    def norm(self, *arguments):
        return self.noisy(super().norm(*arguments))


def gradients(network, index, parameters, weigh):
    peers.differentiate(network, index, parameters, weigh)
    return {name: value.grad for name, value in parameters.values.items()}


def error(network, index, weigh=peers.fixed):
    """The largest ‖error‖/‖g‖ of a parameter."""
    exact = gradients(network, index, peers.Parameters(), weigh)
    return max(
        float((found[name] - value).norm() / value.norm())
        for found in (gradients(network, index, Noisy(seed), weigh) for seed in (0, 1))
        for name, value in exact.items()
        if value.norm() > peers.EXACT_ZERO
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or peers.CASES:
        network, _, *weigh = peers.CASES[name]
        errors = sorted((error(network, index, *weigh), index) for index in range(IMAGES))
        print(name, [(index, f"{value:.1e}") for value, index in errors[:4]], flush=True)
