"""Writes what torchvision makes of a few images, for the tests of data/augment:

    images/NAME.png        the images: colours, grey, of one colour, of few grey levels
    want/NAME.png          for every line of cases.txt, what torchvision makes of the image, one below the other
    cases.txt              a line each: the operation, and its parameter as torchvision's functional takes it; nearest
                           neighbour, but for those named bilinear
    magnitudes.txt         a line each: rand or trivial, operation, height and width, then the 31 magnitudes
    digests.txt            a line each: an operation, its parameter, and the SHA-256 of what it makes of all 2^24 colours
    chains.txt             a line each: rand or trivial, image, seed, the operations that torchvision drew with their
                           magnitudes, and the SHA-256 of the pixels, [C H W]
    draws.json             how often torchvision drew what, over many draws

Run with Debian's python3-torchvision: /usr/bin/python3 make_transforms.py (PIL 9.4, torchvision 0.14).
"""
import collections, hashlib, json, os
import numpy as np
import torch
from PIL import Image
from torchvision.transforms import ColorJitter, InterpolationMode, RandomErasing, autoaugment, functional as F

os.makedirs("images", exist_ok=True)
os.makedirs("want", exist_ok=True)
rng = np.random.default_rng(7)


def scene(w, h, noise=4):
    """Smooth colours, an edge, and a little noise."""
    y, x = np.mgrid[0:h, 0:w]
    c = np.stack([128 + 100 * np.sin(x / 5), 128 + 90 * np.cos(y / 4), 255 * x / w + 0 * y], -1)
    c[h // 3 : h // 2, w // 4 : w // 2] = [250, 30, 20]
    return np.clip(c + rng.normal(0, noise, c.shape), 0, 255).astype(np.uint8)


images = {
    "colour": Image.fromarray(scene(37, 24)),
    "square": Image.fromarray(scene(32, 32)),
    "grey": Image.fromarray(scene(28, 28)).convert("L"),
    "flat": Image.fromarray(np.full((5, 7, 3), (90, 12, 255), np.uint8)),
    "few": Image.fromarray((100 + 9 * (scene(16, 20)[..., 0] // 64)).astype(np.uint8)),
    "thin": Image.fromarray(scene(2, 9)),
}
for name, image in images.items():
    image.save(f"images/{name}.png")

nearest = dict(interpolation=InterpolationMode.NEAREST, fill=None)
ops = lambda name: lambda image, m: autoaugment._apply_op(image, name, m, **nearest)
cases = {name: (ops(name), values) for name, values in {
    "Identity": [0], "AutoContrast": [0], "Equalize": [0],
    "ShearX": [0, 0.09, -0.09, 0.3, -0.3, 0.99, -0.99], "ShearY": [0, 0.09, -0.09, 0.3, -0.3, 0.99, -0.99],
    "TranslateX": [0, 1.99, -1.99, 4.35, -4.35, 32, -32, -60], "TranslateY": [0, 1.99, -1.99, 4.35, -4.35, 32, -32],
    "Rotate": [0, 9, -9, 30, -30, 90, -90, 4.5, 135, -135, 180],
    "Posterize": [1, 2, 3, 4, 5, 6, 7, 8], "Solarize": [255, 178.5, 128, 110.5, 0],
}.items()}
factors = [0, 0.1, 0.37, 0.73, 1, 1.27, 1.9, 3.5]
cases["Brightness"] = (F.adjust_brightness, factors)
cases["Contrast"] = (F.adjust_contrast, factors)
cases["Color"] = (F.adjust_saturation, factors)
cases["Sharpness"] = (F.adjust_sharpness, factors)
cases["Hue"] = (F.adjust_hue, [0, 0.1, -0.1, 0.25, -0.33, 0.5, -0.5])
bilinear = dict(interpolation=InterpolationMode.BILINEAR, fill=None)
for name in ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"]:
    cases["bilinear-" + name] = (lambda image, m, name=name: autoaugment._apply_op(image, name, m, **bilinear), cases[name][1])
with open("cases.txt", "w") as f:
    for op, (_, values) in cases.items():
        for value in values:
            print(op, repr(value), file=f)
for name, image in images.items():
    stack = [np.asarray(apply(image, value)) for apply, values in cases.values() for value in values]
    Image.fromarray(np.concatenate(stack)).save(f"want/{name}.png")


def digest(image):
    a = np.asarray(image)
    return hashlib.sha256((a if a.ndim == 2 else a.transpose(2, 0, 1)).tobytes()).hexdigest()


all_colours = np.arange(1 << 24, dtype=np.uint32).view(np.uint8).reshape(4096, 4096, 4)[..., :3]  # red is the lowest byte
with open("digests.txt", "w") as f:
    for op, value in [("Hue", 0), ("Hue", 0.1), ("Hue", -0.37), ("Color", 0.3), ("Color", 1.7), ("Color", 1.27)]:
        print(op, repr(value), digest(cases[op][0](Image.fromarray(all_colours), value)), file=f)

spaces = {"rand": lambda h, w: autoaugment.RandAugment()._augmentation_space(31, (h, w)),
          "trivial": lambda h, w: autoaugment.TrivialAugmentWide()._augmentation_space(31)}
with open("magnitudes.txt", "w") as f:
    for kind, space in spaces.items():
        for h, w in [(28, 28), (224, 224), (331, 662), (32, 64), (96, 100), (299, 160)]:
            for op, (values, signed) in space(h, w).items():
                values = values.tolist() if values.ndim else []
                print(kind, op, h, w, int(signed), *map(repr, values), file=f)

drawn, original = [], autoaugment._apply_op


def recorded(image, name, magnitude, **how):
    drawn.append((name, magnitude))
    return original(image, name, magnitude, **how)


autoaugment._apply_op = recorded
with open("chains.txt", "w") as f:
    for kind, make in [("rand", autoaugment.RandAugment(3, 9)), ("trivial", autoaugment.TrivialAugmentWide())]:
        for name in ["colour", "square", "grey"]:
            for seed in range(12):
                torch.manual_seed(seed)
                drawn.clear()
                out = make(images[name])
                print(kind, name, seed, *[f"{op}:{m!r}" for op, m in drawn], digest(out), file=f)

torch.manual_seed(1)
draws = {}
for kind, make in [("rand", autoaugment.RandAugment(2, 9)), ("trivial", autoaugment.TrivialAugmentWide())]:
    drawn.clear()
    for _ in range(20000):
        make(images["thin"])
    draws[kind] = collections.Counter(name + ("-" if m < 0 else "+" if m > 0 else "0") for name, m in drawn)
erase = collections.Counter()
for h, w in [(32, 32), (20, 40), (3, 9)]:
    image = torch.ones(1, h, w)
    for _ in range(40000):
        i, j, eh, ew, v = RandomErasing.get_params(image, (0.02, 0.33), (0.3, 3.3), [0.0])
        key = "none" if (eh, ew) == (h, w) else None
        for what, value, cells in [("top", i, h), ("left", j, w), ("height", eh, h), ("width", ew, w)]:
            erase[f"{h}x{w} {what} {key or value * 8 // cells}"] += 1
draws["erase"] = erase
jitter = collections.Counter()
for _ in range(40000):
    order, b, c, s, h = ColorJitter.get_params((0.6, 1.4), (0, 2.5), (0.9, 1.1), (-0.1, 0.1))
    jitter["order " + "".join(map(str, order.tolist()))] += 1
    for what, value, lo, hi in [("brightness", b, 0.6, 1.4), ("contrast", c, 0, 2.5), ("saturation", s, 0.9, 1.1), ("hue", h, -0.1, 0.1)]:
        jitter[f"{what} {min(int((value - lo) / (hi - lo) * 10), 9)}"] += 1
draws["jitter"] = jitter
json.dump(draws, open("draws.json", "w"), indent=0, sort_keys=True)
