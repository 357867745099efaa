"""Losses of the tasks beside segmentation and depth, and weights of classes, on small maps."""

import torch
from torch.nn import functional as F

from common import hashed, nchw, tensor, write_tensors
from losses import CLASSES, SHAPE, cosine_loss, cross_entropy, golden, masked_mean, small_mask

WEIGHTS = [0.25, 0.01, 1.75, 0.5]
SMOOTHING = 0.1


def normals():
    prediction, direct = (hashed(f"tasks.directions.{part}", (*SHAPE, 3), 2) for part in ("prediction", "direct"))
    mask = small_mask("tasks.directions.mask")
    reference, valid = F.normalize(nchw(direct), dim=1), tensor(mask[..., 0])
    files = {"directions.prediction": prediction, "directions.direct": direct, "directions.mask": mask}
    for pixels, where in (("all", torch.ones_like(valid)), ("valid", valid)):
        files |= golden(f"transferredCosine.{pixels}", lambda p: cosine_loss(p, reference, where), prediction)
    return files


def hed(logits, target, mask):
    """HED's weights: positives by the share of negatives, negatives by that of positives; mean over the mask."""
    negatives = masked_mean(1 - target, mask)
    weight = torch.where(target > 0.5, negatives, 1 - negatives)
    return masked_mean(F.binary_cross_entropy_with_logits(logits, target, weight=weight, reduction="none"), mask)


def edges():
    map_shape = (*SHAPE, 1)
    prediction, direct = (hashed(f"tasks.edges.{part}", map_shape, 4) for part in ("prediction", "direct"))
    mask = small_mask("tasks.edges.mask")
    labels = (hashed("tasks.edges.labels", map_shape, 1) > 0.4).astype("f4") * mask
    target, valid, reference = nchw(labels), nchw(mask), nchw(direct)
    files = {
        "edges.prediction": prediction,
        "edges.direct": direct,
        "edges.target": labels,
        "edges.mask": mask,
    }
    files |= golden(
        "bce.weighted",
        lambda p: F.binary_cross_entropy_with_logits(p[valid > 0], target[valid > 0], pos_weight=tensor(2.5)),
        prediction,
    )
    files |= golden("bce.balanced", lambda p: hed(p, target, valid), prediction)
    files |= golden("bce.balanced.negatives", lambda p: hed(p, 0 * target, valid), prediction)
    files |= golden("bce.balanced.empty", lambda p: hed(p, target, 0 * valid), prediction)
    probabilities = {
        "soft": reference.sigmoid(),
        "hard": (reference > 0).double(),
        "smoothed": (reference > 0).double() * (1 - 2 * SMOOTHING) + SMOOTHING,
    }
    for name, wanted in probabilities.items():
        for pixels, where in (("all", torch.ones_like(valid)), ("valid", valid)):
            files |= golden(
                f"transferredBce.{name}.{pixels}",
                lambda p: masked_mean(F.binary_cross_entropy_with_logits(p, wanted, reduction="none"), where),
                prediction,
            )
    return files


def classes():
    """Σ w ℓ / Σ w, which does not change with the weights' scale."""
    logits = hashed("tasks.classes.prediction", (*SHAPE, CLASSES), 3)
    mask = small_mask("tasks.classes.mask")
    ids = ((hashed("tasks.classes.labels", (*SHAPE, 1), 1) + 1) / 2 * CLASSES).astype("i4")
    labels = torch.where(tensor(mask[..., 0]) > 0, tensor(ids[..., 0], torch.long), -100)
    files = {"classes.prediction": logits, "classes.labels": ids * mask.astype("i4"), "classes.mask": mask}
    files["classes.weights"] = torch.tensor(WEIGHTS)
    files |= golden("weightedCrossEntropy", lambda p: F.cross_entropy(p, labels, weight=tensor(WEIGHTS)), logits)
    files |= golden("unweightedCrossEntropy", lambda p: cross_entropy(p, labels.clamp(min=0), tensor(mask[..., 0])), logits)
    return files


def image():
    prediction, target = (hashed(f"tasks.image.{part}", (*SHAPE, 3), 1) for part in ("prediction", "target"))
    wanted = nchw(target)
    files = {"image.prediction": prediction, "image.target": target}
    files |= golden("image.l1", lambda p: F.l1_loss(p, wanted), prediction)
    files |= golden("image.mse", lambda p: F.mse_loss(p, wanted), prediction)
    return files


def make():
    write_tensors("task-losses.safetensors", normals() | edges() | classes() | image())
