package main

import (
	"testing"

	"github.com/local-to-global/lgl/config"
)

// Half a baseline where that is 300 steps; more, up to a whole one, where it is fewer.
func TestUsualBudget(t *testing.T) {
	for _, test := range []struct {
		samples, epochs, batch int
		want                   float64
	}{
		{60000, 10, 64, 0.5}, {3840, 10, 64, 0.5}, {3000, 10, 64, 0.64}, {500, 10, 16, 0.96}, {500, 10, 64, 1}, {3000, 20, 64, 0.5},
	} {
		c := config.Config{Epochs: test.epochs, Batch: test.batch}
		if got := usualBudget(c, test.samples); got != test.want {
			t.Errorf("%d samples, %d epochs, batch %d: budget %v; want %v", test.samples, test.epochs, test.batch, got, test.want)
		}
	}
}
