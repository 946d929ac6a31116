#!/usr/bin/env python3
"""Trains one of torchvision's networks on what enginetest.Losses wrote, and prints the losses.

    python3 losses.py DIR

DIR/run.json: model, batch, steps, device, precision (f32, tf32 or bf16, by autocast), lr, and the
tensors' names and shapes; their values lie one after the other in weights.f32, the inputs of all
steps in x.f32, the labels in y.i32, little-endian. Dropout is off. Prints a JSON list: the mean
loss of each step.
"""
import json
import sys

import numpy as np
import torch
import torchvision

folder = sys.argv[1]
run = json.load(open(folder + '/run.json'))
tf32 = run['precision'] == 'tf32'
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32

net = getattr(torchvision.models, run['model'])()
weights, at, state = np.fromfile(folder + '/weights.f32', np.float32), 0, {}
for t in run['tensors']:
    n = int(np.prod(t['shape']))
    state[t['name']] = torch.from_numpy(weights[at:at + n].reshape(t['shape']))
    at += n
missing, unexpected = net.load_state_dict(state, strict=False)
assert not unexpected and all(m.endswith('num_batches_tracked') for m in missing), (missing, unexpected)
for m in net.modules():
    if isinstance(m, torch.nn.Dropout):
        m.p = 0.0
net = net.to(run['device'], memory_format=torch.channels_last).train()

shape = (run['steps'], run['batch'], 3, 224, 224)
x = np.memmap(folder + '/x.f32', np.float32, 'r', shape=shape)
y = np.fromfile(folder + '/y.i32', np.int32).reshape(shape[:2])
opt = torch.optim.SGD(net.parameters(), lr=run['lr'], momentum=0.9, weight_decay=5e-4)
losses = []
for xs, ys in zip(x, y):
    xs = torch.from_numpy(np.array(xs)).to(run['device'], memory_format=torch.channels_last)
    ys = torch.from_numpy(ys.astype(np.int64)).to(run['device'])
    with torch.autocast(run['device'], dtype=torch.bfloat16, enabled=run['precision'] == 'bf16'):
        loss = torch.nn.functional.cross_entropy(net(xs), ys)
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
print(json.dumps(losses))
