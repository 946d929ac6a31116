package onednn

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/nn"
)

// tiny has 3x3 convolutions over h x w, with all that may follow or feed one, in odd numbers of
// channels.
func tiny(h, w int, norm bool) nn.Net {
	same := func(out int, bias bool) nn.Op { return nn.Conv2D{Out: out, Kernel: 3, Stride: 1, Pad: 1, Bias: bias} }
	net := nn.Net{Name: fmt.Sprintf("tiny%dx%d", h, w), Input: []int{3, h, w}, Classes: 4, Layers: []nn.Layer{
		{Name: "conv0", Op: same(5, true)},
		{Name: "relu0", Op: nn.ReLU{}},
		{Name: "conv1", Op: same(20, false)},
		{Name: "conv2", Op: same(20, true)},
		{Name: "add", Op: nn.Add{}, Inputs: []int{2, 3}},
	}}
	if norm {
		net.Layers = append(net.Layers, nn.Layer{Name: "conv3", Op: same(17, false)},
			nn.Layer{Name: "norm", Op: nn.BatchNorm{Eps: 1e-3, Momentum: 0.1}}, nn.Layer{Name: "relu3", Op: nn.ReLU{}})
	}
	net.Layers = append(net.Layers, nn.Layer{Name: "flat", Op: nn.Flatten{}},
		nn.Layer{Name: "head", Op: nn.Linear{Out: 4, Bias: true}})
	return net
}

// everywhere is all directions.
var everywhere = []string{forward, inference, backwardData, backwardWeights}

// force makes the tuner choose taps for the network's convolutions over small maps in the given
// directions, and direct in the others, until the test ends.
func force(t *testing.T, e engine.Engine, net nn.Net, batch int, directions ...string) {
	t.Helper()
	shapes, err := net.Shapes()
	check(t, err)
	entries := map[string]timing{}
	for i, l := range net.Layers {
		op, ok := l.Op.(nn.Conv2D)
		if !ok {
			continue
		}
		in := net.Input
		if from := net.InputsOf(i)[0]; from != nn.Input {
			in = shapes[from]
		}
		for _, direction := range everywhere {
			for _, bias := range []bool{false, true} {
				g := conv{n: batch, in: in, out: shapes[i], window: square(op.Kernel, op.Stride, op.Pad), bias: bias}
				entry := timing{Choice: direct, Taps: 1}
				if g.sparse() && slices.Contains(directions, direction) {
					entry.Choice = byTaps
				}
				entries[direction+" "+g.String()] = entry
			}
		}
	}
	tuned.Lock()
	defer tuned.Unlock()
	for _, threads := range []int{1, platform.Cores()} {
		path := cachePath(e.(*Engine).info, threads)
		old := tuned.files[path]
		tuned.files[path] = entries
		t.Cleanup(func() {
			tuned.Lock()
			defer tuned.Unlock()
			tuned.files[path] = old
		})
	}
}

var one = engine.Options{Threads: 1}

// Convolutions by taps, in every choice of directions, are those of the reference engine and of the
// library's direct ones, on maps of every small shape, whole and short batches.
func TestTaps(t *testing.T) {
	e := open(t)
	for _, size := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {2, 2}, {2, 3}, {3, 2}, {3, 3}, {3, 1}} {
		for _, directions := range [][]string{
			nil, everywhere, {forward}, {backwardData}, {backwardWeights},
			{forward, backwardData}, {backwardData, backwardWeights},
		} {
			t.Run(fmt.Sprintf("%dx%d %s", size[0], size[1], strings.Join(directions, " ")), func(t *testing.T) {
				sizes := []int{7, 2, 7}
				net := tiny(size[0], size[1], true)
				force(t, e, net, 7, directions...)
				m := compile(t, e, net, 7, one)
				if n := strings.Count(fmt.Sprint(m.(*model).Plan()), "taps:"); (n > 0) != (len(directions) > 0) {
					t.Errorf("%d directions by taps; asked for %q", n, directions)
				}
				ref := compile(t, reference.New(), net, 7, one)
				agree(t, net, train(t, m, net, sizes...), train(t, ref, net, sizes...))
				agreeLogits(t, net, m, ref, 7)
				agreeLogits(t, net, m, ref, 1)
				alone := tiny(size[0], size[1], false)
				force(t, e, alone, 1, directions...)
				m, ref = compile(t, e, alone, 1, one), compile(t, reference.New(), alone, 1, one)
				agree(t, alone, train(t, m, alone, 1, 1), train(t, ref, alone, 1, 1))
				agreeLogits(t, alone, m, ref, 1)
			})
		}
	}
}

func agree(t *testing.T, net nn.Net, got, want nn.State) {
	t.Helper()
	for _, name := range want.Names() {
		if d := differ(nn.State{name: want[name]}, nn.State{name: got[name]}); !(d < 1e-4) {
			t.Errorf("%s: %s is off by %.3g of its largest value", net.Name, name, d)
		}
	}
}

func agreeLogits(t *testing.T, net nn.Net, got, want engine.Model, n int) {
	t.Helper()
	b := batch(net, n, 77)
	z := func(m engine.Model) nn.State {
		dst := make([]float32, n*net.Classes)
		check(t, m.Logits(data.Batch{X: b.X}, dst))
		return nn.State{"logits": {Data: dst}}
	}
	agree(t, net, z(got), z(want))
}

