#!/usr/bin/env python3
"""Trains runs of lgl a second time, with PyTorch and by the paper alone, and says how far the two are apart.

    torch_run.py [--tolerance 1e-3] [--json FILE] RUN...

Nothing of lgl is called. The settings come from the log of the run and the pictures from their folder; all
else is done here anew, in the plainest way and in float64: normalisation, group sizes, H(T|X) and the choice
of classes, head rows drawn anew, the selection of samples, learning rates, training and evaluation, and lgl's
random streams (seed.Stream: ChaCha8Rand, keyed by SHA-256), from which initial weights, the order of the
samples and the first group come.

For each run it prints by how much the log (losses, H(T|X), accuracies) and the weights of each stage are
apart at most, relative where they are above 1. It fails where one of these is above the tolerance, and where
a choice of classes or a count of samples is another. --json writes what came out here, to be compared later.

It takes pictures in folders with train and test, --augment none, --model mlp or smallcnn with --init
default, --warm none, or shrink-perturb without --noise; what it does not take it names. lgl computes in
float32. An mlp stays within 1e-5 for hundreds of steps; a network with pooling drifts, since another
pixel of two that are nearly equal gets the gradient: there some ten steps can be compared.
"""
import argparse
import hashlib
import json
import math
import os
import struct
import sys

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torchvision import transforms

# TAKES are the values of settings that are built here.
TAKES = {
    'method': ('lgl', 'baseline', 'spl', 'spl-inv', 'spld'), 'select': ('random', 'similar', 'dissimilar'), 'partition': ('even', 'ceil'),
    'model': ('mlp', 'smallcnn'), 'width': (1,), 'hidden': (1,), 'init': ('default',), 'augment': ('none',), 'precision': ('f32',),
    'mixup': (0,), 'label-smoothing': (0,), 'balance': ('none', 'weights'), 'distill': (0,), 'carry': ('last',), 'budget': (0,), 'until': ('epochs', 'converged'),
    'train-samples': (0,), 'val-fraction': (0,), 'warm': ('none', 'shrink-perturb'), 'pace': ('quantile', 'baseline-loss'),
    'losses': ('fresh', 'running'), 'compat': ('none',), 'keep-momentum': (False, True), 'labels': ('',), 'extend': ('',), 'entropy-samples': (0,),
}


class Stream:
    """A named random stream: https://c2sp.org/chacha8rand, as Go's math/rand/v2 draws from it."""

    def __init__(self, seed, name, *index):
        text = struct.pack('<QQ', seed, len(name)) + name.encode() + b''.join(struct.pack('<Q', i) for i in index)
        self.key, self.left = hashlib.sha256(text).digest(), []

    def refill(self):
        key, out = np.frombuffer(self.key, '<u4')[:, None], b''
        for counter in range(0, 16, 4):
            b = np.zeros((16, 4), np.uint32)
            b[:4] = np.array([[0x61707865], [0x3320646e], [0x79622d32], [0x6b206574]], np.uint32)
            b[4:12], b[12] = key, counter + np.arange(4)
            for turned in 4 * (0, 1):
                for i in range(4):
                    self.quarter(b, i, *(4 * k + (i + k * turned) % 4 for k in (1, 2, 3)))
            b[4:12] += key
            out += b.astype('<u4').tobytes()
        self.key = out[-32:]
        self.left = np.frombuffer(out[:-32], '<u8').tolist()[::-1]

    @staticmethod
    def quarter(b, p, q, r, s):
        for x, y, z, turn in ((p, q, s, 16), (r, s, q, 12), (p, q, s, 8), (r, s, q, 7)):
            b[x] += b[y]
            b[z] ^= b[x]
            b[z] = b[z] << np.uint32(turn) | b[z] >> np.uint32(32 - turn)

    def uint64(self):
        if not self.left:
            self.refill()
        return self.left.pop()

    def below(self, n):
        """An integer of 0 to n-1, by Lemire's method."""
        if n & (n - 1) == 0:
            return self.uint64() & (n - 1)
        while True:
            product = self.uint64() * n
            if product % 2**64 >= 2**64 % n:
                return product >> 64

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def uniform(self, shape, bound):
        u = np.array([self.uint64() % 2**53 / 2**53 for _ in range(math.prod(shape))])
        return torch.from_numpy(((2 * u - 1) * bound).astype(np.float32).reshape(shape)).double()


