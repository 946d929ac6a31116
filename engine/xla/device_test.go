package xla

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/enginetest"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// open opens the device of the plugin that LGL_XLA_PLUGIN names.
func open(t testing.TB, precision string) *Engine {
	t.Helper()
	if os.Getenv(PathVariable) == "" {
		t.Skip(PathVariable + " names no plugin")
	}
	e, err := Open(Options{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestConformance(t *testing.T) {
	began := time.Now()
	enginetest.Run(t, func(t *testing.T) engine.Engine { return open(t, "f32") }, enginetest.Float32)
	t.Logf("%v", time.Since(began))
}

func TestAgreesWithReference(t *testing.T) {
	enginetest.Agree(t, open(t, "f32"), reference.New(), enginetest.Float32)
}

// reduced are the tolerances of numbers with fewer digits: tf32 has 11 bits, bf16 8.
var reduced = map[string]enginetest.Tolerance{
	"tf32": {Forward: enginetest.Bound{Absolute: 1e-3, Relative: 1e-2}, Gradient: enginetest.Bound{Absolute: 2e-2, Relative: 1e-1}, Run: enginetest.Bound{Absolute: 2e-2, Relative: 1e-1}},
	"bf16": enginetest.BFloat16,
}

func TestReducedPrecision(t *testing.T) {
	for name, tol := range reduced {
		t.Run(name, func(t *testing.T) { enginetest.Agree(t, open(t, name), reference.New(), tol) })
	}
}

// Steps that are enqueued give the bits of steps that are waited for.
func TestQueue(t *testing.T) {
	e := open(t, "f32")
	net, s := network(t, "vgg11", []int{3, 32, 32}, 10, 0.25)
	var ends []nn.State
	var losses [2][]float32
	for way := range 2 {
		m, err := e.Compile(net, 16, engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Load(s); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		var waits []func() (engine.StepStats, error)
		for range 12 {
			wait, err := m.(engine.Queuer).Enqueue(random(r, net, 16), engine.Hyper{LR: 0.01, Momentum: 0.9})
			if err != nil {
				t.Fatal(err)
			}
			if waits = append(waits, wait); way == 1 && len(waits) < 4 {
				continue
			}
			stats, err := waits[0]()
			if err != nil {
				t.Fatal(err)
			}
			losses[way] = append(losses[way], stats.Losses...)
			waits = waits[1:]
		}
		for _, wait := range waits {
			stats, err := wait()
			if err != nil {
				t.Fatal(err)
			}
			losses[way] = append(losses[way], stats.Losses...)
		}
		end, err := m.Save()
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	for i := range losses[0] {
		if losses[0][i] != losses[1][i] {
			t.Fatalf("loss %d: %v and %v", i, losses[0][i], losses[1][i])
		}
	}
	for name, tensor := range ends[0] {
		for i, v := range tensor.Data {
			if ends[1][name].Data[i] != v {
				t.Fatalf("value %d of %s: %v and %v", i, name, v, ends[1][name].Data[i])
			}
		}
	}
}

func network(t testing.TB, model string, shape []int, classes int, width float64) (nn.Net, nn.State) {
	t.Helper()
	net, err := zoo.Build(model, zoo.Options{Input: shape, Classes: classes, Width: width})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Init(nn.Default, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return net, s
}

func random(r *rand.Rand, net nn.Net, n int) data.Batch {
	b := data.Batch{X: make([]float32, n*nn.Size(net.Input)), Y: make([]int32, n)}
	for i := range b.X {
		b.X[i] = float32(r.NormFloat64())
	}
	for i := range b.Y {
		b.Y[i] = r.Int32N(int32(net.Classes))
	}
	return b
}

// The time of a step of VGG-16 for CIFAR, enqueued without waiting.
func TestSpeed(t *testing.T) {
	net, s := network(t, "vgg16", []int{3, 32, 32}, 100, 1)
	for _, precision := range Precisions() {
		e := open(t, precision)
		for _, batch := range []int{128, 512} {
			t.Run(fmt.Sprintf("%s/%d", precision, batch), func(t *testing.T) {
				m, err := e.Compile(net, batch, engine.Options{Log: func(line string) { t.Log(line) }})
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				if err := m.Load(s); err != nil {
					t.Fatal(err)
				}
				b := random(rand.New(rand.NewPCG(3, 4)), net, batch)
				var waits []func() (engine.StepStats, error)
				var began time.Time
				const steps = 60
				host := time.Duration(0)
				for i := range steps + 5 {
					if i == 5 {
						for _, wait := range waits {
							if _, err := wait(); err != nil {
								t.Fatal(err)
							}
						}
						waits, began = nil, time.Now()
					}
					from := time.Now()
					wait, err := m.(engine.Queuer).Enqueue(b, engine.Hyper{LR: 0.001, Momentum: 0.9, WeightDecay: 5e-4})
					if err != nil {
						t.Fatal(err)
					}
					if i >= 5 {
						host += time.Since(from)
					}
					waits = append(waits, wait)
					if len(waits) > 3 {
						if _, err := waits[0](); err != nil {
							t.Fatal(err)
						}
						waits = waits[1:]
					}
				}
				for _, wait := range waits {
					if _, err := wait(); err != nil {
						t.Fatal(err)
					}
				}
				took := time.Since(began) / steps
				t.Logf("%s, batch %d: %v a step, %.0f samples/s; host %v a step", precision, batch, took, float64(batch)/took.Seconds(), host/steps)
			})
		}
	}
}
