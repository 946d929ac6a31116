package onednn

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/enginetest"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
)

// forcing are the times by which each way, or bfloat16 directly, wins wherever it can be had; fastest
// is what is measured.
var forcing = map[string]*[ways]float64{
	"direct":   {3, 0, 1, 2},
	"winograd": {3, 1, 0, 2},
	"taps":     {3, 1, 2, 0},
	"fastest":  nil,
}

// openBF16 opens an engine with bfloat16 by given times. Without a processor for it the test is
// skipped.
func openBF16(t testing.TB, forced *[ways]float64) *Engine {
	t.Helper()
	open(t) // is the library here?
	e, err := Open(Options{BF16: true})
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { check(t, e.Close()) })
	e.forced = forced
	return e
}

func TestConformanceInBF16(t *testing.T) {
	for name, forced := range forcing {
		t.Run(name, func(t *testing.T) {
			enginetest.RunReduced(t, func(t *testing.T) engine.Engine { return oneThread{openBF16(t, forced)} }, enginetest.BFloat16)
		})
	}
}

func TestAgreesWithReferenceInBF16(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: ten seconds; what runs at once is in TestConformanceInBF16 too")
	}
	for name, forced := range forcing {
		t.Run(name, func(t *testing.T) {
			bound := enginetest.BFloat16
			if name == "fastest" { // which algorithms these are differs from run to run; 0.79 was seen once, in vgg11
				bound.Gradient = enginetest.Bound{Absolute: 1e-1, Relative: 9e-1}
			}
			enginetest.Agree(t, openBF16(t, forced), reference.New(), bound)
		})
	}
	t.Run("operations", func(t *testing.T) {
		enginetest.AgreeOperations(t, openBF16(t, forcing["direct"]), reference.New(), enginetest.BFloat16Operation)
	})
}

// withLess runs the test again in a process whose library is told that the processor has no more
// than an instruction set, and reports whether this is that process.
func withLess(t *testing.T, isa string) bool {
	open(t)
	if os.Getenv("DNNL_MAX_CPU_ISA") != "" {
		return true
	}
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), "DNNL_MAX_CPU_ISA="+isa)
	text, err := c.CombinedOutput()
	t.Logf("%s", text)
	check(t, err)
	return false
}

// On a processor without AVX512_BF16, which the library is told that this one is, bf16 is refused
// by name.
func TestNoBF16(t *testing.T) {
	if !withLess(t, "AVX512_CORE_VNNI") {
		return
	}
	_, err := Open(Options{BF16: true})
	if err == nil || !strings.Contains(err.Error(), "AVX512_BF16") {
		t.Errorf("error %v; want one that names AVX512_BF16", err)
	}
	t.Log(err)
}