def build(model, classes, size):
    """Networks of lgl (docs/networks.md): the names of their state_dict are those of lgl's files."""
    if model == 'mlp':
        layers, width = [nn.Flatten(), nn.Linear(3 * size * size, 64), nn.ReLU()], 64
    else:
        layers, width = [], 3
        for out in (32, 64, 128):
            layers += [nn.Conv2d(width, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(), nn.MaxPool2d(2)]
            width = out
        layers, width = layers + [nn.Flatten()], 128 * (size // 8) ** 2
    net = nn.Module()
    net.features, net.classifier = nn.Sequential(*layers), nn.Linear(width, classes)
    net.forward = lambda x: net.classifier(net.features(x))
    return net.double()


def bound(layer):
    """Of PyTorch's own initialisation of weights and biases: 1/sqrt(fan_in)."""
    return 1 / math.sqrt(math.prod(layer.weight.shape[1:]))


def draw(net, stream):
    for layer in net.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            for p in (layer.weight, layer.bias):
                p.data = stream.uniform(p.shape, bound(layer))


def weights(net):
    """Weights and running statistics by name."""
    return {k: v for k, v in net.state_dict().items() if not k.endswith('num_batches_tracked')}


def read_safetensors(path):
    with open(path, 'rb') as f:
        (n,) = struct.unpack('<Q', f.read(8))
        head, body = json.loads(f.read(n)), f.read()
    head.pop('__metadata__', None)
    return {name: np.frombuffer(body[slice(*t['data_offsets'])], '<f4').reshape(t['shape']) for name, t in head.items()}


def pictures(folder, classes, size):
    """All pictures of a part as torchvision's evaluation sees them, class by class, each by file name; values 0 to 1."""
    view = transforms.Compose([transforms.Resize(size * 256 // 224), transforms.CenterCrop(size)])
    x, y = [], []
    for k, name in enumerate(classes):
        for file in sorted(os.listdir(os.path.join(folder, name))):
            image = view(Image.open(os.path.join(folder, name, file)).convert('RGB'))
            x.append(np.asarray(image, np.float64).transpose(2, 0, 1) / 255)
            y.append(k)
    return torch.from_numpy(np.stack(x)), torch.tensor(y)


class Run:
    """A run that is trained anew. events are what lgl's log should hold, with its names; stages the weights."""

    def __init__(self, start):
        self.c, self.seeds, self.classes = {'balance': 'none', **start['config']}, start['seeds'], start['data']['classes']
        for key, takes in TAKES.items():
            if self.c[key] not in takes:
                sys.exit(f'{start["run"]}: {key} {self.c[key]}: here it can only be {" or ".join(map(str, takes))}')
        self.K, self.events, self.stages, self.seen = len(self.classes), [], [], 0
        x, self.y = pictures(os.path.join(self.c['data'], 'train'), self.classes, self.c['image-size'])
        tx, self.ty = pictures(os.path.join(self.c['data'], 'test'), self.classes, self.c['image-size'])
        mean, std = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False).sqrt()
        self.add('run_started', data={'mean': mean.tolist(), 'std': std.tolist()})
        self.x, self.tx = ((v - mean.view(3, 1, 1)) / std.view(3, 1, 1) for v in (x, tx))
        self.net = build(self.c['model'], self.K, self.c['image-size'])
        draw(self.net, Stream(self.seeds['init'], 'init'))
        self.w = torch.ones(self.K).double()  # n / (K n_k)
        if self.c['balance'] == 'weights':
            self.w = len(self.y) / (self.K * torch.bincount(self.y, minlength=self.K).double())
        self.opt, self.last = None, torch.zeros(len(self.y)).double()  # last: the losses that were seen in training
        self.train()

    def add(self, kind, **fields):
        self.events.append({'type': kind, **fields})

    def logits(self, x):
        self.net.eval()
        with torch.no_grad():
            return torch.cat([self.net(part) for part in x.split(500)])

    def of(self, classes):
        """The training samples of classes, in the order of the data."""
        return torch.isin(self.y, torch.tensor(classes)).nonzero().ravel()

    def entropy(self, samples, trained):
        """Equations (7), (8): the mean over samples, in nats, by the softmax over the trained classes."""
        logp = F.log_softmax(self.logits(self.x[samples])[:, trained], 1)
        return -(logp.exp() * logp).sum(1).mean().item()

    def groups(self):
        """Sizes: ceil(classes left / stages left), or, by the paper's literal rule, ceil(K/m) and the rest."""
        left, sizes = self.K, []
        for k in range(self.c['stages'], 0, -1):
            sizes.append(min(left, math.ceil(left / k if self.c['partition'] == 'even' else self.K / self.c['stages'])))
            left -= sizes[-1]
        return sizes if self.c['method'] == 'lgl' else [self.K]

    def choose(self, active, left, size):
        """Section 4.4: the classes with the largest or smallest H_w(T|X_i), and these; left are in random order."""
        if not active or self.c['select'] == 'random' or len(active) == 1:
            return left[:size], {}
        scores = {i: self.entropy(self.of([i]), active) for i in left}
        sign = -1 if self.c['select'] == 'dissimilar' else 1
        return sorted(scores, key=lambda i: (sign * scores[i], i))[:size], {'scores': {str(i): h for i, h in scores.items()}}

    def train(self):
        permutation = Stream(self.seeds['classes'], 'classes').shuffled(range(self.K))
        active = []
        for k, size in enumerate(self.groups(), 1):
            left = [i for i in permutation if i not in active]
            new, scores = self.choose(active, left, size)
            if self.c['method'] != 'lgl':
                new = list(range(self.K))
            if k > 1:
                self.renew(k, sorted(left))
            active = active + new
            self.add('stage_started', stage=k, classes=active, new=new, entropy_active=self.entropy(self.of(active), active), **scores)
            self.stage(k, active)
            self.stages.append({name: t.numpy().copy() for name, t in weights(self.net).items()})

    def renew(self, k, untrained):
        """Shrinking (Ash and Adams 2020), without noise; section 4.2: new head rows for the classes not trained so far."""
        if self.c['warm'] == 'shrink-perturb':
            assert self.c['noise'] == 0, '--noise is random; take --noise 0'
            for p in self.net.parameters():
                p.data *= self.c['shrink']
        rows = {'untrained': untrained, 'none': [], 'all': range(self.K)}[self.c['reinit']]
        stream, head = Stream(self.seeds['init'], 'head', k), self.net.classifier
        for p in (head.weight, head.bias):
            for row in rows:
                p.data[row] = stream.uniform(p.shape[1:], bound(head))
                if self.c['keep-momentum']:
                    self.opt.state[p]['momentum_buffer'][row] = 0

    def losses(self, x, y, active):
        """Of each sample: cross-entropy over all outputs, or, masked, over the active ones."""
        if self.c['head'] != 'masked':
            return F.cross_entropy(self.net(x), y, reduction='none')
        place = torch.full((self.K,), -1)
        place[active] = torch.arange(len(active))
        return F.cross_entropy(self.net(x)[:, active], place[y], reduction='none')

    def select(self, epoch):
        """Equations (1) to (4): the samples of an epoch, from 0, their weights, and what the log says of them; None: all."""
        n, full, warmup = len(self.y), min(int(self.c['pace-full'] * self.c['epochs'] + 1e-9), self.c['epochs'] - 1), self.c['pace-warmup']
        if not self.c['method'].startswith('spl') or not warmup <= epoch < full:
            return None
        progress = (epoch - warmup) / (full - warmup)
        losses = F.cross_entropy(self.logits(self.x), self.y, reduction='none') if self.c['losses'] == 'fresh' else self.last.clone()
        key, said = losses.clone(), {}
        if self.c['method'] == 'spl-inv':
            key = -losses
        if self.c['method'] == 'spld':  # loss < lambda + gamma / (sqrt r + sqrt(r-1)), where gamma is diversity x lambda
            diversity = self.c['gamma'] * math.sqrt(n / self.K)
            for k in range(self.K):
                rows = self.of([k])
                order = rows[losses[rows].argsort(stable=True)]
                r = torch.arange(1, len(order) + 1).double()
                key[order] /= 1 + diversity / (r.sqrt() + (r - 1).sqrt())
        border = self.border(key, epoch, progress)
        chosen, lam = key < border, abs(border)
        if self.c['method'] == 'spld':
            said['gamma'] = diversity * lam
        ratio = losses / lam
        if self.c['method'] == 'spl-inv':
            ratio = (losses.max() - losses) / (losses.max() - lam)
        v = {'hard': torch.ones(n).double(), 'linear': 1 - ratio, 'log': torch.log(ratio / 2 + 0.5) / math.log(0.5)}[self.c['weighting']]
        return chosen.nonzero().ravel(), v, {'lambda': lam, 'selected': chosen.double().mean().item(), **said}

    def border(self, key, epoch, progress):
        """lambda of the keys: halfway behind the quantile of the pace, or, if that selects as many, by the loss of a baseline."""
        start = self.c['pace-start']
        share = start if self.c['pace'] == 'baseline-loss' else start + (1 - start) * progress
        wanted, ranked = math.ceil(share * len(key) - 1e-9), key.sort()[0]
        border = (ranked[wanted - 1] + ranked[wanted]).item() / 2
        if self.c['pace'] == 'baseline-loss':
            with open(os.path.join(self.c['pace-run'], 'events.jsonl')) as f:
                baseline = [e['train_loss'] for e in map(json.loads, f) if e['type'] == 'epoch_ended']
            inverse = self.c['method'] == 'spl-inv'
            lam = -baseline[epoch] * (1 - progress) if inverse else baseline[epoch] / (1 - progress)
            border = lam if int((key < lam).sum()) >= wanted else border
        return border

    def stage(self, k, active):
        if self.opt is None or not self.c['keep-momentum']:
            self.opt = torch.optim.SGD(self.net.parameters(), lr=1, momentum=self.c['momentum'], weight_decay=self.c['weight-decay'])
        best, since, opt = math.inf, 0, self.opt
        # Without one asked for, the rate falls over the epochs as the paper's does over 100.
        decay = self.c['lr-decay'] or round(0.95 ** (100 / self.c['epochs']), 4) ** self.c['lr-step']
        for e in range(self.c['epochs']):
            lr = opt.param_groups[0]['lr'] = self.c['lr'] * decay ** (e // self.c['lr-step'])
            rows, v, said = self.select(e) or (self.of(active), torch.ones(len(self.y)), {})
            order, total = torch.tensor(Stream(self.seeds['order'], 'order', k, e + 1).shuffled(rows.tolist())), 0
            self.net.train()
            for batch in order.split(self.c['batch']):
                each = self.losses(self.x[batch], self.y[batch], active)
                w, self.last[batch] = self.w[self.y[batch]], each.detach()
                loss = (v[batch] * w * each).sum() / w.sum()
                opt.zero_grad()
                loss.backward()
                opt.step()
                total += loss.item() * len(batch)
            self.seen += len(rows)
            self.add('epoch_ended', stage=k, lr=lr, train_loss=total / len(rows), samples_seen=self.seen,
                     entropy_active=self.entropy(self.of(active), active), test=self.tested(active), **said)
            best, since = (total / len(rows), 0) if total / len(rows) < best - self.c['min-delta'] else (best, since + 1)
            if self.c['until'] == 'converged' and since == self.c['patience']:
                break

    def tested(self, active):
        logits, inside = self.logits(self.tx), torch.isin(self.ty, torch.tensor(active))
        right = within = logits.argmax(1) == self.ty
        if self.c['head'] == 'masked':
            within = torch.tensor(active)[logits[:, active].argmax(1)] == self.ty
        return {'loss': F.cross_entropy(logits, self.ty).item(), 'top1': right.double().mean().item(),
                'top1_active': within[inside].double().mean().item()}


def apart(ours, theirs):
    """The greatest difference by field, relative where our number is above 1; infinite for what is not there or no number."""
    if isinstance(ours, dict):
        for key, value in ours.items():
            for field, d in apart(value, theirs.get(key)):
                yield key if key in ('scores', 'test') else field or key, d
    elif isinstance(ours, (str, list)) and not all(isinstance(v, float) for v in ours) or theirs is None:
        yield '', 0 if ours == theirs else math.inf
    else:
        ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        d = float(np.max(np.abs(ours - theirs) / np.maximum(1, np.abs(ours))))
        yield '', math.inf if math.isnan(d) else d  # max() passes over NaN


def check(folder, tolerance):
    with open(os.path.join(folder, 'events.jsonl')) as f:
        logged = [json.loads(line) for line in f]
    run, worst = Run(logged[0]), {}
    kinds = {e['type'] for e in run.events}
    logged = [e for e in logged if e['type'] in kinds]
    pairs = list(zip(run.events, logged))
    for k, stage in enumerate(run.stages, 1):
        pairs.append(({'weights': {n: t.ravel().tolist() for n, t in stage.items()}},
                      {'weights': {n: t.ravel().tolist() for n, t in read_safetensors(f'{folder}/weights/stage-{k}.safetensors').items()}}))
    for ours, theirs in pairs:
        for field, d in apart(ours, theirs):
            field = 'weights' if 'weights' in ours else field
            worst[field] = max(worst.get(field, 0), d)
    good = len(run.events) == len(logged) and all(d <= tolerance for d in worst.values())
    print(f'{folder}: {"ok" if good else "FAILED"}; {len(run.events)} events, {len(run.stages)} stages;',
          ', '.join(f'{k} {v:.1e}' for k, v in worst.items() if v > 0))
    return good, run


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('runs', nargs='+', metavar='RUN')
    p.add_argument('--tolerance', type=float, default=1e-3)
    p.add_argument('--json', metavar='FILE')
    a = p.parse_args()
    results = {os.path.basename(os.path.normpath(run)): check(run, a.tolerance) for run in a.runs}
    if a.json:
        with open(a.json, 'w') as f:
            json.dump({name: {'events': run.events, 'weights': run.stages[-1]} for name, (_, run) in results.items()}, f,
                      default=lambda t: {'mean': t.mean(), 'rms': math.sqrt((t ** 2).mean()), 'first': t.ravel()[:4].tolist()})
            f.write('\n')
    sys.exit(0 if all(good for good, _ in results.values()) else 1)


if __name__ == '__main__':
    main()
