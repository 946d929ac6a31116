#!/bin/sh
# The runs behind docs/findings.md that are no experiment of `lgl paper`: fresh seeds, three times the
# epochs, He's initialisation. About an hour on two cores; finished runs are not trained again.
set -eu
lgl=${LGL:-bin/lgl}
out=${1:-results/findings}
mkdir -p "$out"
glyphs="--data glyphs --train-samples 10000"
fashion="--data fashion-mnist --train-samples 6000"
lgl5="--stages 5 --budget 1 --last-share 0.8"
mend="--warm shrink-perturb --shrink 0.7 --noise 0.05"

# run NAME FLAGS...: trains the run if it is not there yet.
run() {
	name=$1
	shift
	if [ ! -e "$out/$name/report.html" ]; then
		rm -rf "${out:?}/$name"
		"$lgl" train --preset paper --threads 1 --model vgg11 --width 0.125 --batch 64 --entropy-samples 500 "$@" --out "$out/$name"
	fi
}

# methods PREFIX SEED FLAGS...: the baseline, LGL and its controls.
methods() {
	prefix=$1 seed=$2
	shift 2
	run "$prefix-base-s$seed" "$@" --method baseline --seed "$seed"
	for m in lgl restarts-only random-subset; do
		run "$prefix-$m-s$seed" "$@" $lgl5 --method $m --seed "$seed"
		run "$prefix-$m-mend-s$seed" "$@" $lgl5 $mend --method $m --seed "$seed"
	done
}

for seed in 6 7 8 9 10; do
	methods glyphs "$seed" $glyphs --epochs 10 --lr 0.02 --lr-decay 0.5987
	methods fashion "$seed" $fashion --epochs 10 --lr 0.02 --lr-decay 0.5987
done
for seed in 1 2 3 4 5; do
	methods glyphs30 "$seed" $glyphs --epochs 30 --lr 0.02 --lr-decay 0.8428
	run "he-base-s$seed" $glyphs --epochs 10 --lr 0.05 --lr-decay 0.5987 --init he --method baseline --seed "$seed"
	run "he-lgl-s$seed" $glyphs --epochs 10 --lr 0.05 --lr-decay 0.5987 --init he $lgl5 --seed "$seed"
done
for set in glyphs fashion glyphs30 he; do
	"$lgl" report "$out/$set"-* --out "$out/$set.html"
	"$lgl" compare "$out/$set"-* --out "$out/$set-compare.html"
done
