"""
How far PyTorch's own float32 is from the golden values, and how far rounding of that size moves training in float64;
writes nothing: python3 test/oracles/precision.py
"""

import torch
from torch import nn

from network import CASES, CURVES, batch, build, gradients, log_variances, statistics, step, train

LAYOUTS = {"outermost": torch.contiguous_format, "innermost": torch.channels_last}  # Sums in another order each.

# Relative, in every convolution's and batch norm's output: four units of float32's last place. With it the gradients
# of the networks with ResNet 18 are off by as much as in float32.
NOISE = 2**-21
RUNS = 40
STEPS = (2, 3, 5, 10, 20)  # How far a curve is followed.


def losses_and_gradients(case, dtype, layout=torch.contiguous_format):
    """-> the total, gradients by name"""
    network = build(case, dtype).to(memory_format=layout)
    data = batch(case.batch, dtype)
    data["image"] = data["image"].contiguous(memory_format=layout)
    _, losses = step(case, network, log_variances(dtype), data)
    return losses["total"].item(), gradients(network)


def deviations(case, layout):
    """
    Of float32. -> relative error of the total and of all gradients together; largest relative errors of a gradient;
    largest norm where it should be 0
    """
    exact, exact_gradients = losses_and_gradients(case, torch.float64)
    total, found = losses_and_gradients(case, torch.float32, layout)
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


def noisy(seed):
    """-> what makes a network's convolutions and batch norms as inexact as sums in float32 do, each time otherwise"""
    generator = torch.Generator().manual_seed(seed)

    def disturb(module, _, output):
        if module.training:
            return output * (1 + NOISE * (2 * torch.rand(output.shape, generator=generator, dtype=output.dtype) - 1))

    def prepare(network):
        for module in network.modules():
            if isinstance(module, (nn.Conv2d, nn.BatchNorm2d)):
                module.register_forward_hook(disturb)

    return prepare


def loss_errors(found, exact):
    """-> for every step the largest relative error of a task's loss, and of a term"""

    def largest(one, other, kinds):
        pairs = [(one[kind][key], value) for kind in kinds for key, value in other[kind].items()]
        return max(abs(a - b) / abs(b) for a, b in pairs)

    steps = list(zip(found["steps"], exact["steps"]))
    return [[largest(*pair, kinds) for pair in steps] for kinds in (["task"], ["direct", "transferred"])]


def state_errors(found, exact):
    """-> largest relative error of moving statistics, and of predictions by them, after the steps of SGD"""
    found, exact = statistics(found), statistics(exact)
    worst = {False: 0.0, True: 0.0}
    for name, value in exact.items():
        predicted = name.startswith("inference")
        error = ((found[name].double() - value).norm() / value.norm()).item()
        worst[predicted] = max(worst[predicted], error)
    return list(worst.values())


def describe_curve(name, make_optimizer, batches):
    """What float32 comes to, and the worst of some runs with noise in float64, up to each of some steps."""
    network, exact = train(make_optimizer, batches)
    single = train(make_optimizer, batches, torch.float32)
    disturbed = [train(make_optimizer, batches, prepare=noisy(seed)) for seed in range(RUNS)]
    for what, runs in (("float32", [single]), ("noise", disturbed)):
        errors = torch.tensor([loss_errors(history, exact) for _, history in runs]).amax(0)
        worst = [f"{a:.1e} {b:.1e} by step {n}" for n in STEPS if n <= len(batches) for a, b in [errors[:, :n].amax(1)]]
        print(f"{name} curve, {what}: losses and their terms " + ", ".join(worst))
        if name == "sgd":
            state = torch.tensor([state_errors(run, network) for run, _ in runs]).amax(0)
            print(f"{name} curve, {what}: moving statistics {state[0]:.1e}, predictions by them {state[1]:.1e}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, case in CASES.items():
        for layout, key in LAYOUTS.items():
            loss, together, largest, zero = deviations(case, key)
            worst = ", ".join(f"{error:.1e} {parameter}" for error, parameter in reversed(largest))
            print(f"{name}, channels {layout}: total {loss:.1e}; gradients {together:.1e}; ", end="")
            print(f"zero ones up to {zero:.1e}; others {worst}")
    for name, arguments in CURVES.items():
        describe_curve(name, *arguments)
