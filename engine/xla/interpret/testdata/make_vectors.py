#!/usr/bin/env python3
"""Writes vectors.json beside itself: StableHLO operations, and what PyTorch computes for them.

    /usr/bin/python3 make_vectors.py

A case has a name, the operation as text with its operands %a, %b, ..., the operands, and the result,
each as type, dims and values in row-major order. Results are computed in double precision and rounded,
sums of bfloat16 too (PyTorch's own product rounds in between); other results of bfloat16 are those of
PyTorch in bfloat16.
"""
import json
import os

import numpy as np
import torch
from torch.nn import functional as F

generator = torch.Generator().manual_seed(7)
cases = []


def draw(*dims, low=-1.0, high=1.0):
    """Multiples of 1/64, so that the file is short."""
    return torch.randint(int(low * 64), int(high * 64) + 1, dims, generator=generator).double() / 64


def type_of(dims, elem="f32"):
    return "tensor<" + "".join(f"{d}x" for d in dims) + elem + ">"


def tensor(t, elem="f32"):
    return {"type": elem, "dims": list(t.shape), "values": [float(f"{v:.9g}") for v in t.to(torch.float32).flatten()]}


def case(name, op, rest, operands, result, elem="f32"):
    """rest is the region or the attributes, as text."""
    names = ", ".join("%" + c for c in "abcd"[: len(operands)])
    types = ", ".join(type_of(o.shape, elem) for o in operands)
    text = f'"stablehlo.{op}"({names}) {rest} : ({types}) -> {type_of(result.shape, elem)}'
    cases.append({"name": name, "op": text, "in": [tensor(o, elem) for o in operands], "out": tensor(result, elem)})


def array(values):
    return "array<i64: " + ", ".join(map(str, values)) + ">" if len(values) else "array<i64>"


PRECISION = "precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]"


def spread(x, by):
    """Puts by - 1 zeros between the rows and between the columns of NCHW."""
    n, c, h, w = x.shape
    y = torch.zeros(n, c, max(0, (h - 1) * by[0] + 1), max(0, (w - 1) * by[1] + 1), dtype=x.dtype)
    y[:, :, :: by[0], :: by[1]] = x
    return y


def convolution(name, x, w, out, stride=(1, 1), pad=((0, 0), (0, 0)), left=(1, 1), right=(1, 1), turned=(False, False), groups=1, batches=1,
                numbers="[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]"):
    """x and w are in the order of numbers, as is the result out."""
    words = lambda v: ", ".join(str(b).lower() for b in v)
    attributes = (
        f"{{window_strides = {array(stride)}, padding = dense<{[list(p) for p in pad]}> : tensor<2x2xi64>, lhs_dilation = {array(left)}, "
        f"rhs_dilation = {array(right)}, window_reversal = array<i1: {words(turned)}>, dimension_numbers = #stablehlo.conv<{numbers}>, "
        f"feature_group_count = {groups} : i64, batch_group_count = {batches} : i64, {PRECISION}}}"
    )
    case("convolution " + name, "convolution", attributes, [x, w], out)


def padded(x, pad):
    return F.pad(x, [*pad[1], *pad[0]])


def convolutions():
    x, w = draw(2, 3, 7, 6), draw(4, 3, 3, 2)
    convolution("plain", x, w, F.conv2d(x, w))
    pad = ((2, 1), (0, 3))
    convolution("stride and asymmetric padding", x, w, F.conv2d(padded(x, pad), w, stride=(2, 3)), stride=(2, 3), pad=pad)
    pad = ((-2, 1), (1, -3))
    convolution("negative padding", x, w, F.conv2d(padded(x, pad), w), pad=pad)
    convolution("kernel dilation", x, w, F.conv2d(padded(x, ((1, 1), (2, 2))), w, dilation=(2, 4)), pad=((1, 1), (2, 2)), right=(2, 4))
    convolution("image dilation", x, w, F.conv2d(spread(x, (2, 3)), w), left=(2, 3))
    pad = ((2, -1), (-1, 3))
    y = F.conv2d(padded(spread(x, (3, 2)), pad), w, stride=(2, 1), dilation=(1, 2))
    convolution("everything", x, w, y, stride=(2, 1), pad=pad, left=(3, 2), right=(1, 2))
    convolution("reversed rows", x, w, F.conv2d(x, w.flip(2)), turned=(True, False))
    convolution("reversed both", x, w, F.conv2d(x, w.flip(2, 3), stride=2), turned=(True, True), stride=(2, 2))
    convolution("kernel larger than image", x, draw(1, 3, 9, 6), torch.zeros(2, 1, 0, 1).double())
    x, w = draw(2, 6, 4, 5), draw(4, 3, 2, 2)
    convolution("feature groups", x, w, F.conv2d(x, w, groups=2), groups=2)
    x, w = draw(3, 4, 4, 3), draw(4, 1, 3, 3)
    convolution("depthwise", x, w, F.conv2d(padded(x, ((1, 1), (1, 1))), w, groups=4), groups=4, pad=((1, 1), (1, 1)))
    x, w = draw(6, 2, 4, 5), draw(9, 2, 2, 3)
    parts = [F.conv2d(a, b) for a, b in zip(x.chunk(3, 0), w.chunk(3, 0))]
    convolution("batch groups", x, w, torch.cat(parts, 1), batches=3)
    x, w = draw(2, 3, 5, 4), draw(4, 3, 3, 2)
    y = F.conv2d(x, w)
    convolution("channels last", x.permute(0, 2, 3, 1), w.permute(0, 2, 3, 1), y.permute(0, 2, 3, 1), numbers="[b, 0, 1, f]x[o, 0, 1, i]->[b, 0, 1, f]")
    convolution("mixed layouts", x.permute(3, 1, 0, 2), w.permute(2, 0, 3, 1), y.permute(2, 3, 1, 0), numbers="[1, f, b, 0]x[0, o, 1, i]->[0, 1, f, b]")


