package report

import (
	"slices"
	"testing"

	"github.com/local-to-global/lgl/config"
)

// common are the settings that every method heeds: two that differ in one do not stand beside each other.
var common = []string{
	"data", "labels", "image-size", "train-samples", "val-fraction", "only-classes", "model", "width", "hidden", "init", "augment", "mixup",
	"label-smoothing", "epochs", "until", "patience", "min-delta", "batch", "lr", "lr-decay", "lr-step", "momentum", "weight-decay", "precision", "on-nan",
}

// Each setting is one of those that every method heeds, or of those that only some do: a new one that is in
// neither list would take its baseline from beside LGL.
func TestEverySettingHasItsPlace(t *testing.T) {
	placed := slices.Concat(common, seedKeys, choiceKeys, sizeKeys, growthKeys, paceKeys, []string{"method", "budget"})
	slices.Sort(placed)
	if want := slices.Sorted(slices.Values(config.Keys())); !slices.Equal(placed, want) {
		t.Errorf("placed are\n%v\nthe settings are\n%v", placed, want)
	}
}

// The setting of a variant of LGL does not part it from its baseline, which passes over it.
func TestVariantsHaveABaseline(t *testing.T) {
	for _, key := range []string{"warm", "distill"} {
		runs := demo(1, 2, 3)
		for _, r := range runs[6:9] {
			r.Started.Config[key] = "other"
		}
		if row := Table(runs)[2]; row.Plain == nil || row.Diff == nil {
			t.Errorf("%s: vs baseline %v, vs baseline-equal %v", key, row.Plain, row.Diff)
		}
	}
}
