#!/usr/bin/env bash
# What the kernels of a training step take on an NVIDIA GPU, and where it is idle: prints a table.
#
# usage: scripts/kernels.sh LGL FLAGS...   flags of lgl bench step, as --model resnet50 --precision bf16 --batch 256
#
# Needs gcc, CUDA's headers and CUPTI (of CUDA 13, in $CUPTI, else where pip install "jax[cuda13]" puts it). The step should be
# tuned before, by a run without. XLA's program with the names of the kernels goes to $OUT (else results/kernels).
set -euo pipefail
[ $# -gt 1 ] || { sed -n '4s/^# //p' "$0" >&2; exit 2; }
lgl=$1
shift
out=${OUT:-results/kernels} cupti=${CUPTI:-$(python3 -c 'import nvidia; print(nvidia.__path__[0])')/cu13}
mkdir -p "$out"
library=$(ls "$cupti"/lib/libcupti.so.* | head -n 1)
gcc -shared -fPIC -O1 -I"$cupti/include" -I/usr/local/cuda/include -o "$out/kernels.so" "${0%.sh}.c" "$library" -Wl,-rpath,"$cupti/lib"
XLA_FLAGS="--xla_dump_to=$out/program --xla_dump_hlo_as_text" KERNELS=$out/kernels.txt CUDA_INJECTION64_PATH=$(realpath "$out/kernels.so") \
	"$lgl" bench step --engine xla --steps 5 "$@"
python3 "${0%.sh}.py" "$out/kernels.txt"
