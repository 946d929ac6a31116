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
	placed := slices.Concat(common, seedKeys, selectKeys, choiceKeys, sizeKeys, growthKeys, paceKeys, []string{"method", "budget"})
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

// A setting that a method passes over does not part its runs.
func TestPassedOverDoesNotPart(t *testing.T) {
	general := []string{"hidden", "patience", "min-delta"} // of a network, of a stop rule: not of methods
	for _, method := range config.Words("method") {
		c := config.Default()
		c.Method = method
		r := demo(1)[0]
		r.Started.Method, r.Started.Config = method, c.Map()
		kept := settingsOf(r)
		for _, key := range config.Keys() {
			of := c.PassedOver(key)
			if _, parts := kept[key]; parts && of != "" && !slices.Contains(general, key) {
				t.Errorf("%s: --%s parts runs, and is of %s", method, key, of)
			}
		}
	}
}
