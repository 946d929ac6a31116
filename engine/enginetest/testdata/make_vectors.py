#!/usr/bin/env python3
"""Writes NAME.gz beside itself: what PyTorch computes for small networks, in double precision.

    python3 make_vectors.py

The networks whose names are torchvision's are torchvision's own modules, with narrower layers.

A file is a gzip of records: uint32 length of the name, name, uint32 count, count float32; all
little-endian. What both sides can make themselves is not in the file: initial weights and batches
come from a linear congruential generator (Knuth's MMIX), seeded with the case's number:

    x = 6364136223846793005 x + 1442695040888963407 mod 2^64,   u = x >> 40,   v = u / 2^23 - 1

First the state, tensor by tensor in the order of state_dict, element by element, in float32:

    Linear, Conv2d weight  sqrt(6 / fan_in) v        bias          v / 4
    BatchNorm weight       1 + v / 2                 bias          v / 4
    running_mean           v / 4                     running_var   1 + v / 2

then three batches of n, n and n - 2 samples, each: inputs v, labels active[u len(active) >> 24],
if the case is weighted, weights 1 + v / 2, and if it is soft, targets [n K] max(v, 0) for the active
classes, 0 for others. The loss is the mean over the batch of weight times cross-entropy, with the
label or the targets, over the active classes: all of them, or if the case is masked the even ones.
"""
import gzip
import math
import os
import struct

import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


class Generator:
    def __init__(self, seed):
        self.x = seed

    def u(self):
        self.x = (6364136223846793005 * self.x + 1442695040888963407) % 2**64
        return self.x >> 40

    def v(self, n):
        return np.array([self.u() - 2**23 for _ in range(n)], np.float32) / np.float32(2**23)


class Chain(nn.Module):
    """Features and a linear head."""

    def __init__(self, features, width, classes):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def mlp(inputs, hidden, classes, image=False):
    layers, last = [nn.Flatten()] if image else [], inputs
    for width in hidden:
        layers += [nn.Linear(last, width), nn.ReLU()]
        last = width
    return Chain(layers, last, classes)


