"""Training steps, or predictions, of XTasC-Net in PyTorch: the same model, loss, batch and optimizer as crosstask's.

With RANK and WORLD_SIZE in the environment, as one of several ranks of DistributedDataParallel over Gloo. Prints {"times": ms
of each, "peak": MiB of resident memory}.
"""

import argparse
import contextlib
import json
import os
import resource
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
arguments.add_argument("--channels-last", action="store_true")
arguments.add_argument("--bf16", action="store_true", help="under autocast")
arguments.add_argument("--cuda", action="store_true")
arguments.add_argument("--tf32", action="store_true", help="CUDA's convolutions and matrix products")
arguments.add_argument("--inference", action="store_true", help="direct predictions alone")
options = arguments.parse_args()

torch.manual_seed(0)
torch.set_num_threads(options.threads)
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = options.tf32
device = torch.device("cuda" if options.cuda else "cpu")
layout = torch.channels_last if options.channels_last else torch.contiguous_format
network = Network(options.depth, 7, options.width, options.decoder, options.transfer)
log_variance = network.log_variance = torch.nn.Parameter(torch.zeros(2))
network.to(device, memory_format=layout)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, betas=(0.9, 0.99))
forward = network
if "RANK" in os.environ:
    torch.distributed.init_process_group("gloo")
    forward = torch.nn.parallel.DistributedDataParallel(network, gradient_as_bucket_view=True)
image = torch.randn(options.batch, 3, options.height, options.columns).to(device, memory_format=layout)
labels = torch.randint(0, 7, (options.batch, options.height, options.columns)).to(device)
depth = torch.rand(options.batch, 1, options.height, options.columns).to(device)


def autocast():
    return torch.autocast(device.type, torch.bfloat16) if options.bf16 else contextlib.nullcontext()


def step():
    with autocast():
        direct, transferred = forward(image)
        scores, metres = direct["segmentation"], direct["depth"]
        to_depth = F.l1_loss(transferred["segmentation-depth"], metres.detach())
        soft = scores.detach().softmax(1)
        to_scores = -(soft * transferred["depth-segmentation"].log_softmax(1)).sum(1).mean()
        losses = torch.stack(
            (
                0.99 * F.cross_entropy(scores, labels) + 0.01 * to_depth,
                0.99 * F.l1_loss(metres, depth) + 0.01 * to_scores,
            )
        )
    total = (0.5 * torch.exp(-log_variance) * losses + log_variance).sum()
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    optimizer.step()


def predict():
    with torch.inference_mode(), autocast():
        network.predict(image)


if options.inference:
    network.eval()
run = predict if options.inference else step
# Steps that are not measured: until the process has the memory that it needs, a step waits for new pages.
warm_ups = 3
times = []
for _ in range(options.steps + warm_ups):
    start = time.perf_counter()
    run()
    if options.cuda:
        torch.cuda.synchronize()
    times.append(1000 * (time.perf_counter() - start))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"times": times[warm_ups:], "peak": peak}))
