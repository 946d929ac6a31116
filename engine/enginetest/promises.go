package enginetest

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// promised has batch norm of both kinds and dropout: all that a step keeps or draws.
func promised() nn.Net {
	return chain("promised", []int{2, 6, 5}, nn.Conv2D{Out: 6, Kernel: 3, Stride: 1, Pad: 1, Bias: true}, norm,
		nn.ReLU{}, nn.MaxPool{Kernel: 2, Stride: 2}, nn.Flatten{}, nn.Linear{Out: 9, Bias: true}, norm, nn.ReLU{},
		nn.Dropout{P: 0.25})
}

// usual are hyperparameters with every term of the update.
var usual = engine.Hyper{LR: 0.0625, Momentum: 0.9, WeightDecay: 5e-4}

// promises holds the engine to what package engine says, in bits where it can.
func promises(t *testing.T, e engine.Engine, tol Tolerance) {
	t.Run("same bits twice", func(t *testing.T) { sameTwice(t, e) })
	t.Run("save and load", func(t *testing.T) { roundTrip(t, e) })
	t.Run("states are copies", func(t *testing.T) { copies(t, e) })
	t.Run("load without momentum", func(t *testing.T) { forgets(t, e) })
	t.Run("two models at once", func(t *testing.T) { twoModels(t, e) })
	t.Run("seed of dropout", func(t *testing.T) { seeds(t, e) })
	t.Run("dropout", func(t *testing.T) { dropout(t, e, tol) })
	t.Run("inactive classes", func(t *testing.T) { inactive(t, e) })
	t.Run("targets of one class", func(t *testing.T) { hard(t, e, tol) })
	t.Run("targets twice as large", func(t *testing.T) { twice(t, e, tol) })
	t.Run("targets and saturation", func(t *testing.T) { saturated(t, e) })
	t.Run("losses are unweighted", func(t *testing.T) { unweighted(t, e) })
	t.Run("evaluation", func(t *testing.T) { evaluation(t, e, tol) })
	t.Run("compiled for evaluation", func(t *testing.T) { evaluationAlone(t, e) })
	t.Run("reduce", func(t *testing.T) { reduce(t, e, tol) })
	t.Run("reduce fails", func(t *testing.T) { reduceFails(t, e) })
}

// train does steps of the given sizes, the first of which is called from, and returns the state.
func train(t *testing.T, m engine.Model, net nn.Net, from int, sizes ...int) nn.State {
	t.Helper()
	for i, n := range sizes {
		g := generator(1000 + from + i)
		h := usual
		h.Seed = uint64(from + i)
		step(t, m, g.batch(net, n, nil, true), h)
	}
	return save(t, m)
}

// same reports the first value of two states whose bits differ.
func same(t *testing.T, what string, got, want nn.State) {
	t.Helper()
	if !slices.Equal(got.Names(), want.Names()) {
		t.Errorf("%s: tensors %v; want %v", what, got.Names(), want.Names())
		return
	}
	for _, name := range want.Names() {
		for i, v := range want[name].Data {
			if w := got[name].Data[i]; math.Float32bits(w) != math.Float32bits(v) {
				t.Errorf("%s: value %d of %s is %v; want %v", what, i, name, w, v)
				return
			}
		}
	}
}

// initial is the state that the promises start from.
func initial(net nn.Net) nn.State {
	g := generator(50)
	return g.state(net)
}

func sameTwice(t *testing.T, e engine.Engine) {
	net := promised()
	first := train(t, compile(t, e, net, 8, initial(net)), net, 0, 8, 5, 8)
	second := train(t, compile(t, e, net, 8, initial(net)), net, 0, 8, 5, 8)
	same(t, "the second of two equal runs", second, first)
}

