#!/usr/bin/env bash
# What only a machine with a GPU can show, in one command of less than ten minutes.
#
# usage: scripts/device.sh build DIR          makes the binaries, for a machine without Go
#        scripts/device.sh run DIR [STEP...]  there, from the root of the repository: every step, or those named
#
# Writes summary.txt (exit code and seconds of each step), log.txt (what the steps said) and bench.jsonl into $OUT (else
# results/device). A step that fails ends no other; the exit code is 1 if one did. Needs PyTorch in $LGL_TORCH (python3).
# $LGL_XLA_PLUGIN names the plugin, $SECONDS_IN_ALL (570) what all steps may take: those that find too little left are not begun.
set -euo pipefail
shopt -s extglob

# In the order of their worth, with the seconds that each may take.
steps="doctor:30 binding:40 conformance:280 resume:90 two:160 across:60 silent:160 memory:120 losses:260 vgg16:200 resnet50:150 compiled:150 epoch:60 tables:570"

build() {
	mkdir -p "$1"
	revision=$(git describe --always --dirty)
	export CGO_ENABLED=0
	go build -trimpath -ldflags "-s -w -X main.revision=$revision" -o "$1/lgl" ./cmd/lgl
	go test -c -trimpath -ldflags "-s -w" -o "$1/xla.test" ./engine/xla
	go test -c -trimpath -ldflags "-s -w" -o "$1/pjrt.test" ./internal/pjrt
	du -ch "$1"/*
}

run() {
	bin=$(cd "$1" && pwd) # tests run in their packages' folders
	shift
	out=${OUT:-results/device} left=${SECONDS_IN_ALL:-570} failed=0
	export LGL_TORCH=${LGL_TORCH:-python3}
	export LGL_XLA_PLUGIN=${LGL_XLA_PLUGIN:-/opt/torch/.venv/lib/python3.12/site-packages/jax_plugins/xla_cuda13/xla_cuda_plugin.so}
	for name; do
		[[ " $steps" = *" $name:"* ]] || { echo "no step is called $name; there are: ${steps//:+([0-9])/}" >&2; exit 2; }
	done
	mkdir -p "$out"
	rm -f "$out/bench.jsonl"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	printf '%-12s %5s %5s\n' step code s >"$out/summary.txt"
	: >"$out/log.txt"
	for step in $steps; do
		name=${step%:*} limit=${step#*:}
		[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
		if [ $((left - SECONDS)) -lt 15 ]; then
			code="not begun" began=$SECONDS
		else
			began=$SECONDS code=0 limit=$((limit < left - SECONDS - 10 ? limit : left - SECONDS - 10))
			printf '\n== %s, at most %d s\n' "$name" "$limit" >>"$out/log.txt"
			BIN=$bin WORK=$work RESULTS=$out LIMIT=$limit timeout -k 5 "$limit" "$0" step "$name" >>"$out/log.txt" 2>&1 || code=$?
		fi
		[ "$code" = 0 ] || failed=1
		printf '%-12s %5s %5d\n' "$name" "$code" $((SECONDS - began)) | tee -a "$out/summary.txt"
	done
	return $failed
}

# The steps. Each runs in a process of its own that the first failing command ends.

step_doctor() {
	"$BIN/lgl" doctor --json | tee "$WORK/doctor.json"
	if ! grep -q '"name":"xla","found":true' "$WORK/doctor.json"; then
		"$BIN/lgl" doctor | grep 'engine xla'
		return 1
	fi
	nvidia-smi
}

step_binding() { (cd internal/pjrt && "$BIN/pjrt.test" -test.v -test.run '^TestDevice'); }

step_conformance() {
	(cd engine/xla && "$BIN/xla.test" -test.v -test.run '^(TestConformance|TestAgreesWithReference|TestReducedPrecision|TestQueue)$') |
		grep --line-buffered -vE '^ *(=== |--- PASS: .*/)'
}

step_losses() { (cd engine/xla && "$BIN/xla.test" -test.v -test.run '^TestLosses$'); }

# A run of some seconds, with checkpoints within its epochs.
common="--data glyphs --train-samples 5000 --method baseline --entropy-samples 0 --checkpoint-every 25"
vgg="--engine xla --model vgg16 --width 1 --batch 128 --epochs 8" # whole, so that its step is tuned

# train NAME FLAGS...: such a run, below $WORK.
train() {
	name=$1
	shift
	"$BIN/lgl" train $common "$@" --out "$WORK/$name"
}

# whole trains the run that others must end as, once.
whole() { [ -e "$WORK/whole/report.html" ] || train whole $vgg; }

# begin NAME FLAGS...: such a run as the process $pid, until its third checkpoint, in the midst of an epoch.
begin() {
	name=$1
	shift
	"$BIN/lgl" train $common "$@" --out "$WORK/$name" >"$WORK/$name.txt" 2>&1 &
	pid=$!
	while [[ $(ls "$WORK/$name/checkpoints" 2>/dev/null | tail -n 1) < 000003 ]]; do
		kill -0 $pid || { cat "$WORK/$name.txt"; return 1; }
		sleep 0.02
	done
}

# killed NAME FLAGS...: begin, then kill.
killed() {
	begin "$@"
	kill -9 $pid
	wait $pid || true
	[ ! -e "$WORK/$1/report.html" ] || { echo "it was done before it was killed"; return 1; }
}

