#!/usr/bin/env python3
"""Posterior predictive of BNN_conv_flip in PyTorch, the peer of `bench/throughput --predict`.

Prints `model batch procs threads samples_per_s settings`: draws times images a second, the median of
windows. Each draw takes the weights mu + sigma * eps, as predictions do, for all images.

With --weights CHECKPOINT (safetensors, as credence trains them) and --mnist FOLDER (IDX files) it
prints the predictive's accuracy and nll instead: to be compared with those of `credence evaluate`.
"""
import argparse
import gzip
import json
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--model", default="BNN_conv_flip", choices=["BNN_conv_flip"])
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--procs", type=int, default=1, choices=[1])
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--samples", type=int, default=30)
parser.add_argument("--images", type=int, default=10000)
parser.add_argument("--windows", type=int, default=3)
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--jit", action="store_true")
parser.add_argument("--isa", default="avx512")
parser.add_argument("--weights")
parser.add_argument("--mnist")
arguments = parser.parse_args()

if os.environ.get("CREDENCE_PEER") != "1":  # these are read when the libraries load
    os.environ.update(CREDENCE_PEER="1", OMP_NUM_THREADS=str(arguments.threads),
                      ATEN_CPU_CAPABILITY=arguments.isa,
                      GLIBC_TUNABLES="glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184:"
                                     "glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1")
    os.execv(sys.executable, [sys.executable] + sys.argv)

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    return {name: torch.from_numpy(np.frombuffer(data[slice(*entry["data_offsets"])], np.float32)
                                   .reshape(entry["shape"]).copy())
            for name, entry in header.items() if name != "__metadata__" and entry["dtype"] == "F32"}


def read_idx(folder, name, offset):
    path = os.path.join(folder, name)
    with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def random_weights():
    generator = torch.Generator().manual_seed(1)
    def normal(*shape):
        return torch.randn(*shape, generator=generator) * 0.05
    return {"conv1.weight_mu": normal(64, 1, 5, 5), "conv1.weight_rho": torch.full((64, 1, 5, 5), -3.0),
            "conv1.bias": normal(64), "dense1.weight": normal(10, 12544), "dense1.bias": normal(10)}


weights = read_safetensors(arguments.weights) if arguments.weights else random_weights()
sigma = F.softplus(weights["conv1.weight_rho"])
# Credence flattens [height, width, channels]; PyTorch [channels, height, width].
dense = weights["dense1.weight"].reshape(10, 14, 14, 64).permute(0, 3, 1, 2).reshape(10, -1).contiguous()


def forward(images, kernel):
    hidden = F.max_pool2d(F.relu(F.conv2d(images, kernel, weights["conv1.bias"], padding=2)), 2)
    return F.softmax(F.linear(hidden.flatten(1), dense, weights["dense1.bias"]), 1)


if arguments.weights:
    pixels = read_idx(arguments.mnist, "t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    images = torch.from_numpy(pixels.astype(np.float32) / 255)
    labels = torch.from_numpy(read_idx(arguments.mnist, "t10k-labels-idx1-ubyte", 8).astype(np.int64))
else:
    images = torch.rand(arguments.images, 1, 28, 28)
if arguments.channels_last:
    images = images.to(memory_format=torch.channels_last)
if arguments.jit:
    forward = torch.jit.trace(forward, (images[:arguments.batch], weights["conv1.weight_mu"]))


@torch.no_grad()
def predict(samples):
    mean = torch.zeros(len(images), 10)
    for sample in range(samples):
        kernel = weights["conv1.weight_mu"] + sigma * torch.randn_like(sigma)
        for first in range(0, len(images), arguments.batch):
            rows = slice(first, first + arguments.batch)
            mean[rows] += forward(images[rows], kernel) / samples
    return mean


if arguments.weights:
    torch.manual_seed(1)
    mean = predict(arguments.samples)
    nll = -torch.log(mean[torch.arange(len(labels)), labels]).mean().item()
    print(f"accuracy {(mean.argmax(1) == labels).float().mean().item():.4f}  nll {nll:.5f}")
    sys.exit()

predict(1)
rates = []
for _ in range(arguments.windows):
    begin = time.perf_counter()
    predict(max(1, arguments.samples // 10))
    rates.append(len(images) * max(1, arguments.samples // 10) / (time.perf_counter() - begin))
print(arguments.model, arguments.batch, 1, arguments.threads, round(statistics.median(rates)),
      f"torch {torch.__version__} isa {arguments.isa} channels_last {arguments.channels_last} "
      f"jit {arguments.jit}")
