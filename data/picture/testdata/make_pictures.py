"""Writes pictures/, in every format and mode that data/picture reads, and want/, what PIL and torchvision make of them:

    want/NAME.rgb.png         ImageOps.exif_transpose(Image.open(NAME)).convert("RGB"); of TIFF Image.open(NAME).convert("RGB")
    want/NAME.SIZE.png        torchvision's Resize(SIZE * 256 // 224) and CenterCrop(SIZE) of that
    want/NAME.X,Y,W,H.S.png   torchvision's resized_crop of that, to S x S
    draft/NAME.D.png         Image.draft's, decoded at 1/D

and refused/, which PIL reads and data/picture does not, each with a reason that the tests look for.

Run with Debian's python3-torchvision: /usr/bin/python3 make_pictures.py (PIL 9.4, torchvision 0.14).
"""
import ctypes, os, struct
import numpy as np
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop, Resize, functional as F

os.makedirs("pictures", exist_ok=True)
os.makedirs("want", exist_ok=True)
os.makedirs("draft", exist_ok=True)
os.makedirs("refused", exist_ok=True)
rng = np.random.default_rng(7)


def scene(w, h):
    """Smooth colours, an edge, and a little noise."""
    y, x = np.mgrid[0:h, 0:w]
    c = np.stack([128 + 100 * np.sin(x / 9), 128 + 90 * np.cos(y / 7), 255 * x / w + 0 * y], -1)
    c[h // 3 : h // 2, w // 4 : w // 2] = [250, 30, 20]
    return np.clip(c + rng.normal(0, 4, c.shape), 0, 255).astype(np.uint8)


wide, tall = Image.fromarray(scene(61, 40)), Image.fromarray(scene(37, 83))
alpha = Image.fromarray(np.linspace(0, 255, 61 * 40).reshape(40, 61).astype(np.uint8))
rgba = wide.copy()
rgba.putalpha(alpha)
grey, deep = wide.convert("L"), (scene(61, 40)[..., 0].astype(np.uint16) * 257)


def save(name, image, **how):
    image.save("pictures/" + name, **how)


save("wide.png", wide)
save("tall.png", tall)
save("rgba.png", rgba)
save("grey.png", grey)
save("greyalpha.png", rgba.convert("LA"))
save("palette.png", wide.quantize(32))
save("paletteclear.png", wide.quantize(32), transparency=3)
save("bits.png", grey.convert("1"))
save("420.jpg", wide, quality=92, subsampling=2)
save("422.jpg", wide, quality=92, subsampling=1)
save("444.jpg", wide, quality=92, subsampling=0)
save("odd420.jpg", tall, quality=92, subsampling=2)
save("progressive.jpg", wide, quality=92, progressive=True)
save("grey.jpg", grey, quality=92)
save("cmyk.jpg", wide.convert("CMYK"), quality=92)
save("wide.gif", wide.quantize(64))
save("clear.gif", wide.quantize(64), transparency=5)
save("moving.gif", wide.quantize(64), save_all=True, append_images=[tall.resize((61, 40)).quantize(64)])
save("wide.bmp", wide)
save("palette.bmp", wide.quantize(16))
save("wide.tif", wide)
save("lzw.tiff", wide, compression="tiff_lzw")
save("rgba.tiff", rgba)
save("lossless.webp", wide, lossless=True)
save("lossy.webp", wide, quality=95)
save("alpha.webp", rgba, lossless=True, exact=True)
save("narrow.webp", tall.crop((0, 0, 3, 8)), quality=80)
save("png.jpg", wide, format="PNG")  # named so by mistake
for o in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = o
    save(f"turned{o}.jpg", tall, quality=92, subsampling=0, exif=exif)
exif = Image.Exif()
exif[0x0112] = 6
save("turned.png", tall, exif=exif)
save("turned.webp", tall, lossless=True, exif=exif)
# 16 bits: PIL writes grey only; colours by hand.
save("deepgrey.png", Image.fromarray(deep))

# JPEG as cameras and editors write it, and one with damage in its scan, over which libjpeg decodes.
save("large.jpg", Image.fromarray(scene(331, 240)), quality=88, subsampling=2)
save("greyprogressive.jpg", grey, quality=80, progressive=True)
save("cmykprogressive.jpg", wide.convert("CMYK"), quality=85, progressive=True)
damaged = bytearray(open("pictures/large.jpg", "rb").read())
for at in range(len(damaged) // 2, len(damaged) // 2 + 40):
    damaged[at] = at % 251
open("pictures/damaged.jpg", "wb").write(damaged)
# Colours of half the height alone (4:4:0), as a turned 4:2:2 has them: PIL does not write these.
jpeg = ctypes.CDLL("libturbojpeg.so.0")
jpeg.tjInitCompress.restype = ctypes.c_void_p
file, size, pixels = ctypes.c_void_p(), ctypes.c_ulong(), tall.tobytes()
assert not jpeg.tjCompress2(ctypes.c_void_p(jpeg.tjInitCompress()), pixels, tall.width, 0, tall.height, 0, ctypes.byref(file), ctypes.byref(size), 4, 92, 0)
open("pictures/440.jpg", "wb").write(ctypes.string_at(file, size.value))
# Photoshop's CMYK: Y'CbCr and K, whose colours may have half the width and height.
c, m, y, k = (255 - np.array(part) for part in wide.convert("CMYK").split())
k = k - np.linspace(0, 90, 61).astype(np.uint8)
for sub, name in (0, "ycck.jpg"), (2, "ycck420.jpg"):
    pixels = np.stack([c, m, y, k], -1).tobytes()
    assert not jpeg.tjCompress2(ctypes.c_void_p(jpeg.tjInitCompress()), pixels, wide.width, 0, wide.height, 11, ctypes.byref(file), ctypes.byref(size), sub, 92, 0)
    open("pictures/" + name, "wb").write(ctypes.string_at(file, size.value))
# TIFF, which PIL turns when it reads it.
for o in 3, 6:
    save(f"turned{o}.tif", tall, compression="tiff_lzw", tiffinfo={0x0112: o})
# Faxes, whose white is 0 or 1.
bits = wide.convert("1")
for white in 0, 1:
    for kind in "group3", "group4", "packbits":
        save(f"{kind}white{white}.tif", bits, compression=kind, tiffinfo={262: white})

small = wide.crop((10, 8, 16, 12))
bits.crop((8, 8, 56, 32)).save("pictures/reversed.tif", compression="group3", tiffinfo={266: 2})


def tiff(path, strips, tags):
    """A TIFF of 6 x 4 pixels by hand, its directory behind the strips; tags: number, type and values."""
    at = [8 + sum(map(len, strips[:i])) for i in range(len(strips) + 1)]
    tags = sorted(tags + [(256, 3, [6]), (257, 3, [4]), (259, 3, [1]), (262, 3, [2]), (278, 3, [4]), (258, 3, [8, 8, 8]), (277, 3, [3]),
                          (273, 4, at[:-1]), (279, 4, [len(strip) for strip in strips])])
    directory, far = struct.pack("<H", len(tags)), b""
    for tag, kind, values in tags:
        value = struct.pack(f"<{len(values)}{ {3: 'H', 4: 'L', 8: 'h', 9: 'l'}[kind]}", *values)
        if len(value) > 4:
            far, value = far + value, struct.pack("<L", at[-1] + 2 + 12 * len(tags) + 4 + len(far))
        directory += struct.pack("<HHL4s", tag, kind, len(values), value)
    with open(path, "wb") as f:
        f.write(b"II*\0" + struct.pack("<L", at[-1]) + b"".join(strips) + directory + bytes(4) + far)


# Orientation in numbers with a sign; and behind bytes that belong to no segment of a JPEG, which all pass over.
for kind in 8, 9:
    tiff(f"pictures/turned{kind}signed.tif", [small.tobytes()], [(274, kind, [6])])
save("turned9signed.jpg", small, exif=b"Exif\0\0II*\0" + struct.pack("<LHHHLlL", 8, 1, 274, 9, 1, 6, 0))
exif = Image.Exif()
exif[0x0112] = 6
save("turnedgap.jpg", small, exif=exif)
turned = open("pictures/turnedgap.jpg", "rb").read()
at = turned.index(b"\xff\xe1")
with open("pictures/turnedgap.jpg", "wb") as f:
    f.write(turned[:at] + b"\0\xff\0between\xff\xff" + turned[at:])
# BMP whose reserved bytes are not 0.
save("reserved.bmp", small)
with open("pictures/reserved.bmp", "r+b") as f:
    f.seek(6)
    f.write(b"lgl!")
# WebP with alpha beside the colours of video, and one whose header announces alpha that is not there.
save("lossyalpha.webp", rgba.crop((10, 8, 16, 12)), quality=80)
lossy = open("pictures/narrow.webp", "rb").read()[12:]
with open("pictures/noalpha.webp", "wb") as f:
    f.write(b"RIFF" + struct.pack("<L", 22 + len(lossy)) + b"WEBPVP8X" + struct.pack("<LLHBHB", 10, 0x10, 2, 0, 7, 0) + lossy)

reverse = bytes(int(f"{v:08b}"[::-1], 2) for v in range(256))
tiff("refused/planar.tif", [plane.tobytes() for plane in small.split()], [(284, 3, [2])])
tiff("refused/fillorder.tif", [small.tobytes().translate(reverse)], [(266, 3, [2])])
for name in os.listdir("refused"):
    assert (np.array(Image.open("refused/" + name)) == np.array(small)).all(), name

views = {
    "wide.png": ([32, 64], [(3, 5, 30, 20, 32), (0, 0, 61, 40, 16), (10, 10, 5, 7, 24)]),
    "tall.png": ([32, 57], [(1, 2, 36, 80, 32)]),
    "420.jpg": ([32], []),
    "lossless.webp": ([32, 224], []),
}
for name in sorted(os.listdir("pictures")):
    if name == "deepgrey.png":
        continue  # PIL's convert("RGB") clips 16 bits of grey to white: not what is wanted
    image = Image.open("pictures/" + name)
    if image.format != "TIFF":  # which PIL 9.4 would turn a second time
        image = ImageOps.exif_transpose(image)
    image = image.convert("RGB")
    image.info.clear()  # or the transparency would be saved with it
    image.save(f"want/{name}.rgb.png")
    sizes, crops = views.get(name, ([], []))
    for n in sizes:
        CenterCrop(n)(Resize(n * 256 // 224)(image)).save(f"want/{name}.{n}.png")
    for x, y, w, h, n in crops:
        F.resized_crop(image, y, x, h, w, [n, n]).save(f"want/{name}.{x},{y},{w},{h}.{n}.png")
for d in 2, 4, 8:
    for name in "large.jpg", "damaged.jpg":
        image = Image.open("pictures/" + name)
        image.draft(None, (image.width // d, image.height // d))
        image.convert("RGB").save(f"draft/{name}.{d}.png")