def convs(channels, config, size, classes):
    layers = []
    for c in config:
        if c == "pool":
            layers.append(nn.MaxPool2d(2, 2))
            size //= 2
        else:
            layers += [nn.Conv2d(channels, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU()]
            channels = c
    return Chain(layers, channels * size * size, classes)


class Residual(nn.Module):
    """A block with a strided shortcut, one without, and what the other networks lack."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(5)
        self.conv2 = nn.Conv2d(5, 6, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(6)
        self.conv3 = nn.Conv2d(6, 6, 3, padding=1)
        self.bn3 = nn.BatchNorm2d(6, eps=1e-3, momentum=0.3)
        self.shortcut = nn.Conv2d(5, 6, 1, stride=2, bias=False)
        self.conv4 = nn.Conv2d(6, 6, 1)
        self.conv5 = nn.Conv2d(6, 7, 3, stride=2, bias=False)
        self.fc1 = nn.Linear(7, 9, bias=False)
        self.bn4 = nn.BatchNorm1d(9)
        self.fc2 = nn.Linear(9, 4)

    def forward(self, x):  # [3 10 9]
        x = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(x)))  # [6 5 5]
        y = self.bn3(self.conv3(y)) + self.shortcut(x)
        x = F.relu(y)
        x = self.conv4(x) + x
        x = F.max_pool2d(x, 3, 1, 1)
        x = F.avg_pool2d(x, 2, 1, 1)  # [6 6 6]
        x = self.conv5(x)  # [7 2 2]
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.fc2(F.relu(self.bn4(self.fc1(x))))


def scaled(c, width):
    return max(1, math.floor(c * width + 0.5))


class Drop(nn.Module):
    """Dropout that drops what nn.DropKeep drops in a step with seed 0: SplitMix64 at a counter."""

    def __init__(self, p, layer):
        super().__init__()
        self.p, self.layer = p, layer

    def forward(self, x):
        if not self.training:
            return x
        gamma = 0x9E3779B97F4A7C15
        z = np.arange(x.numel(), dtype=np.uint64) + np.uint64(((self.layer + 1) * gamma + gamma) % 2**64)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
        keep = (z >> np.uint64(40)).astype(np.float64) >= self.p * 2**24
        return x * torch.from_numpy(keep).reshape(x.shape) / (1 - self.p)


def narrowed(name, width, classes):
    """torchvision's network with the width of its hidden layers multiplied."""
    net = getattr(torchvision.models, name)(weights=None)
    for path, m in list(net.named_modules()):
        parent, _, child = path.rpartition(".")
        if isinstance(m, nn.Conv2d):
            inputs = 3 if m.in_channels == 3 else scaled(m.in_channels, width)
            new = nn.Conv2d(inputs, scaled(m.out_channels, width), m.kernel_size, m.stride, m.padding, bias=m.bias is not None)
        elif isinstance(m, nn.BatchNorm2d):
            new = nn.BatchNorm2d(scaled(m.num_features, width))
        elif isinstance(m, nn.Linear):
            outputs = classes if m.out_features == 1000 else scaled(m.out_features, width)
            area = 49 if m.in_features == 512 * 49 else 1
            new = nn.Linear(area * scaled(m.in_features // area, width), outputs)
        elif isinstance(m, nn.Dropout):
            new = Drop(m.p, len(net.features) + 1 + int(child))  # after features and flatten
        else:
            continue
        setattr(net.get_submodule(parent), child, new)
    return net


def small_stem(net):
    """The stem in use for CIFAR."""
    net.conv1 = nn.Conv2d(3, net.conv1.out_channels, 3, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net


VGG16 = [4, 4, "pool", 8, 8, "pool", 16, 16, 16, "pool", 32, 32, 32, "pool", 32, 32, 32, "pool"]
SMALL = [8, "pool", 16, "pool", 32, "pool"]

# name, network, shape of a sample, classes, batch, masked, weighted, soft, learning rate of the ten steps.
# None: neither these nor gradients, which float32 cannot follow. In resnet50 rounding moves losses 500
# times as far, and flips ReLUs; biases before a batch norm over 224x224 have gradients of rounding only.
CASES = [
    ("mlp", mlp(6, [32, 32], 4), [6], 4, 7, False, False, False, 0.125),
    ("mlp-masked-weighted", mlp(12, [16], 5, image=True), [3, 2, 2], 5, 9, True, True, False, 0.125),
    ("smallcnn", convs(1, SMALL, 12, 5), [1, 12, 12], 5, 6, False, False, False, 0.0625),
    ("smallcnn-masked-weighted", convs(3, SMALL, 9, 7), [3, 9, 9], 7, 8, True, True, False, 0.0625),
    ("vgg16", convs(3, VGG16, 32, 10), [3, 32, 32], 10, 8, False, False, False, 1 / 1024),
    ("residual", Residual(), [3, 10, 9], 4, 7, False, True, False, 0.0625),
    ("resnet18", small_stem(narrowed("resnet18", 1 / 32, 5)), [3, 32, 32], 5, 6, False, True, False, 1 / 1024),
    ("resnet50", narrowed("resnet50", 1 / 32, 6), [3, 64, 64], 6, 6, True, False, False, None),
    ("vgg16-imagenet", narrowed("vgg16", 1 / 64, 4), [3, 224, 224], 4, 4, False, False, False, 1 / 65536),
    ("vgg16_bn-imagenet", narrowed("vgg16_bn", 1 / 64, 4), [3, 224, 224], 4, 4, False, False, False, None),
    ("mlp-soft", mlp(6, [16], 5), [6], 5, 7, False, False, True, 0.125),
    ("smallcnn-soft-masked-weighted", convs(3, SMALL, 9, 7), [3, 9, 9], 7, 8, True, True, True, 0.0625),
]


def initialise(net, g):
    state = net.state_dict()
    for name, t in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        v = g.v(t.numel())
        norm = name.rsplit(".", 1)[0] + ".running_var" in state
        if name.endswith("running_var") or norm and name.endswith("weight"):
            v = np.float32(1) + v / np.float32(2)
        elif name.endswith("weight"):
            v *= np.float32(math.sqrt(6 / t[0].numel()))
        else:
            v /= np.float32(4)
        t.copy_(torch.from_numpy(v).reshape(t.shape))


def batches(g, shape, n, classes, active, weighted, soft):
    out = []
    for size in [n, n, n - 2]:
        x = g.v(size * math.prod(shape)).reshape([size] + shape)
        y = [active[g.u() * len(active) >> 24] for _ in range(size)]
        w = np.float32(1) + g.v(size) / np.float32(2) if weighted else np.ones(size, np.float32)
        t = torch.tensor(y)
        if soft:
            t = torch.zeros(size, classes)
            t[:, active] = torch.from_numpy(np.maximum(g.v(size * len(active)), 0).reshape(size, len(active))).double()
        out.append((torch.from_numpy(x).double(), t, torch.from_numpy(w).double()))
    return out


def losses(net, batch, mask):
    x, y, _ = batch
    if y.dim() == 2:  # 0 times the infinity of masked_fill would be NaN
        return F.cross_entropy(net(x)[:, mask], y[:, mask], reduction="none")
    return F.cross_entropy(net(x).masked_fill(~mask, -math.inf), y, reduction="none")


def compute(name, net, shape, classes, n, masked, weighted, soft, lr, seed):
    """Yields the records of one case."""
    g = Generator(seed)
    active = list(range(0, classes, 2 if masked else 1))
    mask = torch.tensor([k in active for k in range(classes)])
    initialise(net, g)
    start = {k: v.clone() for k, v in net.state_dict().items()}
    data = batches(g, shape, n, classes, active, weighted, soft)

    net.eval()
    yield "logits", net(data[0][0])
    net.train()
    each = losses(net, data[0], mask)
    (each * data[0][2]).mean().backward()
    yield "losses", each
    for k, t in net.state_dict().items():
        if "running" in k:
            yield "after." + k, t
    if lr is None:
        return
    for k, p in net.named_parameters():
        yield "grad." + k, p.grad

    net.load_state_dict(start)
    sgd = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    means = []
    for i in range(10):
        sgd.zero_grad()
        mean = (losses(net, data[i % 3], mask) * data[i % 3][2]).mean()
        mean.backward()
        sgd.step()
        means.append(mean.detach())
    yield "steps", torch.stack(means)
    end = {k: t for k, t in net.state_dict().items() if not k.endswith("tracked")}
    end.update({"momentum." + k: sgd.state[p]["momentum_buffer"] for k, p in net.named_parameters()})
    for k, t in end.items():
        yield "end." + k, t.flatten()[:16]
        yield "norm." + k, t.norm().reshape(1)


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    for seed, case in enumerate(CASES):
        body = b""
        for name, t in compute(*case, seed):
            values = t.detach().numpy().astype("<f4").tobytes()
            body += struct.pack("<I", len(name)) + name.encode() + struct.pack("<I", len(values) // 4) + values
        path = os.path.join(folder, case[0] + ".gz")
        with open(path, "wb") as f:
            f.write(gzip.compress(body, 9, mtime=0))
        print(f"{path}: {os.path.getsize(path)} bytes")


main()
