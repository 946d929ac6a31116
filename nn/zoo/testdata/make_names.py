#!/usr/bin/env python3
"""Writes torchvision.txt beside itself: what the networks of torchvision hold, under our names.

    python3 make_names.py

A line is a network, a tensor of its state_dict and the tensor's shape, in the order of state_dict;
num_batches_tracked, which counts steps for those who ask for a cumulative mean, is left out.
"""
import os

import torchvision

NETS = {f"resnet{n}": f"resnet{n}" for n in (18, 34, 50, 101)}
NETS.update({f"vgg{n}{bn}-imagenet": f"vgg{n}{bn}" for n in (11, 13, 16, 19) for bn in ("", "_bn")})

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torchvision.txt")
with open(path, "w") as f:
    for ours, name in NETS.items():
        for k, t in getattr(torchvision.models, name)(weights=None).state_dict().items():
            if not k.endswith("num_batches_tracked"):
                print(ours, k, *t.shape, file=f)
print(f"{path}: {os.path.getsize(path)} bytes")
