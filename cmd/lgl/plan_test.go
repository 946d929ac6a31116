package main

import (
	"context"
	"errors"
	"testing"

	"github.com/local-to-global/lgl/data"
)

// Ctrl-C while steps are timed ends lgl plan with the error of that.
func TestTimingInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := timeBatch(ctx, nil, data.Batch{}, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want %v", err, context.Canceled)
	}
}
