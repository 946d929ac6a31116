#!/usr/bin/env python3
"""Shows how the time of a step grows with batch, width, classes and threads, as tables in Markdown.

The slope is that of log(time) against log(size) from one row to the next: 1 means that time grows as the
size does. Leave the machine alone meanwhile.
"""
import json
import math
import subprocess
import sys

LGL = sys.argv[1] if len(sys.argv) > 1 else 'bin/lgl'


def bench(mode, *flags):
    out = subprocess.run([LGL, 'bench', mode, '--json', *map(str, flags)], capture_output=True, text=True)
    return json.loads(out.stdout.strip().splitlines()[-1]) if out.returncode == 0 else None


def table(title, name, values, mode, flags):
    print(f'\n{title}\n\n| {name} | ms | slope | samples/s | GFLOP/s | memory, MB |\n| ---: | ---: | ---: | ---: | ---: | ---: |')
    before = None
    for v in values:
        r = bench(mode, *flags(v))
        if r is None:
            print(f'| {v} | failed | | | | |', flush=True)
            continue
        slope = ''
        if before:
            slope = f"{math.log(r['ms_median'] / before[1]) / math.log(v / before[0]):.2f}"
        before = (v, r['ms_median'])
        print(f"| {v} | {r['ms_median']:.4g} | {slope} | {r['samples_per_s']:.4g} | {r['gflops']:.3g} | {r['peak_rss_mb']} |", flush=True)


small = ('--model', 'smallcnn', '--steps', 7)
table('Batch: smallcnn, 1x28x28, 10 classes, a training step', 'batch', [1, 4, 16, 64, 256, 1024], 'step', lambda v: (*small, '--batch', v))
table('Width: VGG-16, 3x32x32, batch 32, a training step', 'width', [0.25, 0.5, 1, 2], 'step',
      lambda v: ('--model', 'vgg16', '--batch', 32, '--width', v, '--steps', 3))
table('Classes: smallcnn, batch 128, a training step', 'classes', [10, 100, 1000, 10000, 100000], 'step',
      lambda v: (*small, '--steps', 3, '--batch', 128, '--classes', v))
table('Threads: VGG-16, 3x32x32, batch 32, a training step', 'threads', [1, 2], 'step',
      lambda v: ('--model', 'vgg16', '--batch', 32, '--threads', v, '--steps', 3))
