"""Layers on small maps of odd, unequal sizes: y for x, and the gradients of sum(y * dy)."""

import numpy as np
import torch
from torch.nn import functional as F

from common import hashed, hwio, nchw, nhwc, oihw, tensor, write_tensors


def backward(case, y, variables):
    """{case.y, case.dy, case.d<variable>}; dy by name"""
    dy = hashed(f"{case}.dy", tuple(nhwc(y).shape), 1)
    gradients = torch.autograd.grad(y, list(variables.values()), nchw(dy))
    files = {f"{case}.y": nhwc(y), f"{case}.dy": dy}
    for name, gradient in zip(variables, gradients):
        turned = {"x": nhwc, "kernel": hwio}.get(name, lambda value: value)(gradient)
        files[f"{case}.d{name}"] = turned
    return files


def convolutions():
    files = {}
    for size in (1, 3, 7):
        for stride in (1, 2):
            for pad in (0, 1, 3):
                case = f"conv2d.k{size}s{stride}p{pad}"
                x, kernel, bias = (
                    hashed(f"{case}.{name}", shape, 1)
                    for name, shape in (("x", (2, 9, 7, 2)), ("kernel", (size, size, 2, 3)), ("bias", (3,)))
                )
                inputs = {"x": nchw(x), "kernel": oihw(kernel), "bias": tensor(bias)}
                for value in inputs.values():
                    value.requires_grad_()
                y = F.conv2d(inputs["x"], inputs["kernel"], inputs["bias"], stride, pad)
                files |= {f"{case}.x": x, f"{case}.kernel": kernel, f"{case}.bias": bias}
                files |= backward(case, y, inputs)
    return files


def batch_norms():
    """In training. `pair`: two numbers a channel, so that the unbiased variance is twice the biased one."""
    files = {}
    for name, shape in (("map", (2, 5, 3, 4)), ("pair", (2, 1, 1, 3))):
        case, channels = f"batchNorm.{name}", shape[3:]
        x = 2 + hashed(f"{case}.x", shape, 3)
        gamma = 1 + hashed(f"{case}.gamma", channels, 0.5)
        beta = hashed(f"{case}.beta", channels, 0.5)
        before = {
            "movingMeanBefore": hashed(f"{case}.movingMeanBefore", channels, 1),
            "movingVarianceBefore": 1 + hashed(f"{case}.movingVarianceBefore", channels, 0.5),
        }
        inputs = {"x": nchw(x), "gamma": tensor(gamma), "beta": tensor(beta)}
        for value in inputs.values():
            value.requires_grad_()
        mean, variance = (tensor(value) for value in before.values())
        inference = F.batch_norm(inputs["x"], mean, variance, inputs["gamma"], inputs["beta"], False, 0.1, 1e-5)
        y = F.batch_norm(inputs["x"], mean, variance, inputs["gamma"], inputs["beta"], True, 0.1, 1e-5)
        files |= {f"{case}.x": x, f"{case}.gamma": gamma, f"{case}.beta": beta}
        files |= {f"{case}.{key}": value for key, value in before.items()}
        files |= {f"{case}.movingMean": mean, f"{case}.movingVariance": variance}
        files |= {f"{case}.inference": nhwc(inference)}
        files |= backward(case, y, inputs)
    return files


def max_pools():
    """`negative`: all values below 0, so that padding must not count."""
    files = {}
    for case, shape, shift, window in (
        ("maxPool.k3s2p1.odd", (2, 7, 9, 2), 0, (3, 2, 1)),
        ("maxPool.k3s2p1.even", (2, 8, 6, 2), 0, (3, 2, 1)),
        ("maxPool.k3s2p1.negative", (2, 7, 6, 2), -2, (3, 2, 1)),
        ("maxPool.k2s2p0.odd", (2, 7, 5, 2), 0, (2, 2, 0)),
        ("maxPool.k2s2p0.even", (2, 6, 8, 2), 0, (2, 2, 0)),
    ):
        x = hashed(f"{case}.x", shape, 1) + np.float32(shift)
        inputs = {"x": nchw(x).requires_grad_()}
        files |= {f"{case}.x": x} | backward(case, F.max_pool2d(inputs["x"], *window), inputs)
    return files


def indexed_max_pools():
    """
    2x2 with indices, each 2 * row + column in its window, and the way back. `ties`: halves from 0 up, so that most windows
    have several maxima.
    """
    files = {}
    for name in ("plain", "ties"):
        pool, unpool = f"indexedMaxPool.{name}", f"maxUnpool.{name}"
        x = hashed(f"{pool}.x", (2, 4, 6, 3), 1)
        if name == "ties":
            x = np.maximum(np.round(x * 2) / 2, 0)
        inputs = {"x": nchw(x).requires_grad_()}
        y, places = F.max_pool2d(inputs["x"], 2, return_indices=True)
        indices = 2 * (places // 6 % 2) + places % 6 % 2
        files |= {f"{pool}.x": x, f"{pool}.indices": nhwc(indices).double()} | backward(pool, y, inputs)
        x = hashed(f"{unpool}.x", (2, 2, 3, 3), 1)
        inputs = {"x": nchw(x).requires_grad_()}
        files |= {f"{unpool}.x": x} | backward(unpool, F.max_unpool2d(inputs["x"], places, 2), inputs)
    return files


def upsamplings():
    files = {}
    for height, width in ((1, 1), (1, 2), (2, 1), (2, 3), (5, 3), (4, 7)):
        case = f"upsample.{height}x{width}"
        x = hashed(f"{case}.x", (2, height, width, 3), 1)
        inputs = {"x": nchw(x).requires_grad_()}
        y = F.interpolate(inputs["x"], scale_factor=2, mode="bilinear", align_corners=True)
        files |= {f"{case}.x": x} | backward(case, y, inputs)
    return files


def make():
    pools = max_pools() | indexed_max_pools()
    write_tensors("layers.safetensors", convolutions() | batch_norms() | pools | upsamplings())
