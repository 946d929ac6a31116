package report

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/record"
)

// common are the settings that every method heeds: two that differ in one do not stand beside each other.
var common = []string{
	"data", "labels", "image-size", "train-samples", "val-fraction", "only-classes", "model", "width", "init", "augment", "mixup",
	"label-smoothing", "balance", "epochs", "until", "batch", "lr", "lr-decay", "lr-step", "momentum", "weight-decay", "precision", "on-nan",
}

// Each setting is one of those that every method heeds, or of those that only some do: a new one that is in
// neither list would take its baseline from beside LGL.
func TestEverySettingHasItsPlace(t *testing.T) {
	placed := slices.Concat(common, []string{"method", "budget"})
	for _, s := range scopes {
		placed = append(placed, s.keys...)
	}
	slices.Sort(placed)
	if want := slices.Sorted(slices.Values(config.Keys())); !slices.Equal(placed, want) {
		t.Errorf("placed are\n%v\nthe settings are\n%v", placed, want)
	}
}

// Of runs that distil, what passed through the network of the stage before is forwarded, too.
func TestForwardedByATeacher(t *testing.T) {
	runs := demo(1)
	for value, want := range map[float64]bool{0: false, 1: true} {
		runs[2].Started.Config["distill"] = value
		if notes := strings.Join(Notes(runs), "\n"); strings.Contains(notes, "and, with --distill, through") != want {
			t.Errorf("distill %v: %s", value, notes)
		}
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

// The cost of a baseline on some of the classes is a share of that on all, beside which it does not stand.
func TestCostOfSomeClasses(t *testing.T) {
	all, some := demo(1)[0], demo(1)[0]
	some.Started.Config["only-classes"] = "0,1,2"
	some.Started.SamplesPredicted, some.Started.CostPredicted, some.Ended.SamplesSeen = 36_000, 0.3, 36_000
	for _, runs := range [][]Run{{some}, {all, some}} {
		rows := Table(runs)
		if row := rows[len(rows)-1]; math.Abs(*row.Cost-0.3) > 1e-9 || row.Plain != nil || row.Diff != nil {
			t.Errorf("beside %d others: %+v, cost %v; want 0.3", len(runs)-1, row, *row.Cost)
		}
	}
}

// A setting that a run passes over does not part it from others, and no other setting is left out but seeds, what a run has
// that extends another, and carry, of which a run of one stage has nothing.
func TestPassedOverDoesNotPart(t *testing.T) {
	never := append(slices.Clone(seedKeys), "known-classes", "old-data")
	for _, method := range config.Words("method") {
		for _, model := range []string{"mlp", "vgg11"} {
			for _, until := range config.Words("until") {
				c := config.Default()
				c.Method, c.Model, c.Until = method, model, until
				s := demo(1)[0].Started
				s.Method, s.Config = method, c.Map()
				kept := settingsOf(Run{Started: s})
				for _, key := range config.Keys() {
					of := c.PassedOver(key)
					_, parts := kept[key]
					if wants := of == "" && !slices.Contains(never, key) && (key != "carry" || inStages(s)); parts != wants {
						t.Errorf("%s, %s, %s: --%s parts runs: %v; it is of %q", method, model, until, key, parts, of)
					}
				}
			}
		}
	}
}

// firstKeys are the settings that the first logs had.
var firstKeys = []string{
	"data", "train-samples", "augment", "model", "width", "hidden", "init", "method", "stages", "select", "partition", "head", "reinit", "carry",
	"keep-momentum", "val-fraction", "epochs", "until", "patience", "min-delta", "batch", "lr", "lr-decay", "lr-step", "momentum", "weight-decay",
	"seed", "seed-init", "seed-order", "seed-classes", "engine", "threads", "entropy-samples",
}

// What the first logs do not say is known of every setting, and is what a run goes on with that was begun then; words to
// find a run by are no such setting.
func TestUnsaid(t *testing.T) {
	usual := config.Paper().Map()
	for _, key := range config.Keys() {
		v, unsaid := Unsaid[key]
		if said := slices.Contains(firstKeys, key) || key == "tags"; said == unsaid {
			t.Errorf("--%s: in the first logs: %v, unsaid: %v", key, said, unsaid)
		} else if got, want := record.SettingText(v), record.SettingText(usual[key]); unsaid && got != want {
			t.Errorf("--%s: %s; want %s", key, got, want)
		}
	}
}

// Runs from before lgl had a setting are of one method with those since that leave it as it was.
func TestLogsOfOlderVersions(t *testing.T) {
	runs := demo(1, 2, 3)
	want := len(Table(runs))
	for i, r := range runs {
		if i%2 == 0 {
			maps.Copy(r.Started.Config, Unsaid)
		}
	}
	if rows := Table(runs); len(rows) != want {
		t.Errorf("%d methods, want %d: %+v", len(rows), want, rows)
	}
}

// Runs before and after a correction of labels are neither pooled nor paired, and a note says why.
func TestOtherPictures(t *testing.T) {
	runs := known()
	for i := range runs {
		runs[i].Started.Data.SHA256 = "0123456789abcdef"
	}
	same := len(Compare(runs).Pairs)
	for _, i := range []int{0, 1, 2} { // the baselines
		runs[i].Started.Data.SHA256 = "fedcba9876543210"
	}
	for _, p := range Compare(runs).Pairs {
		if p.A == "baseline" || p.B == "baseline" {
			t.Errorf("paired %s and %s", p.A, p.B)
		}
	}
	if n := len(Compare(runs).Pairs); n == 0 || n >= same {
		t.Errorf("%d pairs; want fewer than %d", n, same)
	}
	if !slices.Contains(Notes(runs), picturesNote) {
		t.Errorf("no note of it in %q", Notes(runs))
	}
	for _, i := range []int{0, 1, 2} {
		runs[i].Started.Config["data"] = "another folder"
	}
	if slices.Contains(Notes(runs), picturesNote) {
		t.Errorf("of another folder it is said that pictures were changed: %q", Notes(runs))
	}
	runs = runs[:3]
	runs[2].Started.Data.SHA256 = "0123456789abcdef"
	if rows := Table(runs); len(rows) != 2 || rows[0].N != 2 || !strings.Contains(rows[0].Label, " pictures=fedcba987654") {
		t.Errorf("%+v", rows)
	}
}

// A folder of pictures that was moved between two seeds is the same data: its digest says so. Data without one are known by
// where they lie.
func TestMovedPictures(t *testing.T) {
	for sum, want := range map[string]int{"0123456789abcdef": 1, "": 2} {
		runs := demo(1, 2, 3)[:3]
		for i := range runs {
			d := &runs[i].Started
			d.Data.SHA256, d.Config["data"], d.Config["labels"] = sum, "/before/photos", "/before/labels.csv"
		}
		runs[2].Started.Config["data"], runs[2].Started.Config["labels"] = "/after/photos", "/after/labels.csv"
		if rows := Table(runs); len(rows) != want {
			t.Errorf("digest %q: %d rows; want %d: %+v", sum, len(rows), want, rows)
		}
	}
}

// A baseline under a budget of one is the plain baseline, by its weights to the bit: they are seeds of one row.
func TestBaselinesOfOneBudget(t *testing.T) {
	runs := demo(1, 2, 3)[:3]
	runs[1].Started.Config["budget"], runs[2].Started.Config["budget"] = 0.0, 1.0 // the first has no such setting yet
	if rows := Table(runs); len(rows) != 1 || rows[0].N != 3 {
		t.Errorf("%d rows, %v; want one of 3 seeds", len(rows), rows)
	}
}
