"""How far PyTorch's own float32 is from the golden values; writes nothing: python3 test/oracles/precision.py"""

import torch

from network import CASES, CURVES, batch, build, gradients, log_variances, step, train


def deviations(case):
    """
    -> relative error of the total and of all gradients together; largest relative errors of a gradient; largest norm
    where it should be 0
    """
    results = []
    for dtype in (torch.float64, torch.float32):
        network = build(case, dtype)
        _, losses = step(case, network, log_variances(dtype), batch(case.batch, dtype))
        results.append((losses["total"].item(), gradients(network)))
    (exact, exact_gradients), (total, found) = results
    relative, zero, squares = [(0.0, "")], 0.0, 0.0
    for name, gradient in exact_gradients.items():
        error = (found[name].double() - gradient).norm().item()
        squares += error**2
        if gradient.any():
            relative.append((error / gradient.norm().item(), name))
        else:
            zero = max(zero, error)
    together = (squares / sum(gradient.square().sum().item() for gradient in exact_gradients.values())) ** 0.5
    return abs(total - exact) / abs(exact), together, sorted(relative)[-3:], zero


def curve_deviation(make_optimizer, batches):
    """-> largest relative error of the total in the first half of the steps, in all"""
    exact, found = (
        [entry["total"] for entry in train(make_optimizer, batches, dtype)[1]["steps"]]
        for dtype in (torch.float64, torch.float32)
    )
    errors = [abs(a - b) / abs(a) for a, b in zip(exact, found)]
    return max(errors[: len(batches) // 2]), max(errors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, case in CASES.items():
        loss, together, largest, zero = deviations(case)
        worst = ", ".join(f"{error:.1e} {parameter}" for error, parameter in reversed(largest))
        print(f"{name}: total {loss:.1e}; gradients {together:.1e}; zero ones up to {zero:.1e}; others {worst}")
    for name, arguments in CURVES.items():
        half, whole = curve_deviation(*arguments)
        print(f"{name} curve: {half:.1e} in its first half, {whole:.1e} in all")