def gradients():
    """The gradients of a convolution as convolutions, in the forms of engine/xla."""
    for stride, pad, k in [(1, 1, 3), (2, 1, 3), (3, 2, 4), (2, 0, 1)]:
        x, w = draw(3, 2, 7, 6).requires_grad_(), draw(5, 2, k, k).requires_grad_()
        y = F.conv2d(x, w, stride=stride, padding=pad)
        dy = draw(*y.shape)
        y.backward(dy)
        last = lambda t: t.detach().permute(0, 2, 3, 1)
        x, dx, w, dw, dy = last(x), last(x.grad), last(w), last(w.grad), last(dy)
        high = [k + (dy.shape[1 + d] - 1) * stride - x.shape[1 + d] - pad for d in range(2)]
        name = f"{k}x{k} stride {stride} padding {pad}"
        convolution("gradient of weights " + name, x, dy, dw, pad=((pad, high[0]), (pad, high[1])), right=(stride, stride),
                    numbers="[f, 0, 1, b]x[i, 0, 1, o]->[f, 0, 1, b]")
        low = k - 1 - pad
        high = [x.shape[1 + d] + k - 1 - ((dy.shape[1 + d] - 1) * stride + 1) - low for d in range(2)]
        convolution("gradient of image " + name, dy, w.flip(1, 2), dx, pad=((low, high[0]), (low, high[1])), left=(stride, stride),
                    numbers="[b, 0, 1, f]x[i, 0, 1, o]->[b, 0, 1, f]")


def products():
    for name, a, b, how, numbers in [
        ("matrices", (3, 4), (4, 5), "ik,kj->ij", "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]"),
        ("transposed", (4, 3), (5, 4), "ki,jk->ij", "lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [1]"),
        ("batches", (2, 3, 4), (4, 2, 5), "nik,knj->nij",
         "lhs_batching_dimensions = [0], rhs_batching_dimensions = [1], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [0]"),
        ("two batches", (2, 3, 4, 5), (5, 3, 2, 6), "abkl,lban->bakn",
         "lhs_batching_dimensions = [1, 0], rhs_batching_dimensions = [1, 2], lhs_contracting_dimensions = [3], rhs_contracting_dimensions = [0]"),
        ("outer", (3,), (2, 2), "i,jk->ijk", "lhs_contracting_dimensions = [], rhs_contracting_dimensions = []"),
    ]:
        a, b = draw(*a), draw(*b)
        case("dot_general " + name, "dot_general", f"{{dot_dimension_numbers = #stablehlo.dot<{numbers}>, {PRECISION}}}", [a, b], torch.einsum(how, a, b))
    a, b = draw(2, 3, 4), draw(3, 5, 2)
    numbers = "lhs_contracting_dimensions = [1, 0], rhs_contracting_dimensions = [0, 2]"
    case("dot_general two sums", "dot_general", f"{{dot_dimension_numbers = #stablehlo.dot<{numbers}>}}", [a, b], torch.einsum("kij,ilk->jl", a, b))
    a, b = draw(4, 9).bfloat16(), draw(9, 3).bfloat16()
    numbers = "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]"
    case("dot_general bf16", "dot_general", f"{{dot_dimension_numbers = #stablehlo.dot<{numbers}>}}", [a, b], (a.double() @ b.double()).bfloat16(), "bf16")


def region(op, elem="f32"):
    s = type_of([], elem)
    return f'({{ ^bb0(%x: {s}, %y: {s}): %z = "stablehlo.{op}"(%x, %y) : ({s}, {s}) -> {s} "stablehlo.return"(%z) : ({s}) -> () }})'


