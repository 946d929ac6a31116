#!/usr/bin/env python3
"""Times lgl and PyTorch in turn on this machine, and prints a table in Markdown.

Each row runs lgl, PyTorch, and PyTorch with a malloc that keeps its memory, in turn, in processes of their own; a ratio
is that of the medians over all timed steps' medians. As installed, glibc gives the memory of large tensors back to the
system after each step, so that PyTorch's time depends on what a page fault costs. Needs /usr/bin/python3 with torch, and
torchvision for ResNet (make bench installs Debian's).
"""
import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys

ROWS = [  # model, batch, mode, precision (bf16: on PyTorch's side autocast), steps, threads
    ('vgg16', 128, 'train', 'f32', 5, 2),
    ('vgg16', 128, 'train', 'bf16', 5, 2),
    ('vgg16', 128, 'infer', 'f32', 5, 2),
    ('vgg16', 128, 'infer', 'bf16', 5, 2),
    ('resnet50', 32, 'train', 'f32', 3, 2),
    ('resnet50', 32, 'train', 'bf16', 3, 2),
    ('resnet50', 32, 'infer', 'f32', 3, 2),
    ('smallcnn', 128, 'train', 'f32', 20, 2),
    ('smallcnn', 128, 'train', 'bf16', 20, 2),
    ('mlp', 128, 'train', 'f32', 200, 1),
]

# what makes glibc keep the memory that is freed
KEEPS = {'GLIBC_TUNABLES': 'glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=17179869184'}


def run(command, env={}):
    out = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **env})
    if out.returncode:
        sys.exit(f"{' '.join(command)}:\n{out.stderr}")
    return json.loads(out.stdout.strip().splitlines()[-1])


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--lgl', default='bin/lgl')
    p.add_argument('--python', default='/usr/bin/python3')
    p.add_argument('--repeats', type=int, default=3)
    p.add_argument('--rows', default='', help='models to time, with commas between; all by default')
    p.add_argument('--precision', default='', help='f32 or bf16; both by default')
    a = p.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    print('| work | lgl, ms | PyTorch, ms | ratio | with its memory kept | ratio | memory, MB |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |', flush=True)
    versions = set()
    for model, batch, mode, precision, steps, threads in ROWS:
        if a.rows and model not in a.rows.split(',') or a.precision and precision != a.precision:
            continue
        sides = ours, theirs, keeping = [], [], []
        sizes = ['--model', model, '--batch', str(batch), '--precision', precision, '--steps', str(steps), '--threads', str(threads)]
        peer = [a.python, f'{here}/torch_step.py', '--mode', mode, *sizes]
        for _ in range(a.repeats):
            ours.append(run([a.lgl, 'bench', {'train': 'step'}.get(mode, mode), '--json', *sizes]))
            theirs.append(run(peer))
            keeping.append(run(peer, KEEPS))
        x, y, z = ([r['ms_median'] for r in side] for side in sides)
        memory = [max(r['peak_rss_mb'] for r in side) for side in sides]
        versions.add(f"lgl {ours[0]['revision']}, {ours[0]['engine']} {ours[0]['version']}; PyTorch {theirs[0]['version']}")
        spread = lambda v: f"{statistics.median(v):.4g} ({min(v):.4g} to {max(v):.4g})"
        ratio = lambda v: f"**{statistics.median(x) / statistics.median(v):.2f}**"
        print(f"| {model}, batch {batch}, {mode}, {precision}, {threads} threads | {spread(x)} | {spread(y)} | {ratio(y)} | "
              f"{spread(z)} | {ratio(z)} | {memory[0]}, {memory[1]}, {memory[2]} |", flush=True)
    print(f"\n{datetime.date.today()}; {'; '.join(sorted(versions))}; {os.cpu_count()} cores; n = {a.repeats} runs of each side.")


main()
