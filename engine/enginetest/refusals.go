package enginetest

import (
	"errors"
	"math"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// refusals holds the engine to its errors: each says something, and nothing moves.
func refusals(t *testing.T, e engine.Engine) {
	t.Run("not finite", func(t *testing.T) { notFinite(t, e) })
	t.Run("gradient not finite", func(t *testing.T) { notFiniteGradient(t, e) })
	t.Run("not finite behind batch norm", func(t *testing.T) { notFiniteNorm(t, e) })
	t.Run("steps", func(t *testing.T) { badSteps(t, e) })
	t.Run("states", func(t *testing.T) { badStates(t, e) })
	t.Run("logits", func(t *testing.T) { badLogits(t, e) })
	t.Run("compile", func(t *testing.T) { badCompile(t, e) })
	t.Run("one sample", func(t *testing.T) { oneSample(t, e) })
}

// notFinite checks that the first sample whose loss is not finite is named.
func notFinite(t *testing.T, e engine.Engine) {
	net := chain("linear", []int{5}, nn.Linear{Out: 6, Bias: true})
	for name, value := range map[string]float64{"NaN": math.NaN(), "infinity": math.Inf(1)} {
		m := compile(t, e, net, 8, initial(net))
		before := train(t, m, net, 0, 8)
		g := generator(70)
		b := g.batch(net, 8, nil, false)
		b.X[3*5+1], b.X[6*5] = float32(value), float32(value)
		_, err := m.Step(b, usual)
		var bad *engine.NotFiniteError
		if !errors.As(err, &bad) || bad.What != "loss" || bad.Index != 3 {
			t.Errorf("%s in sample 3: Step returned %v; want a NotFiniteError for the loss of sample 3", name, err)
		}
		same(t, "state after "+name, save(t, m), before)
	}
}

// notFiniteGradient checks a gradient that overflows behind a loss that does not.
func notFiniteGradient(t *testing.T, e engine.Engine) {
	net := chain("linear", []int{5}, nn.Linear{Out: 6, Bias: true})
	m := compile(t, e, net, 8, initial(net))
	before := train(t, m, net, 0, 8)
	g := generator(74)
	b := g.batch(net, 8, nil, true)
	for i := range 5 {
		b.X[i] *= 1e6
	}
	b.Weight[0] = 1e38
	_, err := m.Step(b, usual)
	var bad *engine.NotFiniteError
	if !errors.As(err, &bad) || bad.What != "gradient" {
		t.Errorf("a gradient of 1e44: Step returned %v; want a NotFiniteError for the gradient", err)
	}
	same(t, "state after it", save(t, m), before)
}

// notFiniteNorm checks that running statistics stay, too, and that the model goes on as if the
// step had not been tried.
func notFiniteNorm(t *testing.T, e engine.Engine) {
	net := promised()
	want := train(t, compile(t, e, net, 8, initial(net)), net, 0, 8, 6)
	m := compile(t, e, net, 8, initial(net))
	before := train(t, m, net, 0, 8)
	g := generator(71)
	b := g.batch(net, 8, nil, false)
	b.X[70] = float32(math.NaN())
	var bad *engine.NotFiniteError
	if _, err := m.Step(b, usual); !errors.As(err, &bad) {
		t.Errorf("NaN in the input: Step returned %v; want a NotFiniteError", err)
	}
	same(t, "state after NaN", save(t, m), before)
	same(t, "the run that goes on after NaN", train(t, m, net, 1, 6), want)
}

func badSteps(t *testing.T, e engine.Engine) {
	net := promised()
	m := compile(t, e, net, 8, initial(net))
	before := train(t, m, net, 0, 8)
	for name, change := range map[string]func(b *data.Batch, h *engine.Hyper){
		"label below 0":          func(b *data.Batch, _ *engine.Hyper) { b.Y[2] = -1 },
		"label K":                func(b *data.Batch, _ *engine.Hyper) { b.Y[2] = int32(net.Classes) },
		"label that is inactive": func(b *data.Batch, h *engine.Hyper) { b.Y[2], h.Active = 1, even(net.Classes) },
		"mask of another length": func(_ *data.Batch, h *engine.Hyper) { h.Active = []bool{true, true} },
		"empty batch":            func(b *data.Batch, _ *engine.Hyper) { *b = data.Batch{} },
		"too many samples":       func(b *data.Batch, _ *engine.Hyper) { g := generator(1); *b = g.batch(net, 9, nil, false) },
		"too few inputs":         func(b *data.Batch, _ *engine.Hyper) { b.X = b.X[1:] },
		"too few targets":        func(b *data.Batch, _ *engine.Hyper) { b.Targets = b.Targets[1:] },
		"target below 0":         func(b *data.Batch, _ *engine.Hyper) { b.Targets[5] = -0.125 },
		"target of NaN":          func(b *data.Batch, _ *engine.Hyper) { b.Targets[5] = float32(math.NaN()) },
		"target infinite":        func(b *data.Batch, _ *engine.Hyper) { b.Targets[5] = float32(math.Inf(1)) },
		"target of an inactive class": func(b *data.Batch, h *engine.Hyper) {
			clear(b.Y)
			b.Targets[5], h.Active = 0.125, even(net.Classes)
		},
		"too few weights": func(b *data.Batch, _ *engine.Hyper) { b.Weight = b.Weight[1:] },
	} {
		g := generator(72)
		b, h := g.soften(net, g.batch(net, 8, nil, true), even(net.Classes)), usual
		change(&b, &h)
		refused(t, name, func() error { _, err := m.Step(b, h); return err })
	}
	same(t, "state after refused steps", save(t, m), before)
}

func badStates(t *testing.T, e engine.Engine) {
	net := promised()
	m := compile(t, e, net, 8, initial(net))
	before := train(t, m, net, 0, 8)
	for name, change := range map[string]func(s nn.State){
		"missing tensor":     func(s nn.State) { delete(s, "layer1.running_var") },
		"unknown tensor":     func(s nn.State) { s["layer99.weight"] = s["layer0.weight"] },
		"other shape":        func(s nn.State) { s["layer0.bias"] = s["layer9.bias"] },
		"too few values":     func(s nn.State) { x := s["layer0.bias"]; x.Data = x.Data[1:]; s["layer0.bias"] = x },
		"momentum's shape":   func(s nn.State) { s[nn.MomentumPrefix+"layer0.bias"] = s["layer9.bias"] },
		"momentum of a mean": func(s nn.State) { s[nn.MomentumPrefix+"layer1.running_mean"] = s["layer1.running_mean"] },
	} {
		s := initial(net)
		change(s)
		refused(t, name, func() error { return m.Load(s) })
	}
	same(t, "state after refused states", save(t, m), before)
}

func badLogits(t *testing.T, e engine.Engine) {
	net := promised()
	m := compile(t, e, net, 8, initial(net))
	for name, c := range map[string]struct{ inputs, logits int }{
		"empty batch":      {0, 0},
		"too many samples": {9 * 60, 9 * 4},
		"too few inputs":   {8*60 - 1, 8 * 4},
		"too little room":  {8 * 60, 8*4 - 1},
	} {
		b := data.Batch{X: make([]float32, c.inputs)}
		refused(t, name, func() error { return m.Logits(b, make([]float32, c.logits)) })
	}
}

func badCompile(t *testing.T, e engine.Engine) {
	twice := promised()
	twice.Layers[1].Name = "layer0"
	for name, c := range map[string]struct {
		net   nn.Net
		batch int
		o     engine.Options
	}{
		"batch of 0":           {promised(), 0, engine.Options{}},
		"batch below 0":        {promised(), -1, engine.Options{}},
		"batch beyond memory":  {promised(), 1 << 34, engine.Options{}},
		"batch that overflows": {promised(), math.MaxInt, engine.Options{}},
		"no layers":            {nn.Net{Name: "empty", Input: []int{3}, Classes: 2}, 4, engine.Options{}},
		"name used twice":      {twice, 4, engine.Options{}},
		"threads less than 0":  {promised(), 4, engine.Options{Threads: -1}},
	} {
		refused(t, name, func() error {
			m, err := e.Compile(c.net, c.batch, c.o)
			if err == nil {
				return m.Close()
			}
			return err
		})
	}
}

// oneSample checks that batch norm over one value per channel is refused, and over the positions
// of one image is not.
func oneSample(t *testing.T, e engine.Engine) {
	features := chain("norm of features", []int{5}, nn.Linear{Out: 6}, norm)
	images := chain("norm of images", []int{2, 4, 4}, norm, nn.Flatten{})
	g := generator(73)
	m := compile(t, e, features, 4, initial(features))
	refused(t, "one sample", func() error { _, err := m.Step(g.batch(features, 1, nil, false), usual); return err })
	same(t, "state after a refused sample", save(t, m).Weights(), initial(features))
	step(t, compile(t, e, images, 4, initial(images)), g.batch(images, 1, nil, false), usual)
}

// refused calls f, which must return an error.
func refused(t *testing.T, name string, f func() error) {
	t.Helper()
	if err := f(); err == nil || err.Error() == "" {
		t.Errorf("%s: error %v; want one that says what is wrong", name, err)
	}
}
