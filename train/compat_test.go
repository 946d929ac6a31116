package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/compat"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// The script's faults, one by one: in every stage the p-th of the sorted active classes has row p
// of the first head, and keeps it to the bit in every step, while the layers below move; a stage
// has one epoch less, and its rates begin with the second.
func TestAuthors(t *testing.T) {
	c := toyConfig()
	c.Compat, c.Stages, c.Epochs, c.Batch, c.LR, c.LRDecay = "authors", 3, 4, 10, 0.08, 0.5
	c = c.Replayed(func(string) bool { return false })
	src := labelled(20, 21, 22, 23, 24, 25)
	j, spy, l := jobOn(t, c, src, src)
	j.Frozen = compat.NewFrozenHead(j.Net, c.WeightDecay)
	m, err := reference.New().Compile(j.Net, c.Batch, engine.Options{Threads: 1, Reduce: j.Frozen.Reduce})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	spy.Model = m
	var first nn.State
	spy.onLoad = func(s nn.State) {
		if first == nil {
			first = s.Clone()
		}
	}
	below := first
	spy.after = func(m engine.Model) {
		now, err := m.Save()
		if err != nil {
			t.Fatal(err)
		}
		active := eventsOf[record.StageStarted](l)
		sorted := slices.Sorted(slices.Values(active[len(active)-1].Classes))
		for _, p := range j.Net.Params() {
			if p.Layer != j.Net.Head() {
				continue
			}
			width := p.Len() / 6
			for row, k := range sorted {
				if !sameBits(now[p.Name].Data[k*width:(k+1)*width], first[p.Name].Data[row*width:(row+1)*width]) {
					t.Fatalf("classes %v: class %d does not have row %d of the first %s", sorted, k, row, p.Name)
				}
			}
		}
		if below != nil && sameBits(below["features.0.weight"].Data, now["features.0.weight"].Data) {
			t.Fatal("the layer below the head does not move")
		}
		below = now
	}
	end := mustRun(t, j)
	var rates []float64
	for _, e := range eventsOf[record.EpochEnded](l) {
		rates = append(rates, e.LR)
	}
	if want := []float64{0.04, 0.02, 0.01}; !slices.Equal(rates, slices.Concat(want, want, want)) {
		t.Errorf("rates %v; want %v three times", rates, want)
	}
	if end.SamplesSeen != end.SamplesPredicted || math.Abs(j.Plan.Cost-float64(end.SamplesSeen)/(135*4)) > 1e-12 {
		t.Errorf("%d samples, predicted %d; plan %+v", end.SamplesSeen, end.SamplesPredicted, j.Plan)
	}
	for _, e := range eventsOf[record.StageEnded](l) {
		if e.Carry != "best-test" || e.Epochs != 3 {
			t.Errorf("%+v", e)
		}
	}
	for _, s := range eventsOf[record.StageStarted](l) {
		if !s.Masked || len(s.Fresh) != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// A job whose model trains the head, in spite of it, is told.
func TestAuthorsNeedsAFrozenHead(t *testing.T) {
	c := toyConfig()
	c.Compat = "authors"
	c = c.Replayed(func(string) bool { return false })
	for want, frozen := range map[string]bool{"has no FrozenHead": false, "classifier.weight moved": true} {
		j, _, _ := newJob(t, c, 10)
		if frozen {
			j.Frozen = compat.NewFrozenHead(j.Net, c.WeightDecay) // its Reduce is not the model's
		}
		if _, err := Run(context.Background(), j); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}
