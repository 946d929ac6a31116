package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
)

// sketch describes a run that was never trained; what it writes has the form of a real one, with
// all that a page can show of it.
type sketch struct {
	dir     string // below the runs
	label   string
	method  string
	data    string
	model   string
	classes []string
	kin     int // so many classes in a row are confused with one another
	stages  int
	epochs  int // of a stage
	seed    uint64
	gain    float64 // of the last accuracy
	tags    []string
	status  string // done, failed, interrupted; "": it has no end
	reason  string
	warn    string
	stop    int // epochs after which it stops to write; 0: never
	scores  bool
	tiles   bool
	began   time.Time
	known   int // classes of the run that it extends, the first ones
}

// book is the log that a sketch writes.
type book struct {
	bytes.Buffer
	t   testing.TB
	now time.Time
}

// kinds of events by their type in Go.
var eventTypes = map[string]string{"record.RunStarted": "run_started", "record.StageStarted": "stage_started", "record.EpochEnded": "epoch_ended",
	"record.StageEnded": "stage_ended", "record.Warning": "warning", "record.RunEnded": "run_ended"}

// emit appends an event, with more as fields that package record may not know.
func (b *book) emit(e record.Event, more map[string]any) {
	b.t.Helper()
	fields := map[string]any{}
	text, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	maps.Copy(fields, more)
	fields["type"], fields["time"] = eventTypes[fmt.Sprintf("%T", e)], b.now.UTC().Format(time.RFC3339Nano)
	if text, err = json.Marshal(fields); err != nil {
		b.t.Fatal(err)
	}
	b.Write(append(text, '\n'))
}

// write makes the run's directory below root.
func (s sketch) write(t testing.TB, root string) {
	t.Helper()
	dir := filepath.Join(root, s.dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, logName), s.lines(t), 0o644); err != nil {
		t.Fatal(err)
	}
	if s.tiles {
		writeTiles(t, filepath.Join(dir, "thumbnails.png"), len(s.classes))
	}
}

// course is how far a sketch's run is.
type course struct {
	*book
	sketch
	r            *rand.Rand
	epoch        int
	seen, probed int64
	seconds      float64
	entropy      float64
	last         record.EpochEnded
}

// lines returns its log.
func (s sketch) lines(t testing.TB) []byte {
	t.Helper()
	c := &course{book: &book{t: t, now: s.began}, sketch: s, r: rand.New(rand.NewPCG(s.seed, uint64(len(s.label))))}
	if c.now.IsZero() {
		c.now = time.Now().Add(-time.Hour)
	}
	c.emit(s.started(), nil)
	if s.warn != "" {
		c.emit(record.Warning{Text: s.warn}, nil)
	}
	order := c.r.Perm(len(s.classes) - s.known)
	for i := range order {
		order[i] += s.known
	}
	for k := range s.known {
		order = slices.Insert(order, k, k)
	}
	for stage := 1; stage <= s.stages; stage++ {
		if !c.stage(stage, order) {
			break
		}
	}
	if s.status != "" {
		last := c.last
		c.emit(record.RunEnded{Status: s.status, Reason: s.reason, Top1Last: &last.Test.Top1, SamplesSeen: c.seen, SamplesPredicted: c.seen, SamplesProbed: c.probed,
			FLOPsTrained: 6 * 9.7e6 * float64(c.seen), FLOPsForwarded: 2 * 9.7e6 * float64(c.probed), Seconds: c.seconds, TrainSeconds: c.seconds / 1.2, ClassesOrder: order}, nil)
	}
	return c.Bytes()
}

// stage writes a stage, and reports whether it came to its end.
func (c *course) stage(stage int, order []int) bool {
	k := len(c.classes)
	from, to := c.active(stage-1), c.active(stage)
	begun := record.StageStarted{Stage: stage, Classes: order[:to], New: order[from:to], Fresh: order[from:], Samples: 600 * to, Epochs: c.epochs, EntropySamples: 2000}
	if c.scores && from > 0 {
		begun.Scores = map[int]float64{}
		for _, class := range order[from:] {
			begun.Scores[class] = math.Log(float64(from)) * (.15 + .7*c.r.Float64())
		}
		c.probed += int64(600 * (k - from))
	}
	c.emit(begun, nil)
	c.entropy = math.Log(float64(to)) * .5
	for e := 1; e <= c.epochs; e++ {
		c.oneEpoch(stage, e, to)
		if c.epoch == c.stop {
			if c.status != "" { // by itself, and not killed
				c.emit(record.StageEnded{Stage: stage, Reason: c.status, Epochs: e, Carry: "last", CarryEpoch: e}, nil)
			}
			return false
		}
	}
	c.endStage(stage, order[:to])
	return true
}

// active returns how many classes are trained on in a stage.
func (s sketch) active(stage int) int {
	return s.known + stage*(len(s.classes)-s.known)/s.stages
}

