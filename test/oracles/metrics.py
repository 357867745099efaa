"""Metrics of small made-up predictions, by NumPy and SciPy straight from their definitions."""

import numpy as np
from scipy import stats

from common import hashed, number, write_json

IMAGES, SIZE, CLASSES = 4, (5, 6), 5
FLOOR = 0.1


def made(name, low, high):
    """Values in [low, high), float32, [image, height, width]."""
    unit = hashed(f"metrics.{name}", (IMAGES, *SIZE), 1).astype(np.float64) / 2 + 0.5
    return (low + (high - low) * unit).astype(np.float32)


def class_images():
    """Predictions and targets with void pixels; class 4 nowhere, class 3 in one image alone, image 2 without labels."""
    prediction = made("classes.prediction", 0, 3).astype(int)
    target = np.where(made("classes.right", 0, 1) < 0.5, prediction, made("classes.target", 0, 3).astype(int))
    target[1, :2, :3] = 3
    mask = made("classes.mask", 0, 1) < 0.8
    mask[2] = False
    return prediction, target, mask


def depth_images():
    """Predictions about the targets, some of them not above 0, and pixels without a label, whose target is 0."""
    target = made("depth.target", 0.5, 8)
    prediction = target * np.exp(made("depth.error", -0.9, 0.9)).astype(np.float32)
    prediction[0, 0, :2] = [0, -0.5]
    mask = made("depth.mask", 0, 1) < 0.8
    mask[3] = False
    return prediction, np.where(mask, target, 0).astype(np.float32), mask


def jaccard(prediction, target):
    """Mean IoU over the classes present, from sets of pixels."""
    pairs = [(prediction == c, target == c) for c in range(CLASSES)]
    return np.mean([np.sum(p & t) / np.sum(p | t) for p, t in pairs if np.any(p | t)])


def class_values(prediction, target, mask):
    return {
        "miou": jaccard(prediction[mask], target[mask]),
        "miou.perImage": np.mean([jaccard(p[m], t[m]) for p, t, m in zip(prediction, target, mask) if m.any()]),
        "pixelAccuracy": np.mean(prediction[mask] == target[mask]),
    }


def depth_values(prediction, target, mask):
    p, y = prediction[mask].astype(np.float64), target[mask].astype(np.float64)
    clipped = np.clip(p, FLOOR, None)
    within = np.where(p > 0, np.maximum(clipped / y, y / clipped), np.inf)
    return {
        "absolute": np.linalg.norm(p - y, 1) / p.size,
        "relative": np.mean(np.abs(p / y - 1)),
        "rmse": np.linalg.norm(p - y) / np.sqrt(p.size),
        "rmseLog": np.sqrt(np.mean((np.log(clipped) - np.log(y)) ** 2)),
        "irmse": np.sqrt(np.mean((clipped**-1 - y**-1) ** 2)),
        **{f"delta{k}": stats.percentileofscore(within, 1.25**k, "strict") / 100 for k in (1, 2, 3)},
    }


def written(images, values):
    prediction, target, mask = images
    return {
        "images": [
            {
                "prediction": [number(x) for x in p.flat],
                "target": [number(x) for x in t.flat],
                "mask": [int(x) for x in m.flat],
            }
            for p, t, m in zip(prediction, target, mask)
        ],
        "values": {name: number(value) for name, value in values(*images).items()},
    }


def make():
    write_json(
        "metrics.json",
        {
            "height": SIZE[0],
            "width": SIZE[1],
            "floor": FLOOR,
            "numberOfClasses": CLASSES,
            "classes": written(class_images(), class_values),
            "depth": written(depth_images(), depth_values),
        },
    )
