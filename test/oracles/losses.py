"""Every loss, and its golden values on small maps. Predictions are [batch, channels, height, width]."""

import torch
from torch.nn import functional as F

from common import hashed, nchw, nhwc, tensor, write_tensors


def masked_mean(values, mask):
    """Over the labelled pixels of the whole batch; 0 where there is none."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def cross_entropy(logits, labels, mask):
    """labels, mask [batch, height, width]"""
    return masked_mean(F.cross_entropy(logits, labels, reduction="none"), mask)


def transferred_cross_entropy(logits, reference, target="soft", smoothing=0.0, mask=None):
    """
    Against the direct prediction's distribution, or against its most likely class. Masked pixels count as 0 in a
    mean over all pixels.
    """
    probabilities = reference.detach().softmax(1)
    if target == "hard":
        classes = reference.shape[1]
        chosen = F.one_hot(reference.argmax(1), classes).permute(0, 3, 1, 2).to(logits.dtype)
        probabilities = chosen * (1 - smoothing) + (1 - chosen) * smoothing / (classes - 1)
    values = F.cross_entropy(logits, probabilities, reduction="none")
    return (values if mask is None else values * mask).mean()


DISTANCES = {
    "l1": lambda prediction, target: (prediction - target).abs(),
    "mse": lambda prediction, target: (prediction - target).square(),
    "logL1": lambda prediction, target: (prediction - target).abs().log1p(),
    "smoothL1": lambda prediction, target: F.smooth_l1_loss(prediction, target, reduction="none", beta=1),
}


def l1(prediction, target, mask):
    return masked_mean(DISTANCES["l1"](prediction, target), mask)


def l1_per_image(prediction, target, mask):
    """Mean over each image's labelled pixels, then over the images that have any."""
    means = torch.stack([l1(*image) for image in zip(prediction, target, mask)])
    return masked_mean(means, mask.flatten(1).any(1).to(means.dtype))


def ssim_loss(x, y):
    """(1 - SSIM) / 2, clipped to [0, 1], mean over all 3x3 windows inside the map."""
    c1, c2 = 0.01**2, 0.03**2
    mean_x, mean_y = F.avg_pool2d(x, 3, 1), F.avg_pool2d(y, 3, 1)
    variance_x = F.avg_pool2d(x * x, 3, 1) - mean_x * mean_x
    variance_y = F.avg_pool2d(y * y, 3, 1) - mean_y * mean_y
    covariance = F.avg_pool2d(x * y, 3, 1) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    )
    return ((1 - similarity) / 2).clamp(0, 1).mean()


def cosine_loss(prediction, target, mask):
    """1 - cosine; target: unit vectors; mask [batch, height, width]"""
    return masked_mean(1 - (F.normalize(prediction, dim=1) * target).sum(1), mask)


SHAPE = (2, 5, 7)
CLASSES = 4


def small_mask(name):
    """About two thirds of the pixels, of the first image more than of the second."""
    mask = hashed(name, (*SHAPE, 1), 1) < [[[[0.6]]], [[[0.1]]]]
    return mask.astype("f4")


def golden(case, loss, prediction):
    """{case.loss, case.gradient} of loss(prediction), prediction [batch, height, width, channels]"""
    variable = nchw(prediction).requires_grad_()
    value = loss(variable)
    value.backward()
    return {f"{case}.loss": value, f"{case}.gradient": nhwc(variable.grad)}


def segmentation():
    logits, direct = (hashed(f"losses.segmentation.{part}", (*SHAPE, CLASSES), 3) for part in ("prediction", "direct"))
    mask = small_mask("losses.segmentation.mask")
    ids = ((hashed("losses.segmentation.labels", (*SHAPE, 1), 1) + 1) / 2 * CLASSES).astype("i4") * mask.astype("i4")
    labels, valid, reference = tensor(ids[..., 0], torch.long), tensor(mask[..., 0]), nchw(direct)
    files = {
        "segmentation.prediction": logits,
        "segmentation.direct": direct,
        "segmentation.labels": ids,
        "segmentation.mask": mask,
    }
    files |= golden("crossEntropy", lambda p: cross_entropy(p, labels, valid), logits)
    files |= golden("crossEntropy.empty", lambda p: cross_entropy(p, labels, 0 * valid), logits)
    for name, target, smoothing in (("soft", "soft", 0), ("hard", "hard", 0), ("smoothed", "hard", 0.1)):
        for pixels, where in (("all", None), ("valid", valid)):
            files |= golden(
                f"transferredCrossEntropy.{name}.{pixels}",
                lambda p: transferred_cross_entropy(p, reference, target, smoothing, where),
                logits,
            )
    return files


def depth():
    map_shape = (*SHAPE, 1)
    prediction = 2 + hashed("losses.depth.prediction", map_shape, 1.5)
    direct = 2 + hashed("losses.depth.direct", map_shape, 1.5)
    mask = small_mask("losses.depth.mask")
    values = (2 + hashed("losses.depth.target", map_shape, 1.5)) * mask
    target, valid, reference = nchw(values), nchw(mask), nchw(direct)
    half = valid.clone()
    half[1] = 0
    files = {
        "depth.prediction": prediction,
        "depth.direct": direct,
        "depth.target": values,
        "depth.mask": mask,
    }
    for name, distance in DISTANCES.items():
        files |= golden(name, lambda p: masked_mean(distance(p, target), valid), prediction)
        files |= golden(f"{name}.empty", lambda p: masked_mean(distance(p, target), 0 * valid), prediction)
    files |= golden("l1PerImage", lambda p: l1_per_image(p, target, valid), prediction)
    files |= golden("l1PerImage.secondEmpty", lambda p: l1_per_image(p, target, half), prediction)
    files |= golden("l1PerImage.empty", lambda p: l1_per_image(p, target, 0 * valid), prediction)
    files |= golden("transferredL1.all", lambda p: l1(p, reference, torch.ones_like(valid)), prediction)
    files |= golden("transferredL1.valid", lambda p: l1(p, reference, valid), prediction)
    files |= golden("ssim", lambda p: ssim_loss(p, reference), prediction)
    return files


def normals():
    prediction = hashed("losses.normals.prediction", (*SHAPE, 3), 2)
    mask = small_mask("losses.normals.mask")
    unit = F.normalize(tensor(hashed("losses.normals.target", (*SHAPE, 3), 1)), dim=3)
    values = (unit.numpy() * mask).astype("f4")
    target, valid = nchw(values), tensor(mask[..., 0])
    files = {"normals.prediction": prediction, "normals.target": values, "normals.mask": mask}
    files |= golden("cosine", lambda p: cosine_loss(p, target, valid), prediction)
    files |= golden("cosine.empty", lambda p: cosine_loss(p, target, 0 * valid), prediction)
    return files


def make():
    write_tensors("losses.safetensors", segmentation() | depth() | normals())