// oneEpoch writes epoch e of a stage of so many classes.
func (c *course) oneEpoch(stage, e, active int) {
	share := float64(active) / float64(len(c.classes))
	took := .02*float64(active) + .05*c.r.Float64()
	c.epoch++
	c.seen += int64(600 * active)
	c.probed += 2000
	c.seconds += took * 1.2
	c.now = c.now.Add(time.Duration(took * 1.2 * float64(time.Second)))
	c.entropy *= .9 + .02*c.r.Float64()
	entropy := c.entropy
	inUse := min(1, (.45+(.45+c.gain)*(1-math.Exp(-float64(e)/4)))*(1-.01*float64(stage))*(1+.012*c.r.NormFloat64()))
	c.last = record.EpochEnded{Stage: stage, StageEpoch: e, Epoch: c.epoch, LR: .05 * math.Pow(.95, float64(e-1)), TrainLoss: 2.3*share*math.Exp(-float64(e)/3) + .1 + .02*c.r.Float64(),
		EntropyActive: &entropy, SamplesSeen: c.seen, SamplesProbed: c.probed, TrainSeconds: took, Seconds: c.seconds,
		Test: &record.Accuracy{Samples: 100 * len(c.classes), Loss: 2.5*(1-share) + 1.2*math.Exp(-float64(e)/4) + .3, Top1: inUse * share, Top1Active: inUse}}
	if stage > 1 {
		fresher, older := min(1, inUse*1.05), inUse*.97
		c.last.Test.Top1New, c.last.Test.Top1Old = &fresher, &older
	}
	c.emit(c.last, nil)
}

// endStage writes what a stage came to.
func (c *course) endStage(stage int, active []int) {
	ended := record.StageEnded{Stage: stage, Reason: "epochs", Epochs: c.epochs, Carry: "last", CarryEpoch: c.epochs, EntropyActive: c.last.EntropyActive, Top1: &c.last.Test.Top1,
		EntropyByClass: map[int]float64{}, Top1ByClass: map[int]float64{}, Weights: fmt.Sprintf("weights/stage-%d.safetensors", stage), SHA256: strings.Repeat("0", 64)}
	rows := c.confusion(active)
	right := map[int]int{}
	for _, cell := range rows {
		if cell[0] == cell[1] {
			right[cell[0]] = cell[2]
		}
	}
	for _, class := range active {
		ended.EntropyByClass[class] = c.entropy * (.3 + 1.2*c.r.Float64())
		ended.Top1ByClass[class] = float64(right[class]) / 100
	}
	c.emit(ended, map[string]any{"confusion": rows})
}

// confusion makes counts of 100 test samples a class, mistakes mostly among kin.
func (c *course) confusion(active []int) [][3]int {
	rows, kin := [][3]int{}, max(c.kin, 1)
	for t := range c.classes {
		counts := map[int]int{}
		for range 100 {
			p := t
			switch {
			case c.r.Float64() < c.last.Test.Top1Active:
			case c.r.Float64() < .7:
				p = t - t%kin + c.r.IntN(kin)
			default:
				p = c.r.IntN(len(c.classes))
			}
			if p >= len(c.classes) || !slices.Contains(active, p) {
				p = active[c.r.IntN(len(active))]
			}
			counts[p]++
		}
		for _, p := range slices.Sorted(maps.Keys(counts)) {
			rows = append(rows, [3]int{t, p, counts[p]})
		}
	}
	return rows
}

// started is the first event.
func (s sketch) started() record.RunStarted {
	k, per := len(s.classes), make([]int, len(s.classes))
	for i := range per {
		per[i] = 600
	}
	planned := int64(0)
	for stage := 1; stage <= s.stages; stage++ {
		planned += int64(s.epochs * 600 * s.active(stage))
	}
	var extends *record.Extends
	if s.known > 0 {
		extends = &record.Extends{Run: "few", Stage: 1, SHA256: strings.Repeat("0", 64), Known: s.known}
	}
	return record.RunStarted{Extends: extends, Format: 1, Run: filepath.Base(s.dir), Method: s.method, Label: s.label,
		Config: map[string]any{"data": s.data, "model": s.model, "method": s.method, "stages": s.stages, "epochs": s.epochs, "batch": 128, "lr": .05, "seed": s.seed, "until": "epochs", "budget": 0,
			"select": "dissimilar", "partition": "even", "carry": "last", "engine": "auto", "tags": append([]string{}, s.tags...), "augment": map[string]any{"crop": 4, "flip": true}},
		Data:    record.Data{Name: s.data, Train: 600 * k, Test: 100 * k, Classes: s.classes, PerClass: per, Shape: []int{1, 28, 28}, Mean: []float32{.28}, Std: []float32{.35}},
		Model:   record.Model{Name: s.model, Params: 580_618, MACs: 9_700_000},
		Engine:  record.Engine{Name: "onednn", Version: "2.6.3", Threads: 2, Why: "auto: faster for this net"},
		Machine: record.Machine{CPU: "AMD EPYC 7B13", Cores: 2, OS: "linux/amd64", Go: "go1.26.0"}, Revision: "abc1234",
		Seeds: map[string]uint64{"init": s.seed, "order": s.seed, "classes": s.seed}, StagesPredicted: s.stages, EpochsPredicted: s.stages * s.epochs, SamplesPredicted: planned, CostPredicted: float64(planned) / float64(600*k*s.epochs)}
}

