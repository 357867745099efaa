"""Makes all committed values: python3 test/oracles/make.py"""

from importlib import import_module
from pathlib import Path

import torch

import parameters
from common import VALUES, hashed, write_json

HASHED = [
    ("", (3,), 1),
    ("encoder.conv1.kernel", (7, 7, 3, 4), (6 / 147) ** 0.5),
    ("größe→", (4,), 1.5),
    ("image", (2, 64, 96, 3), 1.5),
    ("one", (), 0.1),
]


def make_hashed():
    """Some numbers of some names."""
    cases = []
    for name, shape, scale in HASHED:
        values = hashed(name, shape, scale).flatten().tolist()
        some = {"first": values[:4], "last": values[-4:], "every997th": values[::997]}
        cases.append({"name": name, "shape": shape, "scale": scale, **some})
    write_json("hashed.json", {"cases": cases})


if __name__ == "__main__":
    torch.set_num_threads(1)  # One order of summation, so one result.
    parameters.check()
    make_hashed()
    for script in sorted(Path(__file__).parent.glob("*.py")):
        module = import_module(script.stem)
        if hasattr(module, "make"):
            module.make()
    for file in sorted(VALUES.iterdir()):
        print(f"{file.stat().st_size:>8}  {file.name}")