def reductions():
    x, zero, lowest = draw(3, 4, 5), torch.tensor(0.0).double(), torch.tensor(-2.0).double()
    for dims in [[0], [1], [2], [0, 2], [2, 1], [0, 1, 2], []]:
        total = x.sum(dims) if dims else x
        case(f"reduce add {dims}", "reduce", f"{region('add')} {{dimensions = {array(dims)}}}", [x, zero], total)
    case("reduce maximum", "reduce", f"{region('maximum')} {{dimensions = {array([0, 2])}}}", [x, lowest], x.amax([0, 2]))
    case("reduce minimum", "reduce", f"{region('minimum')} {{dimensions = {array([1])}}}", [x, -lowest], x.amin([1]))
    case("reduce multiply from 2", "reduce", f"{region('multiply')} {{dimensions = {array([1])}}}", [x, -lowest], 2 * x.prod(1))
    case("reduce maximum from above", "reduce", f"{region('maximum')} {{dimensions = {array([1])}}}", [x, -lowest], torch.full((3, 5), 2.0).double())
    b = draw(6, 50).bfloat16()
    case("reduce add bf16", "reduce", f"{region('add', 'bf16')} {{dimensions = {array([1])}}}", [b, torch.tensor(0.0).bfloat16()], b.double().sum(1).bfloat16(), "bf16")


def pads():
    x, v = draw(3, 4), torch.tensor(9.0).double()
    for low, high, inner in [((1, 0), (2, 3), (0, 0)), ((0, 0), (0, 0), (2, 1)), ((-1, 2), (1, -2), (0, 0)), ((-2, -3), (-3, 1), (3, 2)), ((2, -3), (-4, 5), (1, 0)), ((-3, 0), (0, 0), (0, 0))]:
        wide = np.full([max(0, (n - 1) * (i + 1) + 1) for n, i in zip(x.shape, inner)], 9.0)
        wide[:: inner[0] + 1, :: inner[1] + 1] = x.numpy()
        y = F.pad(torch.from_numpy(wide), [low[1], high[1], low[0], high[0]], value=9.0)
        attributes = f"{{edge_padding_low = {array(low)}, edge_padding_high = {array(high)}, interior_padding = {array(inner)}}}"
        case(f"pad {low} {high} {inner}", "pad", attributes, [x, v], y)


def moves():
    x = draw(2, 3, 4)
    case("transpose", "transpose", f"{{permutation = {array([2, 0, 1])}}}", [x], x.permute(2, 0, 1))
    case("reverse", "reverse", f"{{dimensions = {array([2, 0])}}}", [x], x.flip(0, 2))
    case("slice", "slice", f"{{start_indices = {array([0, 1, 0])}, limit_indices = {array([2, 3, 4])}, strides = {array([1, 1, 3])}}}", [x], x[0:2, 1:3, 0:4:3])
    y = draw(2, 2, 4)
    case("concatenate", "concatenate", "{dimension = 1 : i64}", [x, y, x], torch.cat([x, y, x], 1))
    y = draw(3, 1)
    case("broadcast_in_dim", "broadcast_in_dim", f"{{broadcast_dimensions = {array([2, 0])}}}", [y], y[:, 0].expand(4, 2, 3))
    case("reshape", "reshape", "", [x], x.reshape(4, 6))


def functions():
    x, y = draw(40, low=-4, high=4), draw(40, low=-4, high=4)
    positive = x.abs() + 1 / 64
    for op, f, of in [("exponential", torch.exp, x), ("log", torch.log, positive), ("log_plus_one", torch.log1p, positive - 1), ("sqrt", torch.sqrt, positive),
                      ("rsqrt", torch.rsqrt, positive), ("abs", torch.abs, x), ("negate", torch.neg, x), ("sign", torch.sign, x)]:
        of = of[of != -1]
        case(op, op, "", [of], f(of))
    for op, f in [("add", torch.add), ("subtract", torch.sub), ("multiply", torch.mul), ("maximum", torch.maximum), ("minimum", torch.minimum)]:
        case(op, op, "", [x, y], f(x, y))
        a, b = (x * 1.1).bfloat16(), (y / 3).bfloat16()
        case(op + " bf16", op, "", [a, b], f(a, b), "bf16")
    case("divide", "divide", "", [x, positive], x / positive)
    case("power", "power", "", [positive, y], torch.pow(positive, y))
    a = torch.randn(200, generator=generator)
    cases.append({"name": "convert to bf16", "op": '"stablehlo.convert"(%a) : (tensor<200xf32>) -> tensor<200xbf16>', "in": [tensor(a)], "out": tensor(a.bfloat16(), "bf16")})


for part in [convolutions, gradients, products, reductions, pads, moves, functions]:
    part()
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json")
with open(path, "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
print(f"{path}: {len(cases)} cases, {os.path.getsize(path)} bytes")
