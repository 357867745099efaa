"""The way from PNG files to batches as it is usually written for PyTorch: PIL decodes and resizes, a DataLoader with
worker processes collates. Prints seconds per image for each pass over the files, one per line.

    data.py ROOT HEIGHT WIDTH BATCH WORKERS PASSES
"""

import glob
import json
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def class_map():
    """Label ids to the 7 classes, 255 = void."""
    table = np.full(256, 255, np.uint8)
    for train_id, ids in enumerate([(7, 10), (11, 16), (17, 20), (21, 22), (23, 23), (24, 25), (26, 33)]):
        table[ids[0] : ids[1] + 1] = train_id
    return table


class Cityscapes(Dataset):
    def __init__(self, root, height, width):
        self.files = sorted(glob.glob(f"{root}/leftImg8bit/train/*/*.png"))
        self.size = (width, height)
        self.table = class_map()

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        file = self.files[index]
        labels = file.replace("leftImg8bit/", "gtFine/", 1).replace("_leftImg8bit", "_gtFine_labelIds")
        disparity = file.replace("leftImg8bit/", "disparity/", 1).replace("_leftImg8bit", "_disparity")
        image = Image.open(file).convert("RGB").resize(self.size, Image.BILINEAR)
        image = (np.asarray(image, np.float32) / 255 - MEAN) / STD
        ids = np.asarray(Image.open(labels).resize(self.size, Image.NEAREST))
        stored = np.asarray(Image.open(disparity).resize(self.size, Image.NEAREST)).astype(np.float32)
        depth = np.where(stored > 0, np.minimum((stored - 1) / 65536, 0.4922), 0).astype(np.float32)
        return (
            torch.from_numpy(image).permute(2, 0, 1),
            torch.from_numpy(self.table[ids].astype(np.int64)),
            torch.from_numpy(depth)[None],
        )


def main():
    root, (height, width, batch, workers, passes) = sys.argv[1], map(int, sys.argv[2:])
    torch.set_num_threads(1)
    data = Cityscapes(root, height, width)
    loader = DataLoader(data, batch, shuffle=True, num_workers=workers, persistent_workers=True)
    times = []
    for _ in range(passes + 1):
        start = time.perf_counter()
        count = sum(len(images) for images, _, _ in loader)
        times.append((time.perf_counter() - start) / count)
    # The first pass starts the workers.
    print(json.dumps(times[1:]))


main()
