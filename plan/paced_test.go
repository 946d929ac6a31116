package plan

import (
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
)

// A plan in which no epoch would select is refused.
func TestSelfPacedPlanRefuses(t *testing.T) {
	for want, change := range map[string]func(*config.Config){
		"every epoch would train on all 60 samples": func(c *config.Config) { c.Batch = 60 },
		"use a smaller --pace-start or --batch":     func(c *config.Config) { c.PaceStart = 0.999 },
		"use at least 2 epochs":                     func(c *config.Config) { c.Epochs = 1 },
		"whose weights are 0 and 1":                 func(c *config.Config) { c.Weighting = "log" },
	} {
		c := settings()
		c.Method, c.Epochs, c.PaceFull, c.PaceStart, c.PaceWarmup, c.Batch = "spld", 6, 0.7, 0.4, 0, 8
		change(&c)
		if _, err := New(c, []int{20, 20, 20}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}
