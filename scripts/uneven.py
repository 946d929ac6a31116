#!/usr/bin/env python3
"""Makes a folder of pictures with so many of each class of another one, as docs/findings.md has it.

    uneven.py FULL OUT N...

FULL has train/CLASS and test/CLASS. Of the classes in the order of their names the first N files stay, in that of
theirs, one N for each class, and the first 200 of each for the test. Files are links.
"""
import os
import sys

full, out, *sizes = sys.argv[1:]
classes = sorted(os.listdir(os.path.join(full, 'train')))
if len(sizes) != len(classes):
    sys.exit(f'{len(sizes)} numbers for {len(classes)} classes')
for name, n in zip(classes, map(int, sizes)):
    for part, most in ('train', n), ('test', 200):
        source, to = os.path.join(full, part, name), os.path.join(out, part, name)
        os.makedirs(to)
        files = sorted(os.listdir(source))[:most]
        if len(files) < most:
            sys.exit(f'{source}: {len(files)} files; want {most}')
        for file in files:
            os.link(os.path.join(source, file), os.path.join(to, file))