func roundTrip(t *testing.T, e engine.Engine) {
	net := promised()
	m := compile(t, e, net, 8, initial(net))
	same(t, "weights saved after Load", save(t, m).Weights(), initial(net))
	middle := train(t, m, net, 0, 8, 6)
	if err := net.Check(middle); err != nil {
		t.Error(err)
	}
	for _, p := range net.Params() {
		if _, ok := middle[nn.MomentumPrefix+p.Name]; ok != p.Trainable() {
			t.Errorf("momentum of %s in the saved state: %v; want %v", p.Name, ok, p.Trainable())
		}
	}
	end := train(t, m, net, 2, 8, 7)
	other := compile(t, e, net, 8, middle)
	same(t, "a loaded state", save(t, other), middle)
	same(t, "the run that goes on from a loaded state", train(t, other, net, 2, 8, 7), end)
}

func copies(t *testing.T, e engine.Engine) {
	net := promised()
	start := initial(net)
	m := compile(t, e, net, 8, start)
	spoil(t, start)
	spoil(t, save(t, m))
	same(t, "the model after its states were overwritten", save(t, m).Weights(), initial(net))
}

// spoil overwrites a state, and checks that none of its tensors is part of another.
func spoil(t *testing.T, s nn.State) {
	t.Helper()
	for name, tensor := range s {
		for i := range tensor.Data {
			tensor.Data[i] = 7
		}
		for i := range tensor.Shape {
			if tensor.Shape[i] < 0 {
				t.Errorf("the shape of %s is that of another tensor", name)
			}
			tensor.Shape[i] = -1
		}
	}
}

func forgets(t *testing.T, e engine.Engine) {
	net := promised()
	m := compile(t, e, net, 8, initial(net))
	want := train(t, m, net, 0, 8, 6)
	load(t, m, initial(net))
	same(t, "a run from weights without momentum", train(t, m, net, 0, 8, 6), want)
}

func twoModels(t *testing.T, e engine.Engine) {
	net, other := promised(), residual()
	want := train(t, compile(t, e, net, 8, initial(net)), net, 0, 8, 5)
	wantOther := train(t, compile(t, e, other, 6, initial(other)), other, 0, 6, 4)
	a, b := compile(t, e, net, 8, initial(net)), compile(t, e, other, 6, initial(other))
	train(t, a, net, 0, 8)
	train(t, b, other, 0, 6)
	same(t, "the first of two models", train(t, a, net, 1, 5), want)
	same(t, "the second of two models", train(t, b, other, 1, 4), wantOther)
}

// seeds checks that the dropout mask comes from Hyper.Seed and from nothing else.
func seeds(t *testing.T, e engine.Engine) {
	net := promised()
	g := generator(60)
	b := g.batch(net, 8, nil, false)
	m := compile(t, e, net, 8, initial(net))
	losses := func(seed uint64) []float32 {
		load(t, m, initial(net))
		return step(t, m, b, engine.Hyper{Seed: seed})
	}
	one, two, again := losses(1), losses(2), losses(1)
	if slices.Equal(one, two) {
		t.Errorf("losses with seeds 1 and 2 are both %v; want other dropout masks", one)
	}
	if !slices.Equal(one, again) {
		t.Errorf("losses with seed 1 are %v, then %v", one, again)
	}
}

// dropout computes the losses of a linear classifier behind dropout by hand: elements that
// nn.DropKeep keeps are scaled by 1/(1-p), the others are zero.
func dropout(t *testing.T, e engine.Engine, tol Tolerance) {
	const p = 0.25
	net := chain("dropout", []int{2, 3, 3}, nn.Flatten{}, nn.Dropout{P: p})
	g := generator(66)
	s, b := g.state(net), g.batch(net, 8, nil, false)
	weight, bias := s["layer2.weight"].Data, s["layer2.bias"].Data
	want := make([]float32, 8)
	for i, y := range b.Y {
		sum := 0.0
		z := make([]float64, net.Classes)
		for k := range z {
			z[k] = float64(bias[k])
			for f := range 18 {
				if nn.DropKeep(7, 1, uint64(i*18+f), p) {
					z[k] += float64(weight[k*18+f]) * float64(b.X[i*18+f]) / (1 - p)
				}
			}
			sum += math.Exp(z[k])
		}
		want[i] = float32(math.Log(sum) - z[y])
	}
	got := step(t, compile(t, e, net, 8, s), b, engine.Hyper{Seed: 7})
	compare(t, "losses", got, want, tol.Forward)
}

