package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/plan"
)

// imageNet writes a folder as ImageNet's are laid out, with so many classes and pictures of each in
// train and in val: JPEGs of several sizes, in two colours that are those of the class, and noise.
func imageNet(t *testing.T, dir string, classes, train, val int) {
	t.Helper()
	for k := range classes {
		wnid := fmt.Sprintf("n%08d", 1440764+7*k)
		r := rand.New(rand.NewPCG(1, uint64(k)))
		two := [2]color.NRGBA{}
		for i := range two {
			two[i] = color.NRGBA{byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256)), 255}
		}
		for part, n := range map[string]int{"train": train, "val": val} {
			if err := os.MkdirAll(filepath.Join(dir, part, wnid), 0o755); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if err := writePhoto(filepath.Join(dir, part, wnid, fmt.Sprintf("%s_%s_%d.JPEG", wnid, part, i)), two, r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// writePhoto writes a picture of two colours.
func writePhoto(path string, two [2]color.NRGBA, r *rand.Rand) error {
	w, h := 70+r.IntN(40), 70+r.IntN(40)
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	edge := w/4 + r.IntN(w/2)
	for y := range h {
		for x := range w {
			c := two[0]
			if x > edge {
				c = two[1]
			}
			c.G ^= byte(r.IntN(16))
			m.SetNRGBA(x, y, c)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return jpeg.Encode(f, m, nil)
}

// rows4 reads the CSV of table 4: rows by network and method.
func rows4(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	rows := map[string]map[string]string{}
	for _, l := range records(t, path) {
		rows[l["network"]+" "+l["method"]] = l
	}
	return rows
}

// Table 4 of a folder as ImageNet's are laid out, but small, 1,000 classes: the numbers are those of
// the runs' logs, and the paper's stand beside them. A second time nothing is trained.
func TestTable4(t *testing.T) {
	if testing.Short() {
		t.Skip("trains ResNet-50 on 1,000 classes, for half a minute")
	}
	t.Parallel()
	data, out := filepath.Join(t.TempDir(), "imagenet"), t.TempDir()
	imageNet(t, data, 1000, 2, 1)
	args := []string{"paper", "table4", "--data", data, "--scale", "tiny", "--model", "resnet50", "--out", out}
	terminal := lgl(t, args...)
	rows := rows4(t, filepath.Join(out, "table4-imagenet-tiny.csv"))
	samples := map[string]string{"baseline": "2000", "baseline-equal stages=2": "3000", "baseline-equal stages=3": "4002", "LGL(r,2)": "3000", "LGL(r,3)": "4002"}
	published := map[string]string{"baseline": "0.7529", "LGL(r,2)": "0.75858", "LGL(r,3)": "0.76166"}
	if len(rows) != len(samples) {
		t.Fatalf("%d rows; want %d: %v", len(rows), len(samples), rows)
	}
	cells := map[string]string{"baseline": "baseline", "baseline-equal stages=2": "baseline-equal-2", "baseline-equal stages=3": "baseline-equal-3", "LGL(r,2)": "lgl-r-2", "LGL(r,3)": "lgl-r-3"}
	for method, want := range samples {
		row, dir := rows["resnet50 "+method], filepath.Join(out, "imagenet-tiny", "resnet50-"+cells[method]+"-s1")
		if row["samples"] != want || row["paper_top1"] != published[method] || row["train"] != "2000" || row["test"] != "1000" || row["model"] != "resnet50" {
			t.Errorf("%s: %v; want %s samples, and %q", method, row, want, published[method])
		}
		if top1 := fmt.Sprint(event(t, dir, "run_ended")["top1_last"]); row["top1"] != top1 {
			t.Errorf("%s: top-1 %s; its log has %s", method, row["top1"], top1)
		}
		if m := readPNG(t, filepath.Join(dir, "thumbnails.png")); m.Bounds() != image.Rect(0, 0, 16*64, 63*64) {
			t.Errorf("%s: thumbnails of %v", method, m.Bounds())
		}
		counted := 0.0
		for _, cell := range event(t, dir, "stage_ended")["confusion"].([]any) {
			counted += cell.([]any)[2].(float64)
		}
		if counted != 1000 {
			t.Errorf("%s: confusions of %v samples; want 1,000", method, counted)
		}
	}
	if !strings.Contains(terminal, "ResNet-50  LGL(r,3)                   76.17  1 ") {
		t.Errorf("on the terminal:\n%s", terminal)
	}
	before, err := os.ReadFile(filepath.Join(out, "table4-imagenet-tiny.md"))
	if err != nil {
		t.Fatal(err)
	}
	if again := lgl(t, args...); again != terminal {
		t.Errorf("the second time:\n%s", again)
	}
	if after, err := os.ReadFile(filepath.Join(out, "table4-imagenet-tiny.md")); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the table has changed: %v", err)
	}
}

// Both networks stand in one table, each beside its own baselines.
func TestTable4OfBoth(t *testing.T) {
	if testing.Short() {
		t.Skip("trains ten small networks")
	}
	t.Parallel()
	data, out := filepath.Join(t.TempDir(), "few"), t.TempDir()
	imageNet(t, data, 3, 14, 4)
	lgl(t, "paper", "table4", "--data", data, "--scale", "tiny", "--out", out)
	rows := rows4(t, filepath.Join(out, "table4-few-tiny.csv"))
	for key, model := range map[string]string{"vgg16 baseline": "vgg16", "resnet50 baseline": "resnet50", "vgg16 LGL(r,3)": "vgg16", "resnet50 LGL(r,2)": "resnet50"} {
		if row := rows[key]; row["model"] != model || row["paper_top1"] == "" || row["n"] != "1" {
			t.Errorf("%s: %v", key, row)
		}
	}
	if len(rows) != 10 {
		t.Errorf("%d rows; want 2 x 5", len(rows))
	}
}

// At full scale each run can be had: torchvision's networks, at 224, and the paper's stages.
func TestTable4Full(t *testing.T) {
	i := slices.IndexFunc(paper.Experiments(), func(e paper.Experiment) bool { return e.Name == "table4" })
	e := paper.Experiments()[i]
	data, perClass := paper.Data{Classes: make([]string, 1000), Train: 1_000_000}, slices.Repeat([]int{1000}, 1000)
	epochs := map[string][]float64{"baseline": {90}, "baseline-equal-2": {135}, "baseline-equal-3": {180.09}, "lgl-r-2": {45, 90}, "lgl-r-3": {30.06, 60.03, 90}}
	params := map[string]int{"vgg16_bn-imagenet": 138365992, "resnet50": 25557032}
	for _, c := range e.Suite(paper.Setup{Data: data, Scale: "full", Seeds: 1}).Cells {
		net, err := zoo.Build(c.Config.Model, zoo.Options{Input: []int{3, 224, 224}, Classes: 1000, Width: c.Config.Width})
		if err != nil || net.TrainableValues() != params[c.Config.Model] {
			t.Errorf("%s: %s with %d parameters, %v; torchvision's has %d", c.Name, c.Config.Model, net.TrainableValues(), err, params[c.Config.Model])
		}
		p, err := plan.New(c.Config, perClass, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []float64 // of all the data, by stage
		for _, s := range p.Stages {
			got = append(got, float64(s.Samples)/1e6)
		}
		_, kind, _ := strings.Cut(strings.TrimSuffix(c.Name, "-s1"), "-")
		if !slices.Equal(got, epochs[kind]) {
			t.Errorf("%s: stages of %v epochs; want %v", c.Name, got, epochs[kind])
		}
	}

	dir, a := filepath.Join(t.TempDir(), "few"), newApp(io.Discard, io.Discard)
	imageNet(t, dir, 3, 2, 1)
	s, err := a.photos(t.Context(), e, experimentFlags{data: dir, scale: "full", seeds: 1, models: []string{"vgg16"}})
	if err != nil {
		t.Fatal(err)
	}
	task, err := a.prepare(t.Context(), e.Suite(s).Cells[0].Config)
	if err != nil {
		t.Fatal(err)
	}
	if !task.Augment.View || !task.Augment.Flip || task.Augment.Crop != 0 || task.Plain.View || !slices.Equal(task.Net.Input, []int{3, 224, 224}) {
		t.Errorf("pictures of %v, augmented by %+v", task.Net.Input, task.Augment)
	}
}
