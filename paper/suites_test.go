package paper

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
)

// setups are all scales on data of few and of many classes.
func setups() (all []Setup) {
	for _, scale := range Scales() {
		for _, k := range []int{2, 3, 10, 100} {
			d := Data{Arg: "some", Name: "some", Train: 60000}
			for i := range k {
				d.Classes = append(d.Classes, fmt.Sprint("class ", i))
			}
			all = append(all, Setup{Data: d, Scale: scale, Seeds: 2})
		}
	}
	return all
}

// compared are the settings in which the cells of an experiment may differ: what it compares, and
// the seed. A setting that only one method reads is not among them unless it is compared.
var compared = map[string][]string{
	"toy":       {"method", "data", "hidden", "stages", "select"},
	"table1":    {"method", "stages", "select"},
	"figure3":   {"method", "stages", "select"},
	"table2":    {"only-classes"},
	"table3":    {"method", "stages", "select"},
	"table4":    {"method", "stages", "select", "model"},
	"variance":  {"seed-init", "seed-order", "seed-classes"},
	"protocols": {"method", "stages", "select", "head", "reinit", "keep-momentum", "hierarchy-order", "warm", "shrink", "noise", "budget", "last-share", "carry", "compat"},
}

// The suites are fair: their cells differ only in what they compare, have the same seeds, and can
// be had.
func TestSuitesAreFair(t *testing.T) {
	for _, e := range Experiments() {
		for _, s := range setups() {
			suite := e.Suite(s)
			seeds := map[string][]uint64{}
			for i, c := range suite.Cells {
				if err := c.Config.Check(); err != nil {
					t.Errorf("%s, %s: %v", e.Name, c.Name, err)
				}
				if slices.Contains(names(suite)[:i], c.Name) || strings.ContainsAny(c.Name, "/ ") {
					t.Errorf("%s: name %q twice, or no name of a directory", e.Name, c.Name)
				}
				if same := slices.IndexFunc(suite.Cells[:i], func(b Cell) bool { return reflect.DeepEqual(b.Config, c.Config) }); same >= 0 {
					t.Errorf("%s: %s and %s are the same run", e.Name, suite.Cells[same].Name, c.Name)
				}
				first, own := suite.Cells[0].Config.Map(), c.Config.Map()
				for _, key := range config.Keys() {
					if key != "seed" && !slices.Contains(compared[e.Name], key) && !reflect.DeepEqual(first[key], own[key]) {
						t.Errorf("%s, %s: %s is %v; the first cell has %v", e.Name, c.Name, key, own[key], first[key])
					}
				}
				base := strings.TrimSuffix(c.Name, fmt.Sprintf("-s%d", c.Config.Seed))
				seeds[base] = append(seeds[base], c.Config.Seed)
			}
			for base, got := range seeds {
				if e.Name == "variance" { // one seed at a time: TestVariance
					continue
				}
				if !slices.Equal(got, []uint64{1, 2}) {
					t.Errorf("%s, %s: seeds %v; want 1, 2", e.Name, base, got)
				}
			}
		}
	}
}