// writeTiles draws a ring for each class, 28 pixels wide, 16 to a row.
func writeTiles(t testing.TB, name string, classes int) {
	t.Helper()
	const size = 28
	picture := image.NewGray(image.Rect(0, 0, 16*size, (classes+15)/16*size))
	for k := range classes {
		r := rand.New(rand.NewPCG(uint64(k), 3))
		w, h, hole := 5+8*r.Float64(), 5+8*r.Float64(), r.Float64()*.7
		for i := range size * size {
			x, y := i%size, i/size
			d := math.Hypot((float64(x)-13.5)/w, (float64(y)-13.5)/h)
			if d < 1 && d > hole {
				picture.SetGray(k%16*size+x, k/16*size+y, color.Gray{uint8(255 * (1 - .5*d))})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

var garments = []string{"T-shirt/top", "Pullover", "Coat", "Shirt", "Dress", "Trouser", "Sandal", "Sneaker", "Ankle boot", "Bag"}

// hundred are names of CIFAR-100's classes, by superclass.
var hundred = strings.Fields(`beaver dolphin otter seal whale aquarium_fish flatfish ray shark trout orchid poppy rose sunflower tulip bottle bowl can cup plate
apple mushroom orange pear sweet_pepper clock keyboard lamp telephone television bed chair couch table wardrobe bee beetle butterfly caterpillar cockroach
bear leopard lion tiger wolf bridge castle house road skyscraper cloud forest mountain plain sea camel cattle chimpanzee elephant kangaroo
fox porcupine possum raccoon skunk crab lobster snail spider worm baby boy girl man woman crocodile dinosaur lizard snake turtle
hamster mouse rabbit shrew squirrel maple_tree oak_tree palm_tree pine_tree willow_tree bicycle bus motorcycle pickup_truck train lawn_mower rocket streetcar tank tractor`)

// gallery writes the runs that most tests look at: four settings of three seeds, one of a hundred
// classes, one that extends another, and three that ended badly.
func gallery(t testing.TB, root string) {
	t.Helper()
	day := time.Now().Add(-26 * time.Hour)
	for i, p := range []sketch{
		{label: "baseline", method: "baseline", stages: 1},
		{label: "LGL(r,3)", method: "lgl", stages: 3, gain: .015},
		{label: "LGL(d,3)", method: "lgl", stages: 3, gain: .03, scores: true},
		{label: "LGL(s,5)", method: "lgl", stages: 5, gain: -.01, scores: true},
	} {
		for seed := uint64(1); seed <= 3; seed++ {
			p.data, p.model, p.classes, p.kin, p.epochs, p.tiles = "fashion-mnist", "vgg11", garments, 5, 12, true
			p.dir, p.seed, p.status, p.tags = fmt.Sprintf("table3/%s-seed%d", strings.NewReplacer("(", "-", ",", "", ")", "").Replace(p.label), seed), seed, "done", []string{"paper", "table3"}
			p.began = day.Add(time.Duration(10*i+int(seed)) * time.Minute)
			p.write(t, root)
		}
	}
	for _, p := range []sketch{
		{dir: "cifar100/lgl-d4", label: "LGL(d,4)", method: "lgl", data: "cifar100", model: "vgg16", classes: hundred, kin: 5, stages: 4, epochs: 8, seed: 1, status: "done", tags: []string{"long"}, scores: true, tiles: true, warn: "8 test samples have a class that no training sample has"},
		{dir: "broken-lr", label: "LGL(r,2)", method: "lgl", data: "fashion-mnist", model: "mlp", classes: garments, kin: 5, stages: 2, epochs: 6, seed: 4, status: "failed", reason: "the loss is not finite at epoch 8: lower --lr", stop: 8},
		{dir: "stopped-by-hand", label: "baseline", method: "baseline", data: "fashion-mnist", model: "mlp", classes: garments, kin: 5, stages: 1, epochs: 20, seed: 5, status: "interrupted", reason: "interrupted", stop: 7},
		{dir: "few-extended", label: "LGL(r,1, extends 8 classes)", method: "lgl", data: "fashion-mnist", model: "vgg11", classes: garments, known: 8, kin: 5, stages: 1, epochs: 6, seed: 1, status: "done", scores: true, tiles: true},
		{dir: "killed", label: "SPLD", method: "spld", data: "fashion-mnist", model: "mlp", classes: garments, kin: 5, stages: 1, epochs: 20, seed: 6, stop: 11},
	} {
		p.write(t, root)
	}
}
