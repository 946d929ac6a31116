#!/usr/bin/env python3
"""The peer's side of a side-by-side timing: training steps, or inference, in PyTorch.

Prints one JSON object a line, with the field names of `lgl bench --json`:
  {"model","batch","precision","mode","threads","ms_median","ms_min","samples_per_s","peak_rss_mb","version"}
On a GPU (--device cuda) a round is ten steps that are enqueued, and each step copies its batch from
pinned memory, as lgl does. --variant says how PyTorch runs: eager, nchw (eager, without channels_last), compile
(torch.compile), graphs (torch.compile with CUDA graphs). Several values with commas between give one line each.
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def vgg16(classes):
    layers, c = [], 3
    for x in [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M']:
        if x == 'M':
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(c, x, 3, padding=1), nn.BatchNorm2d(x), nn.ReLU(inplace=True)]
            c = x
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, classes))


def smallcnn(classes):
    layers, c = [], 1
    for x in (32, 64, 128):
        layers += [nn.Conv2d(c, x, 3, padding=1), nn.BatchNorm2d(x), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        c = x
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 9, classes))


def build(model):
    """Returns the network, the shape of a sample and the number of classes."""
    if model == 'vgg16':
        return vgg16(100), (3, 32, 32), 100
    if model == 'smallcnn':
        return smallcnn(10), (1, 28, 28), 10
    if model == 'mlp':
        return nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 3)), (2,), 3
    import torchvision
    return getattr(torchvision.models, model)(), (3, 224, 224), 1000


def timed(a, model, batch, precision, variant):
    torch.manual_seed(0)
    gpu = a.device == 'cuda'
    if gpu:
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != 'f32'
    net, shape, k = build(model)
    x, y = torch.randn(batch, *shape), torch.randint(0, k, (batch,))
    net = net.to(a.device)
    last = len(shape) == 3 and variant != 'nchw'
    if last:
        net = net.to(memory_format=torch.channels_last)
        if not gpu:
            x = x.contiguous(memory_format=torch.channels_last)
    if gpu:
        x, y = x.pin_memory(), y.pin_memory()
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    net.train(a.mode == 'train')
    forward = net
    if variant in ('compile', 'graphs'):
        torch._dynamo.reset()
        forward = torch.compile(net, mode='reduce-overhead' if variant == 'graphs' else None)

    def inputs():
        if not gpu:
            return x, y
        to = x.to('cuda', non_blocking=True)
        return (to.contiguous(memory_format=torch.channels_last) if last else to), y.to('cuda', non_blocking=True)

    def step():
        xs, ys = inputs()
        with torch.autocast(a.device, dtype=torch.bfloat16, enabled=precision == 'bf16'):
            if a.mode == 'infer':
                with torch.no_grad():
                    return forward(xs)
            loss = F.cross_entropy(forward(xs), ys)
        opt.zero_grad()
        loss.backward()
        opt.step()

    inner = 10 if gpu else 1

    def round_():
        t = time.perf_counter()
        for _ in range(inner):
            step()
        if gpu:
            torch.cuda.synchronize()
        return (time.perf_counter() - t) * 1e3 / inner

    round_(), round_()
    ts = [round_() for _ in range(a.steps)]
    med = statistics.median(ts)
    print(json.dumps(dict(model=model, batch=batch, precision=precision, mode=a.mode, threads=torch.get_num_threads(),
                          ms_median=round(med, 3), ms_min=round(min(ts), 3), samples_per_s=round(batch / med * 1e3, 2),
                          peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                          engine='torch ' + variant, version=torch.__version__)), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--model', default='vgg16')
    p.add_argument('--batch', default='128')
    p.add_argument('--precision', default='f32', help='f32, tf32 (GPU), bf16')
    p.add_argument('--variant', default='eager', help='eager, nchw, compile, graphs')
    p.add_argument('--mode', default='train', choices=['train', 'infer'])
    p.add_argument('--device', default='cpu', choices=['cpu', 'cuda'])
    p.add_argument('--threads', type=int, default=0)
    p.add_argument('--steps', type=int, default=5)
    a = p.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    for model in a.model.split(','):
        for precision in a.precision.split(','):
            for batch in a.batch.split(','):
                for variant in a.variant.split(','):
                    timed(a, model, int(batch), precision, variant)


main()
