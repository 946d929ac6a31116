"""Writes fit/, what PIL and torchvision make of want/*.rgb.png, scaled until it covers an image and cut:

    fit/NAME.CxHxW.png    Resize and CenterCrop((H, W)) of it, then convert("L") where C is 1

Run with Debian's python3-torchvision: /usr/bin/python3 make_fit.py (PIL 9.4, torchvision 0.14).
"""
import os
from PIL import Image
from torchvision.transforms import CenterCrop, Resize

os.makedirs("fit", exist_ok=True)
for name, c, h, w in [("wide.png", 3, 32, 32), ("tall.png", 3, 32, 32), ("wide.png", 1, 28, 28), ("420.jpg", 1, 90, 20),
                      ("tall.png", 3, 20, 50), ("grey.png", 1, 40, 61), ("grey.jpg", 1, 17, 17)]:
    image = Image.open(f"want/{name}.rgb.png").convert("RGB")
    side = h if h == w else (w * image.height // image.width, w) if image.width * h <= image.height * w else (h, h * image.width // image.height)
    image = CenterCrop((h, w))(Resize(side)(image))
    image.convert("L" if c == 1 else "RGB").save(f"fit/{name}.{c}x{h}x{w}.png")
