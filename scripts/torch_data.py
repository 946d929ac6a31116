#!/usr/bin/env python3
"""The peer's side of `lgl bench data --data DIR --peer "python3 scripts/torch_data.py"`: pictures decoded by PIL and
augmented by torchvision, into batches, in one process with one thread.

Reads requests, one JSON object a line, {"files", "size", "augment", "batch", "seed"}: augment as lgl's --augment, with
all values, or "decode" for decoding alone. Answers each with a line {"seconds", "version"}.
"""
import json
import sys
import time

import PIL
import torch
import torchvision
from PIL import Image, features
from torchvision import transforms as T

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def load(path):
    """torchvision.datasets.folder.pil_loader."""
    with open(path, 'rb') as f:
        return Image.open(f).convert('RGB')


def recipe(augment, n):
    """lgl's --augment by torchvision's own transforms, in the order of its reference recipe."""
    parts = dict(p.partition('=')[::2] for p in augment.split(','))
    words = {name: values.split(':') if values else [] for name, values in parts.items()}
    numbers = {name: [float(v) for v in values if v not in ('bilinear', 'random')] for name, values in words.items()}
    how = T.InterpolationMode.BILINEAR if 'bilinear' in augment else T.InterpolationMode.NEAREST
    steps = []
    if 'resized-crop' in augment:
        steps.append(T.RandomResizedCrop(n))
    else:
        steps += [T.Resize(n * 256 // 224), T.CenterCrop(n)]
        if 'crop' in augment:
            steps.append(T.RandomCrop(n, padding=4))
    if 'flip' in augment:
        steps.append(T.RandomHorizontalFlip())
    if 'color-jitter' in parts:
        steps.append(T.ColorJitter(*numbers['color-jitter']))
    if 'rand-augment' in parts:
        steps.append(T.RandAugment(*map(int, numbers['rand-augment']), interpolation=how))
    if 'trivial-augment' in parts:
        steps.append(T.TrivialAugmentWide(interpolation=how))
    steps += [T.ToTensor(), T.Normalize(MEAN, STD)]
    if 'erase' in parts:
        value = 'random' if 'random' in words['erase'] else (numbers['erase'] + [0])[1]
        steps.append(T.RandomErasing(numbers['erase'][0], value=value))
    return T.Compose(steps)


class Pictures(torch.utils.data.Dataset):
    def __init__(self, files, transform):
        self.files, self.transform = files, transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return self.transform(load(self.files[i]))


def seconds(ask):
    torch.manual_seed(ask['seed'])
    begun = time.perf_counter()
    if ask['augment'] == 'decode':
        for path in ask['files']:
            load(path)
    else:
        pictures = Pictures(ask['files'], recipe(ask['augment'], ask['size']))
        for _ in torch.utils.data.DataLoader(pictures, batch_size=ask['batch']):
            pass
    return time.perf_counter() - begun


def main():
    torch.set_num_threads(1)
    version = (f'torchvision {torchvision.__version__}, PIL {PIL.__version__} with libjpeg'
               f'{"-turbo " + features.version_feature("libjpeg_turbo") if features.check("libjpeg_turbo") else ""}')
    for line in sys.stdin:
        print(json.dumps(dict(seconds=seconds(json.loads(line)), version=version)), flush=True)


main()
