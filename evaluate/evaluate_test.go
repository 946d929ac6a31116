package evaluate

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/toy"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/record"
)

// trained returns toy data, 60 samples of 3 classes in turn, and a model that was trained on them
// for a few epochs.
func trained(t *testing.T) (engine.Model, data.Source) {
	t.Helper()
	src, _, err := toy.Generate(toy.Separated, 20, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	net, err := zoo.Build("mlp", zoo.Options{Input: src.Shape(), Classes: 3, Width: 0.25, Hidden: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := untrained(t, net, 16)
	l, err := data.NewLoader(src, nil, 16, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		for b, err := range l.Epoch(context.Background(), data.All(src), nil, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Step(b, engine.Hyper{LR: 0.05, Momentum: 0.9}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m, src
}

// untrained returns a model of net with initial weights, for batches of up to so many samples.
func untrained(t *testing.T, net nn.Net, batch int) engine.Model {
	t.Helper()
	m, err := reference.New().Compile(net, batch, engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	s, err := net.Init(nn.Default, seed.Stream(1, "init"))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Load(s); err != nil {
		t.Fatal(err)
	}
	return m
}

// logitsOf returns the logits of one sample.
func logitsOf(t *testing.T, m engine.Model, src data.Source, i int) []float32 {
	t.Helper()
	x, logits := make([]float32, 2), make([]float32, len(src.Classes()))
	if err := src.Sample(i, x); err != nil {
		t.Fatal(err)
	}
	if err := m.Logits(data.Batch{X: x, Y: make([]int32, 1)}, logits); err != nil {
		t.Fatal(err)
	}
	return logits
}

// softmax returns the probabilities of the logits listed, the plain way.
func softmax(logits []float32, keep []int) []float64 {
	p, sum := make([]float64, len(keep)), 0.0
	for i, k := range keep {
		p[i] = math.Exp(float64(logits[k]))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func entropyOf(p []float64) (h float64) {
	for _, v := range p {
		if v > 0 {
			h -= v * math.Log(v)
		}
	}
	return h
}

// Every number that a Probe gives is computed again from the logits of single samples.
func TestByHand(t *testing.T) {
	ctx := context.Background()
	m, src := trained(t)
	logits := make([][]float32, src.Len())
	for i := range logits {
		logits[i] = logitsOf(t, m, src, i)
	}
	e, err := New(m, src, nil, 16, 2)
	if err != nil {
		t.Fatal(err)
	}
	samples, active := []int{59, 3, 3, 17, 0}, []int{2, 0}
	h, err := e.Entropy(ctx, samples, active)
	if err != nil {
		t.Fatal(err)
	}
	losses, err := e.Losses(ctx, samples)
	if err != nil {
		t.Fatal(err)
	}
	for pos, i := range samples {
		if want := entropyOf(softmax(logits[i], active)); math.Abs(h[pos]-want) > 1e-6 {
			t.Errorf("entropy of sample %d: %v; want %v", i, h[pos], want)
		}
		if want := -math.Log(softmax(logits[i], []int{0, 1, 2})[i%3]); math.Abs(losses[pos]-want) > 1e-5 {
			t.Errorf("loss of sample %d: %v; want %v", i, losses[pos], want)
		}
	}
	if e.Forwarded != 10 {
		t.Errorf("%d samples forwarded; want 10", e.Forwarded)
	}
	classes, err := e.ClassEntropies(ctx, active)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		want := 0.0
		for i := k; i < len(logits); i += 3 {
			want += entropyOf(softmax(logits[i], active)) / 20
		}
		if math.Abs(classes[k]-want) > 1e-6 {
			t.Errorf("H(T|X_{%d}) = %v; want %v", k, classes[k], want)
		}
	}
	checkAccuracy(t, e, logits)
	checkActive(t, e, logits)
}

func checkActive(t *testing.T, e *Probe, logits [][]float32) {
	samples, active := []int{1, 6, 3, 4, 0}, []int{0, 1} // labels 1, 0, 0, 1, 0
	mean, byClass, err := e.ActiveEntropy(context.Background(), samples, active)
	if err != nil {
		t.Fatal(err)
	}
	all, each := 0.0, make([]float64, 2)
	for _, i := range samples {
		h := entropyOf(softmax(logits[i], active))
		all += h / 5
		each[i%3] += h / []float64{3, 2}[i%3]
	}
	if math.Abs(mean-all) > 1e-6 || len(byClass) != 2 || math.Abs(byClass[0]-each[0]) > 1e-6 || math.Abs(byClass[1]-each[1]) > 1e-6 {
		t.Errorf("%v, by class %v; want %v, %v", mean, byClass, all, each)
	}
}

func checkAccuracy(t *testing.T, e *Probe, logits [][]float32) {
	active := []int{0, 1}
	for _, masked := range []bool{false, true} {
		got, seen, err := e.Accuracy(context.Background(), active, masked)
		if err != nil {
			t.Fatal(err)
		}
		var loss, right, rightActive, inUse float64
		for i, row := range logits {
			k, top := i%3, slices.Index(row, slices.Max(row))
			loss += -math.Log(softmax(row, []int{0, 1, 2})[k]) / float64(len(logits))
			if top == k {
				right++
			}
			if k == 2 {
				continue
			}
			inUse++
			if masked {
				top = slices.Index(row, slices.Max(row[:2]))
			}
			if top == k {
				rightActive++
			}
		}
		want := record.Accuracy{Samples: len(logits), Loss: loss, Top1: right / float64(len(logits)), Top1Active: rightActive / inUse}
		if math.Abs(got.Loss-want.Loss) > 1e-5 {
			t.Errorf("loss %v; want %v", got.Loss, want.Loss)
		}
		if got.Loss = want.Loss; got != want || seen.Confusion.Top1() != want.Top1 {
			t.Errorf("masked %v: %+v; want %+v", masked, got, want)
		}
	}
}

// Neither the size of the batches nor the order of the samples shows in what a probe returns.
func TestProbeIsOrderIndependent(t *testing.T) {
	ctx := context.Background()
	m, src := trained(t)
	get := func(batch, workers int, samples []int) map[int]float64 {
		e, err := New(m, src, nil, batch, workers)
		if err != nil {
			t.Fatal(err)
		}
		h, err := e.Entropy(ctx, samples, []int{0, 1, 2})
		if err != nil {
			t.Fatal(err)
		}
		got := map[int]float64{}
		for pos, i := range samples {
			got[i] = h[pos]
		}
		return got
	}
	forward := data.All(src)
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	want := get(16, 1, forward)
	for i, h := range get(16, 3, backward) {
		if math.Abs(h-want[i]) > 1e-6 {
			t.Fatalf("sample %d: %v; in another order %v", i, h, want[i])
		}
	}
	for i, h := range get(1, 2, forward) {
		if math.Abs(h-want[i]) > 1e-6 {
			t.Fatalf("sample %d alone: %v; in a batch %v", i, h, want[i])
		}
	}
}

// MeanSoftmax is the mean of the softmaxes of single samples.
func TestMeanSoftmax(t *testing.T) {
	m, src := trained(t)
	e, err := New(m, src, nil, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	samples, active := []int{3, 7, 20, 58, 4}, []int{2, 0}
	want := make([]float64, 2)
	for _, i := range samples {
		for c, p := range softmax(logitsOf(t, m, src, i), active) {
			want[c] += p / 5
		}
	}
	got, err := e.MeanSoftmax(context.Background(), samples, active)
	if err != nil || math.Abs(got[0]-want[0]) > 1e-6 || math.Abs(got[1]-want[1]) > 1e-6 {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

// Whatever is asked of a model whose logits are NaN or infinite, an error says so.
func TestNotFinite(t *testing.T) {
	m, src := trained(t)
	e, err := New(m, src, nil, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Save()
	if err != nil {
		t.Fatal(err)
	}
	ctx, samples, active := context.Background(), []int{3, 7, 20}, []int{1, 2}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		s["classifier.bias"].Data[1] = float32(v)
		if err := m.Load(s); err != nil {
			t.Fatal(err)
		}
		for what, ask := range map[string]func() error{
			"Losses":         func() error { _, err := e.Losses(ctx, samples); return err },
			"Entropy":        func() error { _, err := e.Entropy(ctx, samples, active); return err },
			"ActiveEntropy":  func() error { _, _, err := e.ActiveEntropy(ctx, samples, active); return err },
			"ClassEntropies": func() error { _, err := e.ClassEntropies(ctx, active); return err },
			"MeanSoftmax":    func() error { _, err := e.MeanSoftmax(ctx, samples, active); return err },
			"Accuracy":       func() error { _, _, err := e.Accuracy(ctx, active, true); return err },
			"Predict": func() error {
				return e.Predict(ctx, []bool{false, true, true}, func(int, []float64) error { return nil })
			},
		} {
			var bad *engine.NotFiniteError
			if err := ask(); !errors.As(err, &bad) || !strings.Contains(err.Error(), "--lr") {
				t.Errorf("%s of logits %v: error %v", what, v, err)
			}
		}
	}
}

// A source without samples of active classes has no accuracy on these: it is 0, a number that a log can hold.
func TestAccuracyWithoutActiveSamples(t *testing.T) {
	m, src := trained(t)
	e, err := New(m, data.Subset(src, []int{0, 3, 6}), nil, 16, 1) // of class 0
	if err != nil {
		t.Fatal(err)
	}
	if a, _, err := e.Accuracy(t.Context(), []int{1, 2}, false); err != nil || a.Samples != 3 || a.Top1Active != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

// failing is a model and a source of which the one or the other fails.
type failing struct {
	engine.Model
	data.Source
	model, source error
}

func (f failing) Logits(b data.Batch, dst []float32) error {
	return errors.Join(f.model, f.Model.Logits(b, dst))
}

func (f failing) Sample(i int, dst []float32) error {
	return errors.Join(f.source, f.Source.Sample(i, dst))
}

// An error of the model or of the source comes back, and samples that did not pass are not counted.
func TestErrorsComeBack(t *testing.T) {
	m, src := trained(t)
	broken := errors.New("input/output error")
	for _, f := range []failing{{m, src, broken, nil}, {m, src, nil, broken}} {
		e, err := New(f, f, nil, 16, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, _, accuracy := e.Accuracy(t.Context(), []int{0}, false)
		_, entropy := e.Entropy(t.Context(), []int{0}, []int{0, 1})
		predict := e.Predict(t.Context(), nil, func(int, []float64) error { return nil })
		for what, err := range map[string]error{"Accuracy": accuracy, "Entropy": entropy, "Predict": predict} {
			if !errors.Is(err, broken) {
				t.Errorf("%s: error %v; want %v", what, err, broken)
			}
		}
		if e.Forwarded != 0 {
			t.Errorf("%d samples counted", e.Forwarded)
		}
	}
	if _, err := New(m, data.Subset(src, nil), nil, 16, 1); err == nil {
		t.Error("no error without samples")
	}
}

// queuing is a model whose passes are made when they are waited for, the latest that a device may, and of which one fails.
type queuing struct {
	engine.Model
	fails, begun, waited, most int
}

func (q *queuing) Enqueue(data.Batch, engine.Hyper) (func() (engine.StepStats, error), error) {
	return nil, errors.New("a step")
}

func (q *queuing) EnqueueLogits(b data.Batch, dst []float32) (func() error, error) {
	q.begun++
	number := q.begun
	q.most = max(q.most, q.begun-q.waited)
	b.X = slices.Clone(b.X)
	return func() error {
		q.waited++
		if number == q.fails {
			return errors.New("it broke")
		}
		return q.Model.Logits(b, dst)
	}, nil
}

// Passes that are queued give what passes one by one give, and none is left under way, neither behind one that failed nor where
// the samples cannot be read.
func TestQueuedPasses(t *testing.T) {
	m, src := trained(t)
	losses := func(m engine.Model, s data.Source) ([]float64, error) {
		e, err := New(m, s, nil, 7, 1)
		if err != nil {
			t.Fatal(err)
		}
		return e.Losses(t.Context(), data.All(src))
	}
	want, err := losses(m, src)
	if err != nil {
		t.Fatal(err)
	}
	q := &queuing{Model: m}
	if got, err := losses(q, src); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if q.most != 4 || q.begun != 9 || q.waited != 9 {
		t.Errorf("%d passes under way at most; %d of %d waited for", q.most, q.waited, q.begun)
	}
	q = &queuing{Model: m, fails: 3}
	if _, err := losses(q, src); err == nil || err.Error() != "it broke" || q.begun != q.waited || q.begun == 9 {
		t.Errorf("%v; %d of %d passes waited for", err, q.waited, q.begun)
	}
	q = &queuing{Model: m}
	if _, err := losses(q, unreadable{src, 30}); !errors.Is(err, errUnreadable) || q.begun == 0 || q.begun != q.waited {
		t.Errorf("%v; %d of %d passes waited for", err, q.waited, q.begun)
	}
}

// unreadable is a source of which a sample cannot be read.
type unreadable struct {
	data.Source
	sample int
}

var errUnreadable = errors.New("input/output error")

func (u unreadable) Sample(i int, dst []float32) error {
	if i == u.sample {
		return errUnreadable
	}
	return u.Source.Sample(i, dst)
}

// A number that is finite gets no name: nothing is allocated for each sample.
func TestNoAllocationForEachSample(t *testing.T) {
	m, src := trained(t)
	e, err := New(m, src, nil, 16, 1)
	if err != nil {
		t.Fatal(err)
	}
	many := slices.Repeat(data.All(src), 50)
	for what, ask := range map[string]func() error{
		"Losses":  func() error { _, err := e.Losses(t.Context(), many); return err },
		"Entropy": func() error { _, err := e.Entropy(t.Context(), many, []int{0, 1}); return err },
	} {
		if n := testing.AllocsPerRun(3, func() { err = ask() }); err != nil || n >= float64(len(many)) {
			t.Errorf("%s of %d samples: %v allocations, %v", what, len(many), n, err)
		}
	}
}

// Of 1,000 classes LGL(d,3) takes, with a real network behind the probe, those whose entropy is the
// largest when it is computed from the logits of single samples; a learnt hierarchy takes as many.
func TestThousandClasses(t *testing.T) {
	const k = 1000
	src := thousand(2 * k)
	net, err := zoo.Build("mlp", zoo.Options{Input: src.Shape(), Classes: k, Width: 0.125, Hidden: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := untrained(t, net, 100)
	p, err := New(m, src, nil, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	labels := data.Labels(src)
	c := curriculum.LGL{Stages: 3, Classes: k, Select: curriculum.Dissimilar, Partition: curriculum.Even, Stop: curriculum.StopRule{Epochs: 1}, Seed: 3}
	first, err := c.Next(t.Context(), labels, nil, p)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Next(t.Context(), labels, []curriculum.Stage{first}, p)
	if err != nil || len(second.New) != 333 {
		t.Fatalf("%d classes, %v", len(second.New), err)
	}
	h := make([]float64, k)
	for i := range src.Len() {
		h[i%k] += entropyOf(softmax(logitsOf(t, m, src, i), first.Classes)) / 2
	}
	least := math.Inf(1)
	for _, in := range second.New {
		least = min(least, h[in])
	}
	for class := range k {
		if !slices.Contains(first.Classes, class) && !slices.Contains(second.New, class) && h[class] > least+1e-6 {
			t.Errorf("class %d has entropy %v and was left out; the least of those taken is %v", class, h[class], least)
		}
	}
	c.Select = curriculum.Learnt
	if s, err := c.Next(t.Context(), labels, []curriculum.Stage{first}, p); err != nil || len(s.New) != 333 {
		t.Errorf("learnt: %d classes, %v", len(s.New), err)
	}
}

// thousand is a source of so many points, in 1,000 classes in turn.
type thousand int

func (n thousand) Len() int          { return int(n) }
func (n thousand) Classes() []string { return make([]string, 1000) }
func (n thousand) Shape() []int      { return []int{2} }
func (n thousand) Label(i int) int   { return i % 1000 }
func (n thousand) Sample(i int, dst []float32) error {
	r := seed.Stream(1, "points", uint64(i))
	dst[0], dst[1] = float32(3*r.NormFloat64()), float32(3*r.NormFloat64())
	return nil
}