// blocksOf16 is a network whose convolutions Winograd's method takes: after batch norm, before ReLU,
// with bias and without, beside a shortcut; the last one, over a map of 2x2, also by taps.
func blocksOf16() nn.Net {
	norm := nn.BatchNorm{Eps: 1e-5, Momentum: 0.1}
	return nn.Net{Name: "blocks of 16", Input: []int{3, 9, 11}, Classes: 5, Layers: []nn.Layer{
		{Name: "conv0", Op: nn.Conv2D{Out: 16, Kernel: 3, Stride: 1, Pad: 1}},
		{Name: "norm0", Op: norm},
		{Name: "relu0", Op: nn.ReLU{}},
		{Name: "conv1", Op: nn.Conv2D{Out: 32, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "norm1", Op: norm},
		{Name: "relu1", Op: nn.ReLU{}},
		{Name: "pool", Op: nn.AvgPool{Kernel: 2, Stride: 1}},
		{Name: "conv2", Op: nn.Conv2D{Out: 16, Kernel: 3, Stride: 1, Bias: true}},
		{Name: "conv3", Op: nn.Conv2D{Out: 16, Kernel: 3, Stride: 1, Pad: 1}},
		{Name: "add", Op: nn.Add{}, Inputs: []int{8, 7}},
		{Name: "small", Op: nn.AvgPool{Kernel: 3, Stride: 3}},
		{Name: "conv4", Op: nn.Conv2D{Out: 32, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "mean", Op: nn.GlobalAvgPool{}},
		{Name: "flat", Op: nn.Flatten{}},
		{Name: "head", Op: nn.Linear{Out: 5, Bias: true}},
	}}
}

// Whatever the ways of its convolutions, a network's losses, gradients and logits are the reference
// engine's but for the rounding of bfloat16, which batch norm's gradient makes more of, and the bits are the same twice.
func TestWaysAgreeWithReference(t *testing.T) {
	net := blocksOf16()
	for name, forced := range forcing {
		t.Run(name, func(t *testing.T) {
			e := openBF16(t, forced)
			got, again, want := compile(t, e, net, 16, engine.Options{}), compile(t, e, net, 16, engine.Options{}), compile(t, reference.New(), net, 16, engine.Options{})
			for step, n := range []int{16, 7, 16} {
				b := batch(net, n, uint64(step))
				for _, m := range []engine.Model{got, again, want} {
					_, err := m.Step(b, engine.Hyper{LR: 0.01})
					check(t, err)
				}
				a, err := got.Save()
				check(t, err)
				twice, err := again.Save()
				check(t, err)
				s, err := want.Save()
				check(t, err)
				for _, p := range net.Params() {
					if p.Trainable() && p.Name != "conv1.bias" { // before a batch norm its gradient is nothing but rounding
						if off := distance(a[nn.MomentumPrefix+p.Name].Data, s[nn.MomentumPrefix+p.Name].Data); off > 0.2 {
							t.Errorf("step %d, gradient of %s: off by %.3f", step, p.Name, off)
						}
					}
					if !slices.Equal(a[p.Name].Data, twice[p.Name].Data) {
						t.Errorf("step %d: %s differs the second time", step, p.Name)
					}
				}
				ours, theirs := make([]float32, n*5), make([]float32, n*5)
				check(t, got.Logits(b, ours))
				check(t, want.Logits(b, theirs))
				if off := distance(ours, theirs); off > 0.05 {
					t.Errorf("step %d, logits: off by %.3f", step, off)
				}
				check(t, errors.Join(got.Load(s), again.Load(s)))
			}
			by := got.(*model).Plan()["conv1 backward data"]
			if ours := !strings.Contains(by, "conv") && !strings.Contains(by, "jit_bf16"); name != "fastest" && ours != (name == "winograd") {
				t.Errorf("a convolution is computed by %q", by)
			}
			if by := got.(*model).Plan()["conv4 backward data"]; name != "fastest" && strings.HasPrefix(by, "taps") != (name == "taps") {
				t.Errorf("one of a small map is computed by %q", by)
			}
		})
	}
}

// A gradient by taps in float32 takes the input as it is, and not as a forward pass in bfloat16 rounded it: of one position
// and equal samples it is the input times the gradient of the bias.
func TestTapsOfFloat32TakeTheInput(t *testing.T) {
	e := openBF16(t, forcing["taps"])
	net := nn.Net{Name: "one", Input: []int{1, 1, 1}, Classes: 3, Layers: []nn.Layer{
		{Name: "conv", Op: nn.Conv2D{Out: 16, Kernel: 3, Stride: 1, Pad: 1, Bias: true}},
		{Name: "flat", Op: nn.Flatten{}},
		{Name: "head", Op: nn.Linear{Out: 3, Bias: true}},
	}}
	force(t, e, net, 4, backwardWeights)
	var grads []float32
	m := compile(t, e, net, 4, engine.Options{Threads: 1, Reduce: func(all []float32) error { grads = slices.Clone(all); return nil }}).(*model)
	m.mixed[true].passes[pass{0, backwardWeights}] = inFloat32
	check(t, m.do(m.forget)) // the programs are made again by this mixture
	b := batch(net, 4, 1)
	for i := range b.X {
		b.X[i] = 1 + 1.0/1024 // 1 in bfloat16
	}
	_, err := m.Step(b, hyper)
	check(t, err)
	plan := m.Plan()
	if !strings.HasPrefix(plan["conv forward"], "taps") || !strings.HasPrefix(plan["conv backward weights"], "taps") {
		t.Fatalf("plan %v; want taps both ways", plan)
	}
	weights, bias := grads[:9*16], grads[9*16:10*16]
	for i, db := range bias {
		if ratio := weights[9*i+centre] / db; math.Abs(float64(ratio)-(1+1.0/1024)) > 1e-5 {
			t.Errorf("the gradient of kernel %d is %v times that of its bias; want 1 + 1/1024", i, ratio)
		}
	}
}

// distance is the root of the mean square difference over that of the values.
func distance(got, want []float32) float64 {
	diff, sum := 0.0, 0.0
	for i, v := range want {
		d := float64(got[i]) - float64(v)
		diff, sum = diff+d*d, sum+float64(v)*float64(v)
	}
	return math.Sqrt(diff / sum)
}

// A network that is trained in bfloat16, whatever the ways of its convolutions, ends as near to the
// float32 one of the same seed as two float32 ones of different seeds are to each other: the mean
// loss of its last steps on data of five patterns in noise.
func TestTrainsAsFloat32Does(t *testing.T) {
	if testing.Short() {
		t.Skip("not in -short: ten seconds; what runs at once is in TestConformanceInBF16 too")
	}
	net := blocksOf16()
	train := func(e engine.Engine, seed uint64) float64 {
		m, err := e.Compile(net, 32, engine.Options{})
		check(t, err)
		defer func() { check(t, m.Close()) }()
		s, err := net.Init(nn.Default, rand.New(rand.NewPCG(seed, 1)))
		check(t, err)
		check(t, m.Load(s))
		patterns := batch(net, net.Classes, 100)
		size, sum := nn.Size(net.Input), 0.0
		for step := range uint64(80) {
			b := batch(net, 32, 1000*seed+step)
			for i := range b.X {
				b.X[i] += patterns.X[int(b.Y[i/size])*size+i%size]
			}
			stats, err := m.Step(b, engine.Hyper{LR: 0.02, Momentum: 0.9, WeightDecay: 5e-4})
			check(t, err)
			for _, l := range stats.Losses {
				if step >= 60 {
					sum += float64(l) / (20 * 32)
				}
			}
		}
		return sum
	}
	const seeds = 4
	var plain [seeds]float64
	f32 := open(t)
	for i := range plain {
		plain[i] = train(f32, uint64(i+1))
	}
	spread := slices.Max(plain[:]) - slices.Min(plain[:])
	for name, forced := range forcing {
		e := openBF16(t, forced)
		mean := 0.0
		for i := range plain {
			mean += (train(e, uint64(i+1)) - plain[i]) / seeds
		}
		t.Logf("%s: %+.4f of float32's %.4f, which spreads over %.4f", name, mean, plain, spread)
		if math.Abs(mean) > spread/4 {
			t.Errorf("%s: the loss differs by %.4f; float32's spreads over %.4f", name, mean, spread)
		}
	}
}

// What is fastest in bfloat16 is timed once, says so, and is read from the file the next time.
func TestTimingsInBF16(t *testing.T) {
	e, net := openBF16(t, nil), blocksOf16()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	choices := func() (plan map[string]string, lines []string) {
		clear(tuned.files) // as a new process
		m := compile(t, e, net, 9, engine.Options{Log: func(line string) { lines = append(lines, line) }})
		return m.(*model).Plan(), lines
	}
	plan, lines := choices()
	if len(lines) != 1 || !strings.Contains(lines[0], "timing what bfloat16 makes faster") {
		t.Errorf("log %q; want one line about the timing", lines)
	}
	again, lines := choices()
	if !maps.Equal(plan, again) || len(lines) > 0 {
		t.Errorf("the second time the plan is %v, log %q; want %v", again, lines, plan)
	}
}
