package data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// numbers is a source of n samples [2], sample i being (i, -i) with label i mod 3; sample bad
// cannot be read.
type numbers struct{ n, bad int }

func (s numbers) Len() int          { return s.n }
func (s numbers) Classes() []string { return []string{"a", "b", "c"} }
func (s numbers) Shape() []int      { return []int{2} }
func (s numbers) Label(i int) int   { return i % 3 }
func (s numbers) Sample(i int, dst []float32) error {
	if i == s.bad {
		return errors.New("unreadable")
	}
	dst[0], dst[1] = float32(i), float32(-i)
	return nil
}

// noise is a transform to [3]: both values and a random number.
type noise struct{}

func (noise) Shape([]int) ([]int, error) { return []int{3}, nil }
func (noise) Apply(dst, src []float32, _ []int, r *rand.Rand) {
	copy(dst, src)
	dst[2] = r.Float32()
}

func loader(t testing.TB, src Source, tr Transform, batch, workers int) *Loader {
	t.Helper()
	l, err := NewLoader(src, tr, batch, workers)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// collect runs an epoch and joins its batches.
func collect(l *Loader, order []int, weights []float32, seed uint64) (all Batch, sizes []int, err error) {
	for b, err := range l.Epoch(context.Background(), order, weights, seed) {
		if err != nil {
			return all, sizes, err
		}
		all.X = append(all.X, b.X...)
		all.Y = append(all.Y, b.Y...)
		all.Weight = append(all.Weight, b.Weight...)
		all.Index = append(all.Index, b.Index...)
		sizes = append(sizes, b.Len())
	}
	return all, sizes, nil
}

func shuffled(n int, seed uint64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	Shuffle(order, rand.New(rand.NewPCG(seed, 0)))
	return order
}

func TestEpochYieldsTheOrder(t *testing.T) {
	order := append(shuffled(10, 1), 3, 3)
	weights := make([]float32, len(order))
	for i := range weights {
		weights[i] = float32(i) / 2
	}
	for _, batch := range []int{1, 5, 12, 1 << 40} {
		all, sizes, err := collect(loader(t, numbers{10, -1}, nil, batch, 2), order, weights, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(batch, len(order)); sizes[0] != want {
			t.Errorf("batch %d: first batch has %d samples; want %d", batch, sizes[0], want)
		}
		if !slices.Equal(all.Index, order) || !slices.Equal(all.Weight, weights) {
			t.Errorf("batch %d: index %v, weight %v", batch, all.Index, all.Weight)
		}
		for pos, i := range order {
			if all.X[2*pos] != float32(i) || all.X[2*pos+1] != float32(-i) || int(all.Y[pos]) != i%3 {
				t.Errorf("batch %d, position %d: %v, label %d; want sample %d", batch, pos, all.X[2*pos:2*pos+2], all.Y[pos], i)
			}
		}
	}
	if _, sizes, err := collect(loader(t, numbers{10, -1}, nil, 5, 2), nil, nil, 1); len(sizes) != 0 || err != nil {
		t.Errorf("an empty order gave %v, %v", sizes, err)
	}
}

func TestNoLastBatchOfOne(t *testing.T) {
	for n, want := range map[int][]int{1: {1}, 3: {3}, 4: {2, 2}, 7: {3, 2, 2}, 8: {3, 3, 2}} {
		_, sizes, err := collect(loader(t, numbers{10, -1}, nil, 3, 2), shuffled(n, 1), nil, 1)
		if err != nil || !slices.Equal(sizes, want) {
			t.Errorf("%d samples in batches of 3: %v, %v; want %v", n, sizes, err, want)
		}
	}
}

func TestWorkersDoNotChangeTheBits(t *testing.T) {
	order := shuffled(1000, 2)
	want, _, err := collect(loader(t, numbers{1000, -1}, noise{}, 7, 1), order, nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{0, 2, 3, 16} {
		l := loader(t, numbers{1000, -1}, noise{}, 7, workers)
		for range 2 { // the second pass uses recycled memory
			if got, _, err := collect(l, order, nil, 5); err != nil || !slices.Equal(got.X, want.X) {
				t.Fatalf("%d workers: other bits than with 1 (%v)", workers, err)
			}
		}
	}
	if other, _, _ := collect(loader(t, numbers{1000, -1}, noise{}, 7, 1), order, nil, 6); slices.Equal(other.X, want.X) {
		t.Error("another seed gave the same noise")
	}
}

// TestNeighboursAreIndependent looks at the numbers that neighbouring positions, and one position
// under neighbouring seeds, draw: pairs must fill a 10 x 10 table evenly. Chi-square with 99
// degrees of freedom exceeds 149 once in a thousand; the seeds are fixed.
func TestNeighboursAreIndependent(t *testing.T) {
	draw := func(seed uint64) []float32 {
		all, _, err := collect(loader(t, numbers{20000, -1}, noise{}, 512, 1), shuffled(20000, 3), nil, seed)
		if err != nil {
			t.Fatal(err)
		}
		var u []float32
		for i := 2; i < len(all.X); i += 3 {
			u = append(u, all.X[i])
		}
		return u
	}
	a, b := draw(7), draw(8)
	for name, other := range map[string][]float32{"next position": a[1:], "next seed": b} {
		var count [100]int
		for i, v := range other {
			count[int(a[i]*10)*10+int(v*10)]++
		}
		chi, expect := 0.0, float64(len(other))/100
		for _, n := range count {
			chi += (float64(n) - expect) * (float64(n) - expect) / expect
		}
		if chi > 149 {
			t.Errorf("%s: chi-square %.0f", name, chi)
		}
	}
}

func TestBatchSurvivesUntilTheNext(t *testing.T) {
	l := loader(t, numbers{1000, -1}, nil, 10, 4)
	for b, err := range l.Epoch(context.Background(), shuffled(1000, 4), nil, 1) {
		if err != nil {
			t.Fatal(err)
		}
		x := slices.Clone(b.X)
		time.Sleep(100 * time.Microsecond) // the workers run ahead
		if !slices.Equal(x, b.X) {
			t.Fatal("a batch changed while it was in use")
		}
	}
}

// A function of whole batches gets each once, complete, with its number in the epoch, wherever that
// begins and however many workers there are; what it returns is what is yielded.
func TestWholeBatches(t *testing.T) {
	order, weights := shuffled(103, 5), make([]float32, 103)
	whole := func(k int, b Batch) Batch {
		for i := range b.X {
			b.X[i] += float32(1000 * k)
		}
		b.Targets = append([]float32{float32(k)}, b.Weight...)
		return b
	}
	for i := range weights {
		weights[i] = float32(i)
	}
	for _, first := range []int{0, 4} {
		for _, workers := range []int{1, 5} {
			k := first
			for b, err := range loader(t, numbers{103, -1}, nil, 10, workers).EpochFrom(context.Background(), first, order, weights, 1, whole) {
				if err != nil {
					t.Fatal(err)
				}
				for i, at := range b.Index {
					if b.X[2*i] != float32(at+1000*k) || b.Targets[0] != float32(k) || b.Targets[1+i] != float32(10*k+i) {
						t.Fatalf("batch %d, sample %d: X %v, targets %v", k, at, b.X[2*i], b.Targets)
					}
				}
				k++
			}
			if k != 11 {
				t.Errorf("from %d: %d batches; want 11", first, k)
			}
		}
	}
}

func TestSourceErrorEndsTheEpoch(t *testing.T) {
	order := []int{0, 1, 2, 3, 4, 5, 6, 7}
	all, sizes, err := collect(loader(t, numbers{8, 5}, noise{}, 2, 3), order, nil, 1)
	if err == nil || err.Error() != "sample 5: unreadable" {
		t.Errorf("error %v; want sample 5: unreadable", err)
	}
	if len(sizes) != 2 || all.Len() != 4 {
		t.Errorf("batches of %v samples before the error; want two of 2", sizes)
	}
}

func TestCancelEndsTheEpoch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	batches := 0
	for _, err := range loader(t, numbers{1000, -1}, nil, 1, 2).Epoch(ctx, shuffled(1000, 1), nil, 1) {
		if batches++; batches == 3 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) || batches != 4 {
		t.Errorf("%d batches, last error %v; want 3 and context.Canceled", batches, last)
	}
}

func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	l := loader(t, numbers{1000, 900}, noise{}, 3, 8)
	for range 20 {
		for range l.Epoch(ctx, shuffled(1000, 1), nil, 1) {
			break
		}
		for range l.Epoch(ctx, shuffled(1000, 1), nil, 1) {
		}
	}
	func() {
		defer func() { recover() }()
		for range l.Epoch(ctx, shuffled(1000, 1), nil, 1) {
			panic("in the loop")
		}
	}()
	cancel()
	for range l.Epoch(ctx, shuffled(1000, 1), nil, 1) {
	}
	deadline := time.Now().Add(5 * time.Second) // the last of a goroutine may still be on its way out
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func TestNoAllocationPerSample(t *testing.T) {
	perEpoch := func(n int) float64 {
		l, order := loader(t, numbers{4096, -1}, noise{}, 64, 1), shuffled(4096, 1)[:n]
		return testing.AllocsPerRun(10, func() {
			for range l.Epoch(context.Background(), order, nil, 1) {
			}
		})
	}
	if short, long := perEpoch(512), perEpoch(4096); long > short+64 {
		t.Errorf("%v allocations for 512 samples, %v for 4096", short, long)
	}
}

func TestLoaderRefuses(t *testing.T) {
	for _, c := range []struct {
		src            Source
		batch, workers int
		want           string
	}{
		{numbers{0, -1}, 1, 1, "the data has no samples"},
		{numbers{5, -1}, 0, 1, "batch of 0 samples; want at least 1"},
		{numbers{5, -1}, 1, -1, "-1 loader workers"},
	} {
		if _, err := NewLoader(c.src, nil, c.batch, c.workers); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v; want %q", err, c.want)
		}
	}
	l := loader(t, numbers{5, -1}, nil, 2, 1)
	for want, err := range map[string]error{
		"position 1 of the order is sample 5; the data has 5 samples": second(collect(l, []int{0, 5}, nil, 1)),
		"2 weights for an order of 1 samples":                         second(collect(l, []int{0}, []float32{1, 2}, 1)),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error %v; want %q", err, want)
		}
	}
}

func second(_ Batch, _ []int, err error) error { return err }

func ExampleLoader_Epoch() {
	l, err := NewLoader(numbers{5, -1}, nil, 2, 1)
	if err != nil {
		panic(err)
	}
	for b, err := range l.Epoch(context.Background(), []int{4, 2, 0}, nil, 1) {
		if err != nil {
			panic(err)
		}
		fmt.Println(b.Index, b.Y, b.X)
	}
	// Output:
	// [4 2] [1 2] [4 -4 2 -2]
	// [0] [0] [0 0]
}
