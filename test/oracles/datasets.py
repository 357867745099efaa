"""Tiny data sets in the layouts of Cityscapes and NYUv2, and arrays in NumPy's and MATLAB's files, with what must be read
from them: by NumPy, SciPy, Pillow and h5py, so independent of the TypeScript writers. Needs no PyTorch:

    apt-get install python3-numpy python3-scipy python3-pil python3-h5py
    python3 test/oracles/datasets.py
"""

import base64
import io
import json
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import scipy.sparse
from PIL import Image

FOLDER = Path(__file__).parent.parent / "fixtures" / "datasets"

# Label id → class, as METHOD.md and the published table have it; −1 is stored as 255.
CLASSES_7 = {**{i: 0 for i in range(7, 11)}, **{i: 1 for i in range(11, 17)}, **{i: 2 for i in range(17, 21)},
             21: 3, 22: 3, 23: 4, 24: 5, 25: 5, **{i: 6 for i in range(26, 34)}, 255: 6}
CLASSES_19 = {i: c for c, i in enumerate([7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33])}
VOID = 255

# Object → class of 40 and of 13 (from 0), by their published names.
OBJECTS = {0: (VOID, VOID), 21: (0, 11), 11: (1, 4), 3: (2, 5), 157: (3, 0), 5: (4, 3), 26: (28, 6), 4: (21, 2)}


def picture(height, width, seed):
    return np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)


def nearest(array, height, width):
    """The source pixel that each pixel's centre falls into."""
    rows = ((np.arange(height) + 0.5) * array.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * array.shape[1] / width).astype(int)
    return array[rows][:, columns]


def flat(array):
    return np.asarray(array).ravel().tolist()


def float32(array):
    """Numbers of float32 that JSON gives back exactly."""
    return [float(value) for value in np.asarray(array, dtype=np.float32).ravel()]


