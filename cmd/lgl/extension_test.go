package main

import (
	"bytes"
	"strings"
	"testing"
)

// The new classes that were learnt least are named, and one that was hardly learnt is told.
func TestLeastLearnt(t *testing.T) {
	after := func(class string, top1 float64) change {
		return change{class, growth{Classes: 1, Samples: 8, After: &top1}}
	}
	e := &extension{Old: growth{Classes: 1}, PerClass: []change{after("old", 0), after("poppy", 0.8), after("marigold", 0.05)}}
	var b bytes.Buffer
	if err := e.write(&b); err != nil || !strings.Contains(b.String(), "least was learnt of: marigold 0.0500, poppy 0.8000\nsome new class was hardly learnt: try") {
		t.Errorf("%v:\n%s", err, b.String())
	}
}
