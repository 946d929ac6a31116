#!/usr/bin/env python3
"""Writes vectors.json beside itself: batches that torchvision's RandomMixup blends, and PyTorch's losses of them.

    python3 make_vectors.py

The lines between the marks are those of RandomMixup.forward in torchvision's
references/classification/transforms.py (v0.14.1), with lambda given instead of drawn. The loss is
CrossEntropyLoss(label_smoothing=e) with the blended targets; under a mask it is that of the active
classes' logits and targets alone. "weighted" is CrossEntropyLoss(weight=w, label_smoothing=e) with w = "weights":
lambda times that with the labels, and 1 - lambda times that with those that were rolled in, as mixup's authors
have it (mixup_criterion in facebookresearch/mixup-cifar10), and "gradients" are its gradients by the logits.
"""
import json
import os

import torch
from torch.nn import functional as F

torch.manual_seed(1)


def blend(batch, target, lambda_param):
    # ---
    batch_rolled = batch.roll(1, 0)
    target_rolled = target.roll(1, 0)
    batch_rolled.mul_(1.0 - lambda_param)
    batch.mul_(lambda_param).add_(batch_rolled)
    target_rolled.mul_(1.0 - lambda_param)
    target.mul_(lambda_param).add_(target_rolled)
    # ---
    return batch, target


def case(n, active, lambda_param, smoothing):
    classes = len(active)
    used = [k for k in range(classes) if active[k]]
    x = torch.randn(n, 2, 3, 3)
    y = torch.tensor([used[i] for i in torch.randint(len(used), (n,))])
    logits = 3 * torch.randn(n, classes)
    target = F.one_hot(y, num_classes=classes).to(dtype=x.dtype)
    out = {"n": n, "active": active, "lambda": lambda_param, "smoothing": smoothing,
           "x": x.flatten().tolist(), "y": y.tolist(), "logits": logits.flatten().tolist()}
    blended, target = blend(x.clone(), target, lambda_param)
    out["blended"] = blended.flatten().tolist()
    out["losses"] = F.cross_entropy(logits[:, used], target[:, used], reduction="none", label_smoothing=smoothing).tolist()
    weights = torch.rand(classes, generator=others) * 4 + 0.1
    place = torch.full((classes,), -1)
    place[used] = torch.arange(len(used))
    leaf = logits.clone().requires_grad_()
    loss = sum(share * F.cross_entropy(leaf[:, used], place[labels], weight=weights[used], label_smoothing=smoothing)
               for share, labels in ((lambda_param, y), (1 - lambda_param, y.roll(1))))
    loss.backward()
    out["weights"], out["weighted"], out["gradients"] = weights.tolist(), loss.item(), leaf.grad.flatten().tolist()
    return out


others = torch.Generator().manual_seed(2)
cases = [
    case(5, [True] * 4, 0.3, 0.0),
    case(5, [True] * 4, 0.875, 0.1),
    case(4, [True] * 3, 1.0, 0.25),
    case(6, [True, False, True, True, False], 0.6180339887, 0.1),
    case(2, [True, False], 0.5, 0.1),
    case(1, [True] * 3, 0.4, 0.0),
    case(7, [True] * 4, 1.0, 0.0),
    case(6, [True, False, True, True, False], 1.0, 0.0),
]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