// inactive checks that the head's rows of inactive classes keep their bits.
func inactive(t *testing.T, e engine.Engine) {
	net := promised()
	g := generator(61)
	active := even(net.Classes)
	m := compile(t, e, net, 8, initial(net))
	step(t, m, g.batch(net, 8, active, true), engine.Hyper{LR: 1, Momentum: 0.9, Active: active})
	after, before := save(t, m), initial(net)
	for _, p := range net.Params() {
		width := p.Len() / net.Classes
		for k := 0; p.Layer == net.Head() && k < net.Classes; k++ {
			row := func(s nn.State) []float32 { return s[p.Name].Data[k*width : (k+1)*width] }
			if unmoved := slices.Equal(row(before), row(after)); unmoved == active[k] {
				t.Errorf("%s of class %d: unmoved %v, active %v", p.Name, k, unmoved, active[k])
			}
		}
	}
}

// hard checks that targets which are 1 for the label and 0 elsewhere do what the labels do, masked and
// weighted, and that the labels beside targets do nothing.
func hard(t *testing.T, e engine.Engine, tol Tolerance) {
	net := promised()
	g := generator(67)
	h := engine.Hyper{Active: even(net.Classes), Seed: 3}
	b := g.batch(net, 8, h.Active, true)
	m := compile(t, e, net, 8, initial(net))
	want, wantLosses, _ := gradient(t, m, net, initial(net), b, h)
	b.Targets = make([]float32, 8*net.Classes)
	for i, y := range b.Y {
		b.Targets[i*net.Classes+int(y)] = 1
	}
	clear(b.Y)
	got, losses, _ := gradient(t, m, net, initial(net), b, h)
	compare(t, "losses", losses, wantLosses, tol.Forward)
	for _, p := range net.Params() {
		compare(t, "gradient of "+p.Name, got[p.Name], want[p.Name], tol.Gradient)
	}
}

// twice checks that loss and gradient are linear in the targets: these need not add up to 1.
func twice(t *testing.T, e engine.Engine, tol Tolerance) {
	net := promised()
	g := generator(68)
	b := g.soften(net, g.batch(net, 8, nil, true), nil)
	m := compile(t, e, net, 8, initial(net))
	want, wantLosses, _ := gradient(t, m, net, initial(net), b, engine.Hyper{})
	for i := range b.Targets {
		b.Targets[i] *= 2
	}
	got, losses, _ := gradient(t, m, net, initial(net), b, engine.Hyper{})
	double := func(values []float32) []float32 {
		for i := range values {
			values[i] *= 2
		}
		return values
	}
	compare(t, "losses", losses, double(wantLosses), tol.Forward)
	for _, p := range net.Params() {
		compare(t, "gradient of "+p.Name, got[p.Name], double(want[p.Name]), tol.Gradient)
	}
}

// saturated checks that a class of probability 0 to the last digit costs nothing where its target is 0,
// and its whole distance where it is not.
func saturated(t *testing.T, e engine.Engine) {
	net := nn.Net{Name: "scaled", Input: []int{3}, Classes: 3, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: 3}}}}
	identity := nn.State{"head.weight": nn.Tensor{Shape: []int{3, 3}, Data: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}}}
	m := compile(t, e, net, 2, identity)
	b := data.Batch{X: []float32{1024, 0, -1024, 1024, 0, -1024}, Y: []int32{0, 0}, Targets: []float32{1, 0, 0, 0.5, 0.25, 0.25}}
	if got := step(t, m, b, engine.Hyper{}); !slices.Equal(got, []float32{0, 0.25*1024 + 0.25*2048}) {
		t.Errorf("losses %v; want 0, 768", got)
	}
}

func unweighted(t *testing.T, e engine.Engine) {
	net := promised()
	g := generator(62)
	b := g.batch(net, 8, nil, true)
	m := compile(t, e, net, 8, initial(net))
	weighted := step(t, m, b, engine.Hyper{})
	b.Weight = nil
	if plain := step(t, m, b, engine.Hyper{}); !slices.Equal(plain, weighted) {
		t.Errorf("losses are %v with weights, %v without", weighted, plain)
	}
}

