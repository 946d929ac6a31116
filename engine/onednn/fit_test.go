package onednn

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/local-to-global/lgl/engine"
)

func TestFits(t *testing.T) {
	net := build(t, "vgg16", []int{3, 32, 32}, 100, 1)
	_, sample := net.Activations()
	for _, c := range []struct {
		free int64
		want int
	}{
		{int64(4*sample) * 100, 64}, {int64(4*sample)*64 - 1, 32}, {int64(4 * sample), 1}, {int64(4*sample) - 1, 0},
		{int64(4*sample) * 1000, 64}, // the batch of 128 did not fit
	} {
		if got := fits(net, 128, c.free); got != c.want {
			t.Errorf("%d bytes: %d; want %d", c.free, got, c.want)
		}
	}
}

// An error of memory says what there is, where that is known, and the way out that there is.
func TestExplain(t *testing.T) {
	all := available
	t.Cleanup(func() { available = all })
	net := build(t, "vgg16", []int{3, 32, 32}, 100, 1)
	for _, c := range []struct {
		free       int64
		evaluation bool
		want       string
	}{
		{1 << 30, false, "mmap: cannot allocate memory (1024 MB are available); --batch 256 would fit"},
		{1 << 20, false, "mmap: cannot allocate memory (1 MB are available); use a smaller batch or network"},
		{0, false, "mmap: cannot allocate memory; use a smaller batch or network"},
		{1 << 30, true, "mmap: cannot allocate memory (1024 MB are available); end other programs that hold memory, or take a machine that has more"},
	} {
		available = func() int64 { return c.free }
		m := &model{net: net, batch: 1 << 20, options: engine.Options{Evaluation: c.evaluation}}
		if said := m.explain(fmt.Errorf("mmap: %w", syscall.ENOMEM)).Error(); said != c.want {
			t.Errorf("%q; want %q", said, c.want)
		}
	}
}

// Evaluation is not refused for the activations that training keeps.
func TestCheckMemoryOfEvaluation(t *testing.T) {
	all := available
	t.Cleanup(func() { available = all })
	net := build(t, "vgg16", []int{3, 32, 32}, 100, 1)
	available = func() int64 { return 4 * 64 * int64(largest(net)) }
	for _, c := range []struct {
		batch      int
		evaluation bool
		fits       bool
	}{{64, false, false}, {64, true, true}, {65, true, false}} {
		if err := checkMemory(net, c.batch, c.evaluation); (err == nil) != c.fits {
			t.Errorf("batch %d, evaluation %v: %v", c.batch, c.evaluation, err)
		}
	}
}
