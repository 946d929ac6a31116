package reference_test

import (
	"slices"
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn/zoo"
)

// The bits do not depend on the number of threads: not where the tiles of a convolution end within a
// sample, either, and its windows overlap.
func TestThreadsKeepBits(t *testing.T) {
	o := zoo.Options{Input: []int{1, 28, 28}, Classes: 10, Width: 0.5}
	const batch = 7
	train := func(threads int) engine.Model {
		m, b := stepper(t, "smallcnn", o, batch, threads)
		step(t, m, b)
		return m
	}
	want, err := train(1).Save()
	if err != nil {
		t.Fatal(err)
	}
	for threads := 2; threads <= batch; threads++ {
		got, err := train(threads).Save()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range want.Names() {
			if !slices.Equal(got[name].Data, want[name].Data) {
				t.Errorf("%s has other bits on %d threads than on one", name, threads)
			}
		}
	}
}
