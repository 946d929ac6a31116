#!/usr/bin/env python3
"""Writes DIR/train and DIR/val with JPEGs of the size and content of photographs, as ImageNet's are: 500x375 and the like, about
100 KB, colours at half the resolution, noise whose amplitude falls with frequency, edges. For timing where no photographs are at hand.

    photos.py DIR [PICTURES]
"""
import os
import sys

import numpy as np
from PIL import Image

SIZES = [(500, 375), (375, 500), (500, 333), (640, 480), (500, 500)]


def photo(rng, w, h):
    fy, fx = np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)[None]
    amplitude = 1 / np.maximum(np.hypot(fy, fx), 1 / max(w, h)) ** 1.1
    light, *colours = (np.fft.irfft2(amplitude * np.exp(2j * np.pi * rng.random(amplitude.shape)), (h, w)) for _ in range(4))
    y, x = np.mgrid[0:h, 0:w]
    for _ in range(8):  # things with edges
        cx, cy, r = rng.random() * w, rng.random() * h, 20 + rng.random() * 80
        light[(x - cx) ** 2 + (y - cy) ** 2 < r * r] += rng.normal() * light.std()
    light /= light.std()
    values = [130 + 50 * light + 15 * c / c.std() for c in colours]
    return Image.fromarray(np.clip(np.stack(values, -1) + rng.normal(0, 3, (h, w, 3)), 0, 255).astype(np.uint8))


def main():
    out, pictures = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 120
    rng = np.random.default_rng(1)
    for i in range(pictures):
        folder = os.path.join(out, 'val' if i % 7 == 6 else 'train', ['a', 'b', 'c'][i % 3])
        os.makedirs(folder, exist_ok=True)
        photo(rng, *SIZES[i % len(SIZES)]).save(os.path.join(folder, f'{i}.jpg'), quality=90, subsampling=2)


main()
