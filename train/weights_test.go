package train

import (
	"math"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/record"
)

// Every step weighs each class by the inverse of its training samples, those of the whole run also in a stage of few
// classes. Taken out again, what is left are the samples' own weights, and targets that add up to 1, whatever they come
// from. The log's loss is that of the steps.
func TestClassWeights(t *testing.T) {
	for name, set := range map[string]func(c *config.Config){
		"lgl":      func(*config.Config) {},
		"masked":   func(c *config.Config) { c.Head = "masked" },
		"baseline": func(c *config.Config) { c.Method = "baseline" },
		"spl":      func(c *config.Config) { c.Method, c.Weighting, c.Epochs, c.Stages = "spl", "linear", 5, 1 },
		"mixed":    func(c *config.Config) { c.Mixup, c.LabelSmoothing = 0.5, 0.1 },
		"distill":  func(c *config.Config) { c.Distill = 0.5 },
	} {
		c := toyConfig()
		c.Balance = "weights"
		set(&c)
		src := labelled(10, 20, 40)
		j, spy, l := jobOn(t, c, src, src)
		model := &summing{Model: spy}
		j.Model = model
		own, soft := 0, 0
		spy.onStep = func(b data.Batch, _ engine.Hyper) error {
			if checkClassWeights(t, name, []int{10, 20, 40}, b) {
				own++
			}
			if b.Targets != nil {
				soft++
			}
			return nil
		}
		mustRun(t, j)
		if (own > 0) != (name == "spl") || (soft > 0) != (name == "mixed" || name == "distill") {
			t.Errorf("%s: %d steps with weights of samples, %d with targets", name, own, soft)
		}
		model.checkLogged(t, name, l)
	}
}

// checkClassWeights takes the weights of classes of so many samples out of a batch, and reports whether samples have
// weights of their own.
func checkClassWeights(t *testing.T, name string, sizes []int, b data.Batch) (own bool) {
	t.Helper()
	weight := func(k int) float64 { return 70 / (3 * float64(sizes[k])) }
	mean := 0.0
	for _, y := range b.Y {
		mean += weight(int(y)) / float64(b.Len())
	}
	for i, y := range b.Y {
		v, sum := float64(b.Weight[i])*mean, 0.0
		if b.Targets == nil {
			v /= weight(int(y))
		} else {
			for k := range sizes {
				sum += float64(b.Targets[3*i+k]) / weight(k)
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Fatalf("%s: the targets of a sample of class %d add up to %v", name, y, sum)
			}
		}
		if v < 0 || v > 1+1e-5 {
			t.Fatalf("%s: a sample of class %d has the weight %v; want 0 to 1", name, y, v)
		}
		own = own || v < 1-1e-5
	}
	return own
}

// Oversampled, every epoch of every method has as many samples as without, and as many of each of its classes, up to one.
func TestOversample(t *testing.T) {
	for _, method := range []string{"lgl", "baseline", "random-subset", "spl"} {
		var seen []int64
		c := toyConfig()
		if c.Method = method; method == "spl" {
			c.Stages, c.Epochs = 1, 5
		}
		for _, c.Balance = range []string{"none", "oversample"} {
			src := labelled(10, 20, 40)
			j, spy, l := jobOn(t, c, src, src)
			classes := make([]int, 3)
			spy.onStep = func(b data.Batch, _ engine.Hyper) error {
				for _, y := range b.Y {
					classes[y]++
				}
				return nil
			}
			j.Sink = sinkOf(func(e record.Event) error {
				if _, ends := e.(record.EpochEnded); ends && c.Balance == "oversample" {
					there := slices.DeleteFunc(classes, func(n int) bool { return n == 0 })
					if slices.Max(there)-slices.Min(there) > 1 {
						t.Errorf("%s: an epoch has %v samples of its classes", method, there)
					}
					classes = make([]int, 3)
				}
				return l.Emit(e)
			})
			seen = append(seen, mustRun(t, j).SamplesSeen)
		}
		if seen[0] != seen[1] {
			t.Errorf("%s: %v samples seen, with and without", method, seen)
		}
	}
}

// sinkOf is a Sink that is a function.
type sinkOf func(e record.Event) error

func (s sinkOf) Emit(e record.Event) error { return s(e) }