// Rows of table 1: two baselines for every LGL; (r,20) at full scale on many classes, as in the
// paper; on three classes no LGL with four stages.
func TestTable1Rows(t *testing.T) {
	for _, c := range []struct {
		scale   string
		classes int
		want    string
	}{
		{"full", 10, "baseline baseline-equal-2 baseline-equal-3 baseline-equal-4 spl spl-inv spld lgl-r-2 lgl-r-3 lgl-r-4"},
		{"full", 100, "baseline baseline-equal-2 baseline-equal-3 baseline-equal-4 baseline-equal-20 spl spl-inv spld lgl-r-2 lgl-r-3 lgl-r-4 lgl-r-20"},
		{"small", 100, "baseline baseline-equal-2 baseline-equal-3 baseline-equal-4 spl spl-inv spld lgl-r-2 lgl-r-3 lgl-r-4"},
		{"tiny", 3, "baseline baseline-equal-2 baseline-equal-3 spl spl-inv spld lgl-r-2 lgl-r-3"},
	} {
		s := Setup{Data: Data{Classes: make([]string, c.classes), Train: 50000}, Scale: c.scale, Seeds: 1}
		var got []string
		for _, m := range s.table1Methods() {
			got = append(got, m.name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s, %d classes: %v; want %s", c.scale, c.classes, got, c.want)
		}
	}
}

// Full scale is section 5.2 of the paper, setting by setting.
func TestFullIsThePapers(t *testing.T) {
	c := Setup{Data: Data{Arg: "cifar10", Classes: make([]string, 10), Train: 50000}, Scale: "full"}.base()
	for key, want := range map[string]any{"model": "vgg16", "width": 1.0, "batch": 128, "lr": .05, "lr-decay": .95, "lr-step": 1, "momentum": .9,
		"weight-decay": 5e-4, "epochs": 100, "train-samples": 0, "augment": "auto", "carry": "last"} {
		if got := c.Map()[key]; got != want {
			t.Errorf("%s is %v; want %v", key, got, want)
		}
	}
	toy := Setup{Scale: "full"}.toyBase(toySettings[0])
	if toy.LR != .01 || toy.LRDecay != 1 || toy.Momentum != 0 || toy.WeightDecay != 0 {
		t.Errorf("toy: %+v; want plain SGD at 0.01", toy)
	}
}

// Table 4 is section 5.4 of the paper, setting by setting, on the networks that it names; smaller scales
// differ only in size.
func TestTable4IsThePapers(t *testing.T) {
	want := map[string]any{"width": 1.0, "batch": 256, "lr": .1, "lr-decay": .1, "lr-step": 30, "momentum": .9, "weight-decay": 1e-4, "epochs": 90,
		"train-samples": 0, "augment": "resized-crop-flip", "image-size": 224, "carry": "last", "init": "he", "head": "full",
		"reinit": "untrained", "keep-momentum": false, "warm": "none", "budget": 0.0, "until": "epochs", "partition": "even"}
	full := Setup{Data: Data{Arg: "imagenet", Classes: make([]string, 1000), Train: 1281167}, Scale: "full", Seeds: 1}
	var cells []string
	for _, c := range full.table4Suite().Cells {
		cells = append(cells, fmt.Sprintf("%s %s %s %d", c.Name, c.Config.Model, c.Config.Method, c.Config.Stages))
		for key, v := range want {
			if got := c.Config.Map()[key]; got != v {
				t.Errorf("%s: %s is %v; want %v", c.Name, key, got, v)
			}
		}
	}
	var rows []string
	for name, model := range map[string]string{"vgg16": "vgg16_bn-imagenet", "resnet50": "resnet50"} {
		rows = append(rows, name+"-baseline-s1 "+model+" baseline 3")
		for m := 2; m <= 3; m++ {
			rows = append(rows, fmt.Sprintf("%s-baseline-equal-%d-s1 %s baseline-equal %d", name, m, model, m), fmt.Sprintf("%s-lgl-r-%d-s1 %s lgl %d", name, m, model, m))
		}
	}
	slices.Sort(cells)
	slices.Sort(rows)
	if !slices.Equal(cells, rows) {
		t.Errorf("cells\n%s\nwant\n%s", strings.Join(cells, "\n"), strings.Join(rows, "\n"))
	}
	sizes := []string{"width", "epochs", "lr-step", "batch", "train-samples", "entropy-samples", "image-size", "model"}
	for _, scale := range []string{"small", "tiny"} {
		s := full
		s.Scale, s.Models = scale, []string{"resnet50"}
		first, own := full.photoBase(networks[1]).Map(), s.table4Suite().Cells[0].Config.Map()
		if len(s.table4Suite().Cells) != 5 || own["model"] != "resnet50" {
			t.Errorf("scale %s of ResNet-50 alone: %v", scale, names(s.table4Suite()))
		}
		for _, key := range config.Keys() {
			if !reflect.DeepEqual(first[key], own[key]) && key != "method" && !slices.Contains(sizes, key) {
				t.Errorf("scale %s: %s is %v; the paper's is %v", scale, key, own[key], first[key])
			}
		}
	}
}

// A smaller scale ends at the learning rate at which the paper does: 0.95^100.
func TestDecayOver(t *testing.T) {
	if config.DecayOver(100) != .95 || config.DecayOver(10) != .5987 {
		t.Errorf("over 100 epochs %v, over 10 %v; want 0.95, 0.5987", config.DecayOver(100), config.DecayOver(10))
	}
	few := Setup{Data: Data{Classes: make([]string, 10), Train: 500}, Scale: "small"}
	if n := few.base().TrainSamples; n != 0 {
		t.Errorf("of 500 samples a subset of %d; want all", n)
	}
}

func TestTable2Lists(t *testing.T) {
	cifar := Data{Classes: []string{"can", "x", "bowl", "bottle", "cloud", "forest"}}
	for want, s := range map[string]Setup{
		"5,4,3,2,0":   {Data: cifar},
		"0,1,2 3,4,5": {Data: Data{Classes: make([]string, 10)}},
		"1,2":         {Data: cifar, Trained: [][]int{{1, 2}}},
		"0,1":         {Data: Data{Classes: make([]string, 3)}},
		"0,1 2,3":     {Data: Data{Classes: make([]string, 4)}},
		"":            {Data: Data{Classes: make([]string, 2)}},
	} {
		var lists []string
		for _, list := range s.lists() {
			lists = append(lists, strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]"))
		}
		if got := strings.Join(lists, " "); got != want {
			t.Errorf("%d classes: %s; want %s", len(s.Data.Classes), got, want)
		}
	}
}

// The nearest come in rising, the farthest in falling order; trained classes are neither.
func TestEnds(t *testing.T) {
	var all []distance
	for k, h := range []float64{.5, .1, .9, .3, .7, .2, .8, .6, .4, 1, 1.1, 1.2} {
		all = append(all, distance{class: k, trained: h > 1.05, each: []float64{h - .1, h + .1}})
	}
	low, high := Setup{}.ends(all)
	classes := func(ds []distance) (ks []int) {
		for _, d := range ds {
			ks = append(ks, d.class)
		}
		return ks
	}
	if !slices.Equal(classes(low), []int{1, 5, 3, 8, 0}) || !slices.Equal(classes(high), []int{9, 2, 6, 4, 7}) {
		t.Errorf("nearest %v, farthest %v", classes(low), classes(high))
	}
	low, high = Setup{}.ends(all[:4])
	if !slices.Equal(classes(low), []int{1, 3}) || !slices.Equal(classes(high), []int{2, 0}) {
		t.Errorf("of four: nearest %v, farthest %v", classes(low), classes(high))
	}
}

// The paper's numbers stand beside runs of any precision, and beside no other variants.
func TestOfPaper(t *testing.T) {
	for _, precision := range []string{"f32", "tf32", "bf16"} {
		lgl, base := config.Paper(), config.Paper()
		lgl.Precision, base.Precision, base.Method = precision, precision, "baseline"
		for _, c := range []config.Config{lgl, base} {
			want := map[string]float64{"lgl": .7342, "baseline": .7111}[c.Method]
			if got, ok := ofPaper(published["CIFAR-100"], c.Label()); !ok || got != want {
				t.Errorf("%s: %v, %v; want %v", c.Label(), got, ok, want)
			}
		}
		lgl.Head = "masked"
		if got, ok := ofPaper(published["CIFAR-100"], lgl.Label()); ok {
			t.Errorf("%s: %v", lgl.Label(), got)
		}
	}
}
