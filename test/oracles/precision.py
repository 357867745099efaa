"""How far PyTorch's own float32 is from the golden values; writes nothing: python3 test/oracles/precision.py"""

import torch

from network import CASES, adam, batch, build, gradients, log_variances, sgd, step, train


def deviations(case):
    """-> relative error of the total; largest relative errors of a gradient; largest norm where it should be 0"""
    results = []
    for dtype in (torch.float64, torch.float32):
        network = build(case, dtype)
        _, losses = step(case, network, log_variances(dtype), batch(case.batch, dtype))
        results.append((losses["total"].item(), gradients(network)))
    (exact, exact_gradients), (total, found) = results
    relative, zero = [(0.0, "")], 0.0
    for name, gradient in exact_gradients.items():
        error = (found[name].double() - gradient).norm().item()
        if gradient.any():
            relative.append((error / gradient.norm().item(), name))
        else:
            zero = max(zero, error)
    return abs(total - exact) / abs(exact), sorted(relative)[-3:], zero


def curve_deviation(make_optimizer, steps, numbered):
    """-> largest relative error of the total in the first half of the steps, in all"""
    exact, found = (
        [entry["total"] for entry in train(make_optimizer, steps, numbered, dtype)[1]["steps"]]
        for dtype in (torch.float64, torch.float32)
    )
    errors = [abs(a - b) / abs(a) for a, b in zip(exact, found)]
    return max(errors[: steps // 2]), max(errors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, case in CASES.items():
        loss, largest, zero = deviations(case)
        worst = ", ".join(f"{error:.1e} {parameter}" for error, parameter in reversed(largest))
        print(f"{name}: total {loss:.1e}; zero gradients up to {zero:.1e}; others {worst}")
    for name, arguments in {"sgd": (sgd, 3, False), "adam": (adam, 20, True)}.items():
        half, whole = curve_deviation(*arguments)
        print(f"{name} curve: {half:.1e} in its first half, {whole:.1e} in all")
