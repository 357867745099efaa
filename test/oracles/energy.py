"""Consistency energy: how far a transferred prediction is from the direct one, per pixel."""

import torch
from torch.nn import functional as F

from common import hashed, nchw, write_tensors
from losses import CLASSES, SHAPE


def pair(kind, channels, scale, shift=0):
    """The inputs of the losses' values: transferred, direct."""
    return [nchw(shift + hashed(f"{kind}.{part}", (*SHAPE, channels), scale)) for part in ("prediction", "direct")]


def divergence(transferred, direct):
    """KL(direct ‖ transferred) over the channels of scores."""
    terms = F.kl_div(transferred.log_softmax(1), direct.softmax(1), reduction="none")
    return terms.sum(1, keepdim=True)


def make():
    segmentation = divergence(*pair("losses.segmentation", CLASSES, 3))
    transferred, direct = pair("losses.depth", 1, 1.5, shift=2)
    depth = (transferred - direct).abs()
    transferred, direct = pair("tasks.directions", 3, 2)
    normals = 1 - F.cosine_similarity(transferred, direct, dim=1).unsqueeze(1)
    # An edge's logit z as the two scores 0 and z.
    edges = divergence(*(torch.cat([torch.zeros_like(z), z], 1) for z in pair("tasks.edges", 1, 4)))
    energies = {"segmentation": segmentation, "depth": depth, "normals": normals, "edges": edges}
    energies["paper"] = segmentation / 2 + depth / 2
    write_tensors("energy.safetensors", {name: energy.permute(0, 2, 3, 1) for name, energy in energies.items()})
