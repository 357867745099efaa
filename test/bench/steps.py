"""One training step of XTasC-Net in PyTorch: the same model, loss, batch and optimizer as steps.ts. Prints ms per step."""

import argparse
import statistics
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracles"))
from model import Network  # noqa: E402

arguments = argparse.ArgumentParser()
for name in ("depth", "width", "decoder", "transfer", "height", "columns", "batch", "steps", "threads"):
    arguments.add_argument(f"--{name}", type=int)
options = arguments.parse_args()

torch.manual_seed(0)
torch.set_num_threads(options.threads)
network = Network(options.depth, 7, options.width, options.decoder, options.transfer)
log_variance = torch.zeros(2, requires_grad=True)
optimizer = torch.optim.Adam([*network.parameters(), log_variance], lr=1e-4, betas=(0.9, 0.99))
image = torch.randn(options.batch, 3, options.height, options.columns)
labels = torch.randint(0, 7, (options.batch, options.height, options.columns))
depth = torch.rand(options.batch, 1, options.height, options.columns)


def step():
    direct, transferred = network(image)
    scores, metres = direct["segmentation"], direct["depth"]
    to_depth = F.l1_loss(transferred["segmentation-depth"], metres.detach())
    soft = scores.detach().softmax(1)
    to_scores = -(soft * transferred["depth-segmentation"].log_softmax(1)).sum(1).mean()
    losses = torch.stack(
        (0.99 * F.cross_entropy(scores, labels) + 0.01 * to_depth, 0.99 * F.l1_loss(metres, depth) + 0.01 * to_scores)
    )
    total = (0.5 * torch.exp(-log_variance) * losses + log_variance).sum()
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    optimizer.step()


times = []
for _ in range(options.steps + 1):
    start = time.perf_counter()
    step()
    times.append(1000 * (time.perf_counter() - start))
print(statistics.median(times[1:]))
