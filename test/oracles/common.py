"""Values by name, and the files that the oracles write."""

import json
import math
import re
import struct
from pathlib import Path

import numpy as np
import torch

VALUES = Path(__file__).parent / "values"


def fnv1a(text):
    """FNV-1a, 32 bits, over the UTF-8 bytes."""
    state = 0x811C9DC5
    for byte in text.encode():
        state = (state ^ byte) * 0x01000193 % 2**32
    return state


def hashed(name, shape, scale):
    """Numbers in [-scale, scale] that depend on the name and the flat row-major index alone, as float32."""
    x = np.uint32(fnv1a(name)) + np.arange(math.prod(shape), dtype=np.uint32) * np.uint32(0x9E3779B9)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return ((x / 2**32 * 2 - 1) * scale).astype(np.float32).reshape(shape)


def tensor(array, dtype=torch.float64):
    """A float32 array as a tensor of the same values, by default with room for exact arithmetic."""
    return torch.from_numpy(np.array(array)).to(dtype)


def nchw(array, dtype=torch.float64):
    """[batch, height, width, channels] as PyTorch wants it."""
    return tensor(array, dtype).permute(0, 3, 1, 2).contiguous()


def nhwc(value):
    """[batch, channels, height, width] as the files hold it."""
    return value.permute(0, 2, 3, 1)


def oihw(array, dtype=torch.float64):
    """A kernel [height, width, in, out] as PyTorch wants it."""
    return tensor(array, dtype).permute(3, 2, 0, 1).contiguous()


def hwio(value):
    """A kernel [out, in, height, width] as the files hold it."""
    return value.permute(2, 3, 1, 0)


def write_tensors(file, tensors):
    """safetensors: header length (u64), JSON header padded to 8 bytes, data. Integers as I32, the rest as F32."""
    header, data, offset = {"__metadata__": {"source": "test/oracles"}}, [], 0
    for name, value in tensors.items():
        value = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        kind, code = ("I32", "<i4") if np.issubdtype(value.dtype, np.integer) else ("F32", "<f4")
        data.append(np.ascontiguousarray(value, dtype=code).tobytes())
        end = offset + len(data[-1])
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    VALUES.mkdir(exist_ok=True)
    (VALUES / file).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def number(value):
    """Ten significant digits: more than float32 has, fewer than differ between two machines."""
    return float(f"{float(value):.10g}")


def write_json(file, value):
    """JSON with one list of numbers a line."""
    text = json.dumps(value, indent=1)
    text = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s+", "", found[0]), text)
    VALUES.mkdir(exist_ok=True)
    (VALUES / file).write_text(text + "\n")
