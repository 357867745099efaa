"""Ten steps of every optimizer on three small parameters, with gradients by name."""

import torch

from common import hashed, number, tensor, write_json

SHAPES = {"matrix": (3, 2), "vector": (4,), "scalar": ()}
STEPS = 10
CASES = {
    "adam": (torch.optim.Adam, {"lr": 0.01, "betas": (0.9, 0.99), "eps": 1e-8}),
    "adam.defaultBetas": (torch.optim.Adam, {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8}),
    "adamw": (torch.optim.AdamW, {"lr": 0.01, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.01}),
    "sgd": (torch.optim.SGD, {"lr": 0.1}),
    "sgd.weightDecay": (torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.01}),
    "sgd.momentum": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "sgd.momentum.weightDecay": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "sgd.nesterov": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "sgd.nesterov.weightDecay": (
        torch.optim.SGD,
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
}
OPTION_NAMES = {"lr": "learningRate", "eps": "epsilon", "weight_decay": "weightDecay"}


def run(optimizer, options):
    parameters = {
        name: tensor(hashed(f"optimizers.{name}", shape, 1)).requires_grad_() for name, shape in SHAPES.items()
    }
    stepper = optimizer(parameters.values(), **options)
    after = {name: [] for name in SHAPES}
    for step in range(STEPS):
        for name, shape in SHAPES.items():
            parameters[name].grad = tensor(hashed(f"optimizers.{name}:{step}", shape, 1))
        stepper.step()
        for name, parameter in parameters.items():
            after[name].append([number(value) for value in parameter.detach().flatten()])
    return after


def make():
    write_json(
        "optimizers.json",
        {
            "shapes": SHAPES,
            "cases": {
                case: {
                    "options": {OPTION_NAMES.get(name, name): value for name, value in options.items()},
                    "after": run(optimizer, options),
                }
                for case, (optimizer, options) in CASES.items()
            },
        },
    )
