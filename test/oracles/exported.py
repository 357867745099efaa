"""
Exported models: what PyTorch calls their weights, and what they predict. `python3 test/oracles/exported.py CASE FILE` loads a
file of `mtl export --format safetensors` into the PyTorch network of that case, strictly, and says how far they are apart.
"""

import json
import struct
import sys

import numpy as np
import torch

from common import hashed, nchw, nhwc, write_json, write_tensors
from model import Network, initialize, named

SHAPE = (1, 32, 64, 3)
CASES = {
    "shared": {},
    "single": {"single": True, "edges": ()},
    "resnet50": {"depth": 50},
}


def build(case):
    network = initialize(Network(**CASES[case]).double())
    with torch.no_grad():
        for name, value in named(network, buffers=True).items():
            shape = tuple(value.shape)
            start = 1 if name.endswith("movingVariance") else 0
            value.copy_(torch.from_numpy(start + hashed(name, shape, 0.5)))
    return network.eval()


def outputs(network):
    """-> by the exported model's names"""
    with torch.no_grad():
        direct, transferred = network(nchw(hashed("exported.image", SHAPE, 1.5)))
    found = {**direct, **{f"transfer.{edge}": value for edge, value in transferred.items()}}
    return {name: nhwc(value) for name, value in found.items()}


def weights(network):
    return {name: value for name, value in network.state_dict().items() if "num_batches" not in name}


def make():
    networks = {case: build(case) for case in CASES}
    names = {case: {name: list(value.shape) for name, value in weights(net).items()} for case, net in networks.items()}
    write_json("exported.json", {"shape": list(SHAPE), "weights": names})
    tensors = {f"{case}.{name}": value for case, net in networks.items() for name, value in outputs(net).items()}
    write_tensors("exported.safetensors", tensors)


def read(file):
    with open(file, "rb") as opened:
        data = opened.read()
    (length,) = struct.unpack("<Q", data[:8])
    header, values = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__")
    return {
        name: torch.from_numpy(np.frombuffer(values[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


if __name__ == "__main__":
    case, file = sys.argv[1:]
    network = build(case)
    expected = {name: value.clone() for name, value in weights(network).items()}
    network.load_state_dict(read(file))
    furthest = max(float((value - expected[name]).abs().max()) for name, value in weights(network).items())
    print(json.dumps({"weights": len(expected), "furthest": furthest}))
