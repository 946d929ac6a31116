package main

import (
	"strings"
	"testing"

	"github.com/local-to-global/lgl/run"
)

// What lgl extend prints at its end names the new class that was not learnt, and the way out.
func TestExtensionWarns(t *testing.T) {
	at := func(before, after float64) run.Growth {
		return run.Growth{Classes: 1, Samples: 8, Before: &before, After: &after}
	}
	fresh := func(after float64) run.Growth { return run.Growth{Classes: 1, Samples: 8, After: &after} }
	e := run.Extension{Run: "a", Stage: 5, Old: at(.9, .9), New: fresh(.4), All: at(.8, .7), PerClass: []run.Change{
		{Class: "ant", Growth: at(.9, .9)}, {Class: "fern", Growth: fresh(.75)}, {Class: "moss", Growth: fresh(0)}, {Class: "ash", Growth: run.Growth{Classes: 1}},
	}}
	e.All.Classes = 4
	for _, c := range []struct {
		warns int
		want  []string
	}{
		{2, []string{
			"new classes, the worst first: moss 0.00 %, fern 75.00 %\n",
			"warning: hardly learnt, with less than 10 % of the test samples right: moss; a larger --budget, more --epochs or more pictures",
			"warning: of all classes less is right than before, 70.00 % for 80.00 %: ",
		}},
		{0, []string{"new classes, the worst first: moss 10.00 %, fern 75.00 %\n"}},
	} {
		var b strings.Builder
		if err := writeExtension(&b, e); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("no %q in\n%s", want, b.String())
			}
		}
		if got := strings.Count(b.String(), "warning: "); got != c.warns {
			t.Errorf("%d warnings; want %d:\n%s", got, c.warns, b.String())
		}
		e.PerClass[2].Growth, e.All = fresh(.1), at(.8, .8)
	}
}
