package main

import (
	"slices"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine/xla"
)

// The precisions of settings are those that the engines have.
func TestPrecisions(t *testing.T) {
	asked, had := config.Words("precision"), xla.Precisions()
	if slices.Sort(asked); !slices.Equal(asked, slices.Sorted(slices.Values(had))) {
		t.Errorf("settings have %v, engines %v", asked, had)
	}
}
