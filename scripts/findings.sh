#!/bin/sh
# The runs behind docs/findings.md that are no experiment of `lgl paper`: fresh seeds, three times the
# epochs, He's initialisation, augmentation, fewer classes, fewer samples, other shares of the last stage. One thread
# each; about four hours one after the other; finished runs are not trained again.
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
# mended PREFIX SEED FLAGS...: the baseline, and LGL and its controls with weights shrunk and perturbed.
mended() {
	prefix=$1 seed=$2
	shift 2
	run "$prefix-base-s$seed" "$@" --method baseline --seed "$seed"
	for m in lgl restarts-only random-subset; do
		run "$prefix-$m-mend-s$seed" "$@" $lgl5 $mend --method $m --seed "$seed"
	done
}

for seed in 6 7 8 9 10 11 12 13 14 15; do
	mended fresh30 "$seed" $glyphs --epochs 30 --lr 0.02 --lr-decay 0.8428
done
for seed in 1 2 3 4 5 6 7 8 9 10; do
	mended he30 "$seed" $glyphs --epochs 30 --lr 0.05 --lr-decay 0.8428 --init he
	mended fashion1k "$seed" --data fashion-mnist --train-samples 1000 --epochs 100 --lr 0.02 --lr-decay 0.95
done

# With augmentation.
for seed in 16 17 18 19 20 21 22 23 24 25; do
	mended crop30 "$seed" $glyphs --epochs 30 --lr 0.02 --lr-decay 0.8428 --augment crop
done
for seed in 1 2 3 4 5; do
	mended crop100 "$seed" $glyphs --epochs 100 --lr 0.02 --lr-decay 0.95 --augment crop
	for m in lgl restarts-only random-subset; do
		run "crop100-$m-half-s$seed" $glyphs --epochs 100 --lr 0.02 --lr-decay 0.95 --augment crop --method $m --stages 5 --budget 1 --last-share 0.5 $mend --seed "$seed"
	done
done
for seed in 16 17 18 19 20; do
	mended fashioncrop30 "$seed" $fashion --epochs 30 --lr 0.02 --lr-decay 0.8428 --augment crop-flip
	crop="$glyphs --epochs 30 --lr 0.02 --lr-decay 0.8428 --augment crop --stages 5 --budget 1 --seed $seed"
	run "crop30-plain-s$seed" $crop --last-share 0.8
	run "crop30-dissimilar-s$seed" $crop --last-share 0.8 $mend --select dissimilar
done

for seed in 16 17 18 19 20 21 22 23 24 25; do
	crop="$glyphs --epochs 30 --lr 0.02 --lr-decay 0.8428 --augment crop --stages 5 --budget 1 --last-share 0.6 $mend --seed $seed"
	run "crop30-share6-s$seed" $crop
	run "crop30-random-subset-share6-s$seed" $crop --method random-subset
done

# Of K classes of glyphs, drawn by Python's random.Random(0).sample(range(100), K), as many steps as of 100 in 30 epochs.
drawn10=5,33,38,49,51,53,61,62,65,97
drawn20=5,12,17,27,32,33,36,38,45,49,51,53,61,62,64,65,74,79,96,97
drawn50=0,3,5,9,12,17,18,25,26,27,32,33,35,36,38,39,40,42,45,46,49,50,51,53,55,56,58,60,61,62,64,65,68,69,71,72,73,74,75,77,79,82,85,89,90,92,95,96,97,98
for seed in 1 2 3 4 5; do
	for k in 10 20 50; do
		eval "classes=\$drawn$k"
		[ -e "$out/glyphs$k" ] || "$lgl" data export glyphs --samples $((100 * k)) --only-classes "$classes" --out "$out/glyphs$k"
		mended "classes$k" "$seed" --data "$out/glyphs$k" --image-size 32 --augment none --epochs $((3000 / k)) --lr 0.02 --lr-decay 0
		run "classes$k-share6-s$seed" --data "$out/glyphs$k" --image-size 32 --augment none --epochs $((3000 / k)) --lr 0.02 --lr-decay 0 \
			--stages 5 --budget 1 --last-share 0.6 $mend --seed "$seed"
	done
done
for seed in 6 7 8 9 10; do
	for share in 0.4 0.5 0.6 0.8 0.9; do
		variant="--stages 5 --budget 1 --last-share $share $mend"
		run "share-glyphs30-$share-s$seed" $glyphs --epochs 30 --lr 0.02 --lr-decay 0.8428 $variant --seed "$seed"
		run "share-glyphs10-$share-s$seed" $glyphs --epochs 10 --lr 0.02 --lr-decay 0.5987 $variant --seed "$seed"
		run "share-fashion10-$share-s$seed" $fashion --epochs 10 --lr 0.02 --lr-decay 0.5987 $variant --seed "$seed"
	done
done
for set in glyphs fashion glyphs30 he fresh30 he30 fashion1k crop30 crop100 fashioncrop30 classes10 classes20 classes50 share-glyphs30 share-glyphs10 share-fashion10; do
	"$lgl" report "$out/$set"-* --out "$out/$set.html"
	"$lgl" compare "$out/$set"-* --out "$out/$set-compare.html"
	"$lgl" compare "$out/$set"-* --out "$out/$set.svg" >/dev/null
done
