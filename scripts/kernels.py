#!/usr/bin/env python3
"""Sums what kernels.c wrote over the steps of its second half: microseconds a step by kind and by kernel, and idle ones.

usage: kernels.py FILE

A step is what lies between two runs of a kernel that is run once in each. CUPTI loses records when it is hurried, so only steps of
the usual number of kernels count.
"""
import collections
import re
import sys


def read(path):
    """Returns the lines of a file, sorted, of which the last may be cut off: [(start, end, graph, name)]."""
    lines = (line.rstrip('\n').split(' ', 3) for line in open(path) if line.endswith('\n'))
    return sorted((int(a), int(b), int(c), d) for a, b, c, d in lines)


def kind(name):
    for part, of in (('wgrad', 'convolution, weights'), ('dgrad', 'convolution, input'), ('fprop', 'convolution'),
                     ('cublas', 'product'), ('nvjet', 'product'), ('gemm', 'product')):
        if part in name.lower():
            return of
    return re.sub(r'[-_]\d+$', '', name)[:60]


def table(title, times, counts, steps, most):
    print(f'\n{"us/step":>10} {"a step":>7}  {title}')
    for name, t in times.most_common(most):
        print(f'{t / steps / 1e3:10.1f} {counts[name] / steps:7.1f}  {name[:120]}')


def idle(work):
    """Returns how long nothing was at work before each kind."""
    gaps, counts, end = collections.Counter(), collections.Counter(), work[0][1]
    for before, (start, stop, graph, name) in zip(work, work[1:]):
        if start > end:
            where = 'in a step' if graph == before[2] else "at a CUDA graph's begin or end"
            gaps[where] += start - end
            counts[where] += 1
        end = max(end, stop)
    return gaps, counts


def steps_of(lines):
    """Returns what the second half has of whole steps, [[line of a step]]: the rarest kernel there begins each."""
    lines = [x for x in lines if not x[3].startswith(('copy-host', 'copy-device'))]
    lines = lines[len(lines) // 2:]
    counts = collections.Counter(x[3] for x in lines)
    first = min(counts, key=counts.get, default=None)
    begins = [i for i, x in enumerate(lines) if x[3] == first]
    steps = [lines[i:j] for i, j in zip(begins, begins[1:])]
    usual = collections.Counter(map(len, steps)).most_common(1)
    return [s for s in steps if len(s) == usual[0][0]]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split('\n\n')[1])
    steps = steps_of(read(sys.argv[1]))
    if len(steps) < 2:
        sys.exit(f'{sys.argv[1]}: {len(steps)} whole steps; want at least 2')
    times, counts, kinds, of, gaps, before = (collections.Counter() for _ in range(6))
    for step in steps:
        for start, end, _, name in step:
            times[name] += end - start
            counts[name] += 1
            kinds[kind(name)] += end - start
            of[kind(name)] += 1
        for sum_, more in zip((gaps, before), idle(step)):
            sum_.update(more)
    span = sum(s[-1][1] - s[0][0] for s in steps) / len(steps)
    share = sum(gaps.values()) / len(steps) / span
    print(f'{len(steps)} steps of {span / 1e3:.1f} us, {len(steps[0])} kernels and copies in each, idle {share:.1%} of the time')
    table('kind', kinds, of, len(steps), 15)
    table('kernel', times, counts, len(steps), 30)
    table('idle', gaps, before, len(steps), 5)


main()