# same NAME: it ended with the bits of whole.
same() { cmp "$WORK/whole/weights/stage-1.safetensors" "$WORK/$1/weights/stage-1.safetensors" && echo "$1: the same bits"; }

# fails COMMAND...: it does.
fails() { if "$@"; then echo "it did not fail: $*"; return 1; fi; }

step_resume() {
	whole
	killed half $vgg
	"$BIN/lgl" resume "$WORK/half"
	same half
	echo "tuned steps on this machine give:"
	cat "${XDG_CACHE_HOME:-$HOME/.cache}"/lgl/xla-*/step-* | sort | uniq -c
}

step_two() {
	whole
	train left $vgg &
	pid=$!
	train right $vgg
	wait $pid
	same left
	same right
}

# Begun on oneDNN where it is found, else on the reference engine.
step_across() {
	killed crossed --engine auto --model vgg11 --width 0.125 --batch 128 --epochs 8
	"$BIN/lgl" resume "$WORK/crossed" --engine xla --inexact
}

# A device that does not answer: CUDA holds all calls of a process that it was told to lock.
step_silent() {
	whole
	export LGL_XLA_WAIT=15s
	begin stuck $vgg
	"$LGL_TORCH" - $pid <<-'PYTHON'
		import ctypes, sys
		arguments = (ctypes.c_uint * 16)(5000)  # CUcheckpointLockArgs: milliseconds, reserved
		cuda = ctypes.CDLL('libcuda.so.1')
		code = cuda.cuInit(0) or cuda.cuCheckpointProcessLock(int(sys.argv[1]), arguments)
		sys.exit(code and f'the device cannot be made to stop here: CUDA error {code}')
	PYTHON
	fails wait $pid
	cat "$WORK/stuck.txt"
	grep -q 'the device does not answer: nothing in 15s' "$WORK/stuck.txt"
	unset LGL_XLA_WAIT
	"$BIN/lgl" resume "$WORK/stuck"
	same stuck
}

# More than the device holds is refused with a batch that fits, which then does.
step_memory() {
	work="bench step --engine xla --model resnet50 --precision bf16 --steps 1"
	fails "$BIN/lgl" $work --batch 4096 2>"$WORK/memory.txt"
	cat "$WORK/memory.txt"
	fits=$(sed -n 's/.*out of device memory.*--batch \([0-9]*\) would fit.*/\1/p' "$WORK/memory.txt")
	[ -n "$fits" ] || { echo "it names no batch that would fit"; return 1; }
	"$BIN/lgl" $work --batch "$fits"
}

# rows MODEL BATCH...: lgl and PyTorch in turn, a row of docs/benchmarks.md for each batch and precision.
rows() {
	model=$1 failed=0
	shift
	for batch; do
		for precision in bf16 tf32 f32; do
			row "$model" "$batch" "$precision" || failed=1
		done
	done
	return $failed
}

# row MODEL BATCH PRECISION [VARIANT]: the variants are torch_step.py's.
row() {
	work="--model $1 --batch $2 --precision $3 --steps 5" variant=${4:-eager}
	[ "$3" != f32 ] || variant=nchw # in which PyTorch is faster in float32
	ours=$("$BIN/lgl" bench step --engine xla $work --json | tail -n 1) || return 1
	theirs=$("$LGL_TORCH" scripts/torch_step.py --device cuda --variant $variant $work) || return 1
	printf '%s\n' "$ours" "$theirs" | tee -a "$RESULTS/bench.jsonl" |
		sed 's/.*"ms_median": *\([0-9.]*\).*/\1/' | paste - - |
		awk -v row="$1, $3, $2, $variant" '{ printf "| %s | %.2f | %.2f | %.2f |\n", row, $1, $2, $1 / $2 }'
}

step_vgg16() { rows vgg16 128 512 2048; }
step_resnet50() { rows resnet50 256; }
step_compiled() { row resnet50 256 bf16 compile && row vgg16 2048 bf16 compile; }
step_epoch() {
	for batch in 128 512; do
		"$BIN/lgl" bench epoch --engine xla --precision bf16 --batch $batch --steps 20 --json | tee -a "$RESULTS/bench.jsonl"
	done
}

# Tables 1 and 3 at full scale, as many runs as the time holds. Those that other machines finished are there by their logs;
# with what this one finishes they come back as runs.tgz, to be unpacked to where they are looked for.
finished=docs/results/gpu-runs
step_tables() {
	mkdir "$WORK/tables"
	[ ! -d $finished ] || cp -r $finished/. "$WORK/tables"
	for table in table3 table1; do
		left=$((LIMIT - SECONDS - 15))
		[ $left -lt 1 ] || timeout $left "$BIN/lgl" paper $table --data glyphs --scale full --seeds 1 --engine xla --precision bf16 --out "$WORK/tables" || true
	done
	cd "$WORK/tables"
	cp -- *.md "$RESULTS" 2>/dev/null || true
	grep -l '"type":"run_ended".*"status":"done"' -- */*/events.jsonl | while read -r log; do echo "$log"; echo "${log%events.jsonl}config.yaml"; done | tar czf "$RESULTS/runs.tgz" -T -
}

usage() {
	sed -n '4,5s/^# //p' "$0" >&2
	exit 2
}

[ $# -ge 2 ] || usage
case $1 in
build | run) "$@" ;;
step)
	trap 'kill $(jobs -p) 2>/dev/null || true' EXIT # what it left behind
	"step_$2"
	;;
*) usage ;;
esac