// evaluation checks that a sample's logits do not depend on the batch, that inputs suffice, and
// that nothing moves.
func evaluation(t *testing.T, e engine.Engine, tol Tolerance) {
	net := promised()
	g := generator(63)
	m := compile(t, e, net, 8, initial(net))
	before := train(t, m, net, 0, 8)
	b := g.batch(net, 8, nil, false)
	all := logits(t, m, net, b)
	size := nn.Size(net.Input)
	for i := range 8 {
		dst := make([]float32, net.Classes)
		if err := m.Logits(data.Batch{X: b.X[i*size : (i+1)*size]}, dst); err != nil {
			t.Fatal(err)
		}
		compare(t, "logits of one sample", dst, all[i*net.Classes:(i+1)*net.Classes], tol.Forward)
	}
	same(t, "state after evaluation", save(t, m), before)
}

// evaluationAlone checks that a model compiled for evaluation gives, bit for bit, the logits of one that trained, for whole and
// short batches, whatever was loaded before; that it takes no step; and that it saves all but the momentum.
func evaluationAlone(t *testing.T, e engine.Engine) {
	for _, net := range []nn.Net{promised(), residual()} {
		full := compile(t, e, net, 8, initial(net))
		alone := compileWith(t, e, net, 8, initial(net), engine.Options{Evaluation: true})
		for _, s := range []nn.State{initial(net), train(t, full, net, 0, 8, 5)} {
			load(t, full, s)
			load(t, alone, s)
			for _, n := range []int{8, 3, 1} {
				g := generator(67)
				b := g.batch(net, n, nil, false)
				if got, want := logits(t, alone, net, b), logits(t, full, net, b); !slices.Equal(got, want) {
					t.Errorf("%s: logits of %d samples are %v; want %v", net.Name, n, got, want)
				}
			}
			same(t, "the state of a model for evaluation", save(t, alone), s.Weights())
		}
		g := generator(69)
		_, err := alone.Step(g.batch(net, 8, nil, false), usual)
		if err == nil || !strings.Contains(err.Error(), "compiled for evaluation") {
			t.Errorf("Step returned %v; want that the model was compiled for evaluation", err)
		}
		same(t, "the state after it", save(t, alone), save(t, full).Weights())
	}
}

// reduce checks that Options.Reduce gets the gradient, once, in the order of Params, and that
// what it leaves is what the step goes by.
func reduce(t *testing.T, e engine.Engine, tol Tolerance) {
	net := promised()
	g := generator(64)
	b := g.batch(net, 8, nil, true)
	want, _, _ := gradient(t, compile(t, e, net, 8, initial(net)), net, initial(net), b, engine.Hyper{})
	var seen [][]float32
	halve := func(grad []float32) error {
		seen = append(seen, slices.Clone(grad))
		for i := range grad {
			grad[i] /= 2
		}
		return nil
	}
	m := compileWith(t, e, net, 8, initial(net), engine.Options{Reduce: halve})
	got, _, _ := gradient(t, m, net, initial(net), b, engine.Hyper{})
	var flat []float32
	for _, p := range net.Params() {
		flat = append(flat, want[p.Name]...)
		for i := range got[p.Name] {
			got[p.Name][i] *= 2
		}
		compare(t, "twice the halved gradient of "+p.Name, got[p.Name], want[p.Name], tol.Gradient)
	}
	if len(seen) != 1 {
		t.Fatalf("one step called Reduce %d times", len(seen))
	}
	compare(t, "the gradients that Reduce gets", seen[0], flat, tol.Gradient)
}

func reduceFails(t *testing.T, e engine.Engine) {
	net := promised()
	g := generator(65)
	lost := errors.New("a peer is gone")
	fail := false
	m := compileWith(t, e, net, 8, initial(net), engine.Options{Reduce: func([]float32) error {
		if fail {
			return lost
		}
		return nil
	}})
	before := train(t, m, net, 0, 8)
	fail = true
	if _, err := m.Step(g.batch(net, 8, nil, false), usual); !errors.Is(err, lost) {
		t.Errorf("Step returned %v; want the error of Reduce", err)
	}
	same(t, "state after Reduce failed", save(t, m), before)
}
