"""What optimizers.py leaves out: gradients that come and go, a changing learning rate, L2 in Adam, dampening; clipping."""

import torch

from common import hashed, number, tensor, write_json

SHAPES = {"matrix": (3, 2), "vector": (4,), "scalar": ()}
# A parameter without a gradient in a step is neither moved nor counted.
WITHOUT_GRADIENT = {"vector": [0, 3, 4], "scalar": [5]}
LEARNING_RATES = [0.1, 0.1, 0.05, 0.05, 0.2, 0.2, 0.01, 0.01]
CASES = {
    "adam": (torch.optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    "adamw": (torch.optim.AdamW, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    "sgd": (torch.optim.SGD, {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}),
}
MAX_NORMS = [0.5, 1.95, 100]


def numbers(value):
    return [number(x) for x in value.detach().flatten()]


def gradients(step):
    return {
        name: tensor(hashed(f"updates.{name}:{step}", shape, 1))
        for name, shape in SHAPES.items()
        if step not in WITHOUT_GRADIENT.get(name, [])
    }


def run(optimizer, options):
    parameters = {name: tensor(hashed(f"updates.{name}", shape, 1)).requires_grad_() for name, shape in SHAPES.items()}
    stepper = optimizer(parameters.values(), lr=1, **options)
    after = {name: [] for name in SHAPES}
    for step, rate in enumerate(LEARNING_RATES):
        stepper.param_groups[0]["lr"] = rate
        given = gradients(step)
        for name, parameter in parameters.items():
            parameter.grad = given.get(name)
        stepper.step()
        for name, parameter in parameters.items():
            after[name].append(numbers(parameter))
    return after


def clip(max_norm):
    parameters = {name: torch.zeros(shape, dtype=torch.float64).requires_grad_() for name, shape in SHAPES.items()}
    for name, parameter in parameters.items():
        parameter.grad = gradients(1)[name]
    norm = torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm)
    return {
        "maxNorm": max_norm,
        "norm": number(norm),
        "clipped": {name: numbers(parameter.grad) for name, parameter in parameters.items()},
    }


def make():
    write_json(
        "updates.json",
        {
            "initial": {name: numbers(tensor(hashed(f"updates.{name}", shape, 1))) for name, shape in SHAPES.items()},
            "gradients": [
                {name: numbers(value) for name, value in gradients(step).items()} for step in range(len(LEARNING_RATES))
            ],
            "shapes": SHAPES,
            "learningRates": LEARNING_RATES,
            "after": {case: run(*given) for case, given in CASES.items()},
            "clip": [clip(max_norm) for max_norm in MAX_NORMS],
        },
    )