// A network with convolutions by taps, direct and of other kinds trains as with direct ones alone,
// and to the same bits every time, on one thread and on two.
func TestTapsInVGG(t *testing.T) {
	e, net := open(t), build(t, "vgg11", []int{3, 32, 32}, 10, 0.25)
	force(t, e, net, 16)
	want := train(t, compile(t, e, net, 16, one), net, 16, 9, 16)
	force(t, e, net, 16, everywhere...)
	m := compile(t, e, net, 16, one)
	if impl := m.(*model).Plan()["features.25 backward weights"]; !strings.HasPrefix(impl, "taps: 11 products, ") {
		t.Errorf("the last convolution is computed by %q; want taps", impl)
	}
	got := train(t, m, net, 16, 9, 16)
	if d := differ(want, got); d > 1e-3 {
		t.Errorf("by taps the state is off by %v", d)
	}
	for _, o := range []engine.Options{one, {}} {
		first := train(t, compile(t, e, net, 16, o), net, 16, 9, 16)
		second := train(t, compile(t, e, net, 16, o), net, 16, 9, 16)
		if d := differ(first, second); d != 0 {
			t.Errorf("two equal runs on %d threads differ by %v", o.Threads, d)
		}
	}
}

// The runs of all taps are the pairs of an input and an output position that a 3x3 window joins,
// each once, listed here one by one.
func TestRuns(t *testing.T) {
	type pair struct{ tap, in, out int }
	for h := 1; h <= 5; h++ {
		for w := 1; w <= 5; w++ {
			want := map[pair]int{}
			for y := range h {
				for x := range w {
					for ky := range 3 {
						for kx := range 3 {
							if iy, ix := y+ky-1, x+kx-1; iy >= 0 && iy < h && ix >= 0 && ix < w {
								want[pair{3*ky + kx, iy*w + ix, y*w + x}]++
							}
						}
					}
				}
			}
			g := conv{in: []int{1, h, w}, window: square(3, 1, 1)}
			if g.sparse() && 81*len(want) > 49*9*h*w {
				t.Errorf("%dx%d is sparse, but %d of %d products meet data", h, w, len(want), 9*h*w)
			}
			got, used := map[pair]int{}, map[int]bool{}
			for _, r := range g.runs() {
				used[r.tap] = true
				for i := range r.n {
					got[pair{r.tap, r.in + i, r.out + i}]++
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("%dx%d: pairs %v; want %v", h, w, got, want)
			}
			if len(used)+len(g.unused()) != 9 || slices.ContainsFunc(g.unused(), func(tap int) bool { return used[tap] }) {
				t.Errorf("%dx%d: taps %v are used, %v are not", h, w, used, g.unused())
			}
		}
	}
}

// Timings from before taps are kept, but for those of small maps, which are measured anew.
func TestTimingsFromBeforeTaps(t *testing.T) {
	e, net := open(t), tiny(2, 2, false)
	net.Layers = slices.Insert(net.Layers, 0, nn.Layer{Name: "first", Op: nn.Conv2D{Out: 3, Kernel: 3, Stride: 1, Pad: 1}},
		nn.Layer{Name: "pool", Op: nn.MaxPool{Kernel: 4, Stride: 4}})
	net.Input = []int{3, 8, 8}
	net.Layers[6].Inputs = []int{4, 5}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := cachePath(e.(*Engine).info, 1)
	large, small := "forward n9 3x8x8 to 3x8x8 k3 s1 p1 bias=false", "forward n9 3x2x2 to 5x2x2 k3 s1 p1 bias=true"
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(t, os.WriteFile(path, []byte(`{"`+large+`":{"choice":"winograd","direct_ms":1000,"winograd_ms":1},
		"`+small+`":{"choice":"direct","direct_ms":1000,"winograd_ms":2000}}`), 0o644))
	var lines []string
	compile(t, e, net, 9, engine.Options{Threads: 1, Log: func(line string) { lines = append(lines, line) }})
	after, err := readTimings(path)
	check(t, err)
	if got, want := after[large], (timing{Choice: winograd, Direct: 1000, Winograd: 1}); !reflect.DeepEqual(got, want) || len(lines) > 0 {
		t.Errorf("the timing of a large map became %+v, log %q; want %+v", got, lines, want)
	}
	if got := after[small]; got.Taps == 0 || got.Direct == 1000 {
		t.Errorf("the timing of a small map is %+v; want one with taps", got)
	}
}

// The gradient of a tap that meets padding only is zero in every step, whatever Reduce left there.
func TestUnusedTaps(t *testing.T) {
	e, net := open(t), tiny(1, 1, false)
	force(t, e, net, 3, everywhere...)
	var seen [][]float32
	m := compile(t, e, net, 3, engine.Options{Threads: 1, Reduce: func(grad []float32) error {
		seen = append(seen, slices.Clone(grad))
		for i := range grad {
			grad[i] = 1
		}
		return nil
	}})
	for range 2 {
		_, err := m.Step(batch(net, 3, 1), engine.Hyper{})
		check(t, err)
	}
	if !slices.Equal(seen[0], seen[1]) {
		t.Error("the gradients of a second, equal step differ")
	}
	for i, v := range seen[0][:9] { // conv0.weight [5 3 3 3]: the window of one pair of channels
		if (v == 0) != (i != centre) {
			t.Errorf("the gradient of tap %d is %v", i, v)
		}
	}
}
