"""Metrics and labels of the tasks beside segmentation and depth, by NumPy and SciPy straight from their definitions."""

import numpy as np
from scipy import ndimage, stats

from common import hashed, number, write_json

IMAGES, SIZE, CLASSES, VOID = 4, (6, 7), 4, 255


def unit(name, shape):
    """Values in [0, 1), float64 of float32."""
    return (hashed(f"taskMetrics.{name}", shape, 1).astype(np.float64) + 1) / 2


def masks(name):
    """About four fifths of the pixels; of the third image none."""
    mask = unit(name, (IMAGES, *SIZE)) < 0.8
    mask[2] = False
    return mask


def directions():
    target = hashed("taskMetrics.normals.target", (IMAGES, *SIZE, 3), 1)
    target /= np.linalg.norm(target, axis=-1, keepdims=True)
    prediction = target + hashed("taskMetrics.normals.error", (IMAGES, *SIZE, 3), 0.6)
    mask = masks("normals.mask")
    p, y = prediction[mask].astype(np.float64), target[mask].astype(np.float64)
    cosine = np.sum(p * y, 1) / np.linalg.norm(p, axis=1) / np.linalg.norm(y, axis=1)
    angles = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    values = {
        "angleMean": np.mean(angles),
        "angleMedian": np.median(angles),
        **{f"within{int(limit)}": stats.percentileofscore(angles, limit, "strict") / 100 for limit in (11.25, 22.5, 30)},
    }
    return prediction, target, mask, values


def best_f1(prediction, target, mask, tolerance):
    """Counts over all images at each threshold, then the best F1."""
    square = np.ones((2 * tolerance + 1,) * 2, bool)
    near = lambda edges: np.stack([ndimage.binary_dilation(image, square) for image in edges])
    labelled = target & mask
    best = 0
    for k in range(1, 100):
        predicted = (prediction >= k / 100) & mask
        matched, found = (predicted & near(labelled)).sum(), (labelled & near(predicted)).sum()
        if matched and found:
            precision, recall = matched / predicted.sum(), found / labelled.sum()
            best = max(best, stats.hmean([precision, recall]))
    return best


def average_precision(scores, labels):
    """Over the thresholds that occur."""
    recalls, total = [0], 0
    for threshold in sorted(set(scores), reverse=True):
        chosen = scores >= threshold
        recalls.append(np.sum(labels[chosen]) / np.sum(labels))
        total += (recalls[-1] - recalls[-2]) * np.mean(labels[chosen])
    return total


def edges():
    """Probabilities in the middle of steps of 1/10,000, some of them the same."""
    target = unit("edges.target", (IMAGES, *SIZE)) < 0.15
    spread = unit("edges.score", (IMAGES, *SIZE)) * 0.7 + 0.3 * np.roll(target, 1, 2) * unit("edges.hit", (IMAGES, *SIZE))
    prediction = (np.floor(np.round(spread, 2) * 9999) + 0.5) / 10000
    mask = masks("edges.mask")
    values = {f"edgeF.{r}": best_f1(prediction, target, mask, r) for r in (0, 1, 2)}
    return prediction, target, mask, {**values, "averagePrecision": average_precision(prediction[mask], target[mask])}


def pictures():
    target = unit("image.target", (IMAGES, *SIZE, 3)).astype(np.float32)
    prediction = target + hashed("taskMetrics.image.error", (IMAGES, *SIZE, 3), 0.2)
    mask = masks("image.mask")
    error = np.mean((prediction[mask].astype(np.float64) - target[mask]) ** 2)
    return prediction, target, mask, {"psnr": 20 * np.log10(1 / np.sqrt(error))}


def classes():
    prediction = np.floor(unit("classes.prediction", (IMAGES, *SIZE)) * 3)
    target = np.where(unit("classes.right", (IMAGES, *SIZE)) < 0.5, prediction, np.floor(unit("classes.target", (IMAGES, *SIZE)) * 3))
    mask = masks("classes.mask")
    right = (prediction == target)[mask]
    recalls = ndimage.mean(right, target[mask], np.unique(target[mask]))
    return prediction, target, mask, {"accuracy": np.mean(right), "meanAccuracy": np.mean(recalls)}


def numbers():
    target = 100 + unit("numbers.target", (IMAGES, *SIZE)) * 8
    prediction = target + hashed("taskMetrics.numbers.error", (IMAGES, *SIZE), 2)
    prediction, target = prediction.astype(np.float32), target.astype(np.float32)
    mask = masks("numbers.mask")
    p, y = prediction[mask].astype(np.float64), target[mask].astype(np.float64)
    return prediction, target, mask, {"r2": 1 - np.mean((p - y) ** 2) / np.var(y)}


def written(prediction, target, mask, values):
    flat = lambda array: [number(x) for x in array.astype(float).flat]
    return {
        "images": [
            {"prediction": flat(p), "target": flat(t), "mask": [int(x) for x in m.flat]}
            for p, t, m in zip(prediction, target, mask)
        ],
        "values": {name: number(value) for name, value in values.items()},
    }


def label_maps():
    """Class ids in patches, some pixels void; class 3 nowhere, class 2 in the first two images alone."""
    ids = np.floor(unit("labels.patches", (IMAGES, 3, 4)) * 3).repeat(2, 1).repeat(2, 2)[:, :, : SIZE[1]].astype(int)
    ids[2:] = np.minimum(ids[2:], 1)
    ids[unit("labels.void", ids.shape) < 0.12] = VOID
    return ids


def edges_of(ids):
    """What can be said of the difference to each of the four neighbours: yes, no or (NaN) nothing."""
    known = np.where(ids == VOID, np.nan, ids)
    # Beyond the border stands what is at it: no difference, or NaN where that is void.
    padded = np.pad(known, 1, mode="edge")
    neighbours = padded[2:, 1:-1], padded[:-2, 1:-1], padded[1:-1, 2:], padded[1:-1, :-2]
    differences = np.stack([np.minimum(np.abs(known - other), 1) for other in neighbours])
    edge = (differences == 1).any(0)
    mask = (ids != VOID) & (edge | ~np.isnan(differences).any(0))
    return {
        "ids": [int(x) for x in ids.flat],
        "edges": [int(x) for x in edge.flat],
        "mask": [int(x) for x in mask.flat],
    }


def class_weights(maps):
    """Eigen & Fergus 2015, and ENet."""
    counts = np.array([[np.sum(ids == c) for c in range(CLASSES)] for ids in maps])
    pixels, around = counts.sum(0), (counts.sum(1, keepdims=True) * (counts > 0)).sum(0)
    present = pixels > 0
    frequency = pixels[present] / around[present]
    median, inverse = np.zeros(CLASSES), np.zeros(CLASSES)
    median[present] = np.median(frequency) / frequency
    inverse[present] = 1 / np.log(1.02 + pixels[present] / pixels.sum())
    return {"medianFrequency": [number(x) for x in median], "inverseLog": [number(x) for x in inverse]}


def make():
    maps = label_maps()
    write_json(
        "task-metrics.json",
        {
            "height": SIZE[0],
            "width": SIZE[1],
            "numberOfClasses": CLASSES,
            "void": VOID,
            "directions": written(*directions()),
            "edges": written(*edges()),
            "pictures": written(*pictures()),
            "classes": written(*classes()),
            "numbers": written(*numbers()),
            "labels": [edges_of(ids) for ids in maps],
            "classWeights": class_weights(maps),
        },
    )