def save_png(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def save_npy(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s+", "", found[0]), json.dumps(value, indent=1))
    path.write_text(text + "\n")


def make_cityscapes():
    root, height, width = FOLDER / "cityscapes", 8, 20
    expected = {}
    frames = [("train", "aachen", "aachen_000000_000019"), ("train", "zurich", "zurich_000001_000019"),
              ("val", "munster", "munster_000002_000019")]
    for k, (split, city, name) in enumerate(frames):
        rgb = picture(height, width, k)
        # All 35 ids, and their disparities: invalid, zero, small, beyond the cap, greatest.
        ids = np.resize(np.roll([*range(34), 255], k), (height, width)).astype(np.uint8)
        p = np.random.RandomState(100 + k).randint(2, 33000, (height, width)).astype(np.uint16)
        p.flat[:7] = [0, 1, 2, 257, 32257, 32258, 65535]
        save_png(root / "leftImg8bit" / split / city / f"{name}_leftImg8bit.png", rgb)
        save_png(root / "gtFine" / split / city / f"{name}_gtFine_labelIds.png", ids)
        save_png(root / "disparity" / split / city / f"{name}_disparity.png", p)
        baseline, fx = 0.209313, 2262.52
        if k == 1:
            baseline, fx = 0.25, 1000.5
            camera = {"extrinsic": {"baseline": baseline, "pitch": 0.03}, "intrinsic": {"fx": fx, "fy": 999.0}}
            file = root / "camera" / split / city / f"{name}_camera.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(camera))
        inverse = np.where(p > 0, np.minimum((p.astype(np.float64) - 1) / 256**2, 0.4922), 0)
        d = (p.astype(np.float64) - 1) / 256
        metres = np.where(p > 1, baseline * fx / np.where(p > 1, d, 1), 0)
        seven = np.vectorize(lambda i: CLASSES_7.get(i, VOID))(ids)
        nineteen = np.vectorize(lambda i: CLASSES_19.get(i, VOID))(ids)
        expected[name] = {
            "split": split, "image": flat(rgb), "classes7": flat(seven), "classes19": flat(nineteen),
            "inverse": float32(inverse), "metres": float32(metres),
            "half": {"classes7": flat(nearest(seven, 4, 10)), "inverse": float32(nearest(inverse, 4, 10))},
        }
    write_json(root / "expected.json", {"height": height, "width": width, "samples": expected})


def make_cityscapes_npy():
    root, height, width = FOLDER / "cityscapes-npy", 4, 6
    expected = {}
    # 10 comes after 2.
    for k, (split, number) in enumerate([("train", 2), ("train", 10), ("val", 0)]):
        rgb = picture(height, width, 10 + k)
        seven = np.random.RandomState(20 + k).randint(-1, 7, (height, width))
        nineteen = np.random.RandomState(30 + k).randint(-1, 19, (height, width))
        depth = np.random.RandomState(40 + k).uniform(0, 0.49, (height, width, 1)).astype(np.float32)
        depth[0, :2] = 0
        save_npy(root / split / "image" / f"{number}.npy", (rgb / 255).astype(np.float32))
        save_npy(root / split / "label_7" / f"{number}.npy", seven.astype(np.int64 if k == 0 else np.float32))
        save_npy(root / split / "label_19" / f"{number}.npy", nineteen.astype(np.int8))
        save_npy(root / split / "depth" / f"{number}.npy", depth if k == 0 else depth[..., 0].astype(np.float64))
        expected[f"{split}/{number}"] = {
            "image": flat(rgb), "classes7": flat(np.where(seven < 0, VOID, seven)),
            "classes19": flat(np.where(nineteen < 0, VOID, nineteen)), "inverse": float32(depth),
        }
    write_json(root / "expected.json", {"height": height, "width": width, "samples": expected})


def make_nyuv2():
    root, height, width, count = FOLDER / "nyuv2", 6, 8, 5
    root.mkdir(parents=True, exist_ok=True)
    objects, expected = list(OBJECTS), {}
    images = np.stack([picture(height, width, 50 + k) for k in range(count)])
    labels = np.stack([np.resize(np.roll(objects, k), (height, width)) for k in range(count)]).astype(np.uint16)
    depths = np.random.RandomState(60).uniform(0.7, 9.9, (count, height, width)).astype(np.float32)
    depths[:, 0, 0] = 0
    with h5py.File(root / "nyu_depth_v2_labeled.mat", "w", userblock_size=512) as file:
        # MATLAB's H×W×3×N is N×3×W×H to HDF5. Different layouts: chunked and compressed, or contiguous.
        file.create_dataset("images", data=images.transpose(0, 3, 2, 1), chunks=(1, 3, width, height),
                            compression="gzip", track_times=False)
        file.create_dataset("labels", data=labels.transpose(0, 2, 1), track_times=False)
        file.create_dataset("depths", data=depths.transpose(0, 2, 1), chunks=(2, width, height),
                            compression="gzip", track_times=False)
    with open(root / "nyu_depth_v2_labeled.mat", "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + b"\0" * 8 + b"\x00\x02IM")
    save_mat(root / "splits.mat", {"trainNdxs": np.array([[1], [3], [4]], np.uint16),
                                   "testNdxs": np.array([[2], [5]], np.uint16)}, True)
    for k in range(count):
        expected[str(k + 1)] = {
            "image": flat(images[k]), "depth": float32(depths[k]),
            "classes40": [OBJECTS[i][0] for i in flat(labels[k])],
            "classes13": [OBJECTS[i][1] for i in flat(labels[k])],
            "half": {"depth": float32(nearest(depths[k], 3, 4))},
        }
    write_json(root / "expected.json", {"height": height, "width": width, "samples": expected})


def make_nyuv2_npy():
    root, height, width = FOLDER / "nyuv2-npy", 4, 6
    expected = {}
    for k, (split, number) in enumerate([("train", 0), ("train", 1), ("val", 0)]):
        rgb = picture(height, width, 70 + k)
        label = np.random.RandomState(80 + k).randint(-1, 13, (height, width))
        depth = np.random.RandomState(90 + k).uniform(0.7, 9.9, (height, width, 1)).astype(np.float32)
        depth[1] = 0
        normal = np.random.RandomState(110 + k).normal(size=(height, width, 3))
        normal = (normal / np.linalg.norm(normal, axis=2, keepdims=True)).astype(np.float32)
        normal[0] = 0
        save_npy(root / split / "image" / f"{number}.npy", np.asfortranarray(rgb / 255))
        save_npy(root / split / "label" / f"{number}.npy", label.astype(np.float64))
        save_npy(root / split / "depth" / f"{number}.npy", depth)
        save_npy(root / split / "normal" / f"{number}.npy", normal)
        expected[f"{split}/{number}"] = {
            "image": flat(rgb), "classes13": flat(np.where(label < 0, VOID, label)),
            "depth": float32(depth), "normals": float32(normal),
        }
    write_json(root / "expected.json", {"height": height, "width": width, "samples": expected})


def npy_bytes(array, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version, allow_pickle=True)
    return base64.b64encode(stream.getvalue()).decode()


def make_npy():
    cases, refused = [], []
    for kind in ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "i8", "f4", "f8"]:
        for byte_order in "|" if kind[1] == "1" else "<>":
            for order in "CF":
                array = np.random.RandomState(7).uniform(-2e9, 2e9, (2, 3, 4))
                if kind == "b1":
                    array = array > 0
                elif kind[0] != "f":
                    info = np.iinfo(kind)
                    array = np.clip(array, info.min, info.max)
                    array.flat[:2] = [info.min, info.max] if kind != "i8" else [-(2**52), 2**52]
                array = np.array(array, dtype=byte_order + kind, order=order)
                cases.append({"name": f"{byte_order}{kind}, {order}", "bytes": npy_bytes(array), "type": kind,
                              "shape": [2, 3, 4], "values": [float(value) for value in array.ravel(order="C")]})
    three = np.arange(3, dtype="<f4")
    for name, array, version in [("version 2", three, (2, 0)), ("version 3", three, (3, 0)),
                                 ("a scalar", np.array(5, dtype="<i4"), None), ("one axis", three, None),
                                 ("no values", np.zeros((0, 3), dtype="<u2"), None),
                                 ("one axis, F", np.asfortranarray(np.arange(4, dtype=">i2")), None),
                                 ("a column, F", np.asfortranarray(np.arange(4, dtype="<i4").reshape(4, 1)), None)]:
        cases.append({"name": name, "bytes": npy_bytes(array, version), "type": array.dtype.str[1:],
                      "shape": list(array.shape), "values": [float(value) for value in array.ravel(order="C")]})
    for name, array in [("objects", np.array([None, {"a": 1}], dtype=object)), ("complex", np.array([1j])),
                        ("half", np.array([1], dtype="<f2")), ("text", np.array(["ab"])),
                        ("records", np.array([(1, 2)], dtype=[("a", "<i4"), ("b", "<f4")])),
                        ("u8", np.array([1], dtype="<u8")), ("dates", np.array(["2020-01-01"], dtype="<M8[D]"))]:
        refused.append({"name": name, "bytes": npy_bytes(array)})
    write_json(FOLDER / "npy.json", {"cases": cases, "refused": refused})


def save_mat(path, arrays, compressed):
    stream = io.BytesIO()
    scipy.io.savemat(stream, arrays, do_compression=compressed)
    # The header tells the time, which two runs would not share.
    path.write_bytes(b"MATLAB 5.0 MAT-file, made by SciPy".ljust(116) + stream.getvalue()[116:])


def make_mat5():
    numbers = np.array([[1, 2, 3], [4, 5, 250]])
    kinds = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]
    arrays = {kind: (numbers if kind != "i1" else numbers - 130).astype(kind) for kind in kinds}
    arrays |= {"halves": numbers / 2, "empty": np.zeros((0, 2)), "cube": np.arange(24.0).reshape(2, 3, 4),
               "single_number": np.array([[7]], np.uint8)}
    others = {"text": "abc", "cell": np.array([["a", "b"]], dtype=object), "complex": np.array([[1 + 2j]]),
              "sparse": scipy.sparse.csc_matrix(np.eye(3)),
              "map": {"labels": np.array([[3, 1, 2]], np.uint8), "names": np.array([["x", "y"]], dtype=object),
                      "inner": {"deep": np.array([[9.5]])}}}
    expected = {**arrays, "map.labels": others["map"]["labels"], "map.inner.deep": others["map"]["inner"]["deep"]}
    for compressed in [False, True]:
        save_mat(FOLDER / ("mat5-compressed.mat" if compressed else "mat5.mat"), {**arrays, **others}, compressed)
    write_json(FOLDER / "mat5.json", {name: {"shape": list(array.shape), "values": flat(array.ravel(order="F"))}
                                      for name, array in expected.items()})


def make():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    make_cityscapes()
    make_cityscapes_npy()
    make_nyuv2()
    make_nyuv2_npy()
    make_npy()
    make_mat5()


if __name__ == "__main__":
    make()
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files)} bytes")
