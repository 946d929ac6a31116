package run

import "testing"

// New classes that were tested come the worst learnt first, those that lost the most lost first.
func TestExtensionInOrder(t *testing.T) {
	at := func(x float64) *float64 { return &x }
	e := Extension{Old: Growth{Classes: 3}, PerClass: []Change{
		{"same", Growth{Before: at(.5), After: at(.5)}}, {"little", Growth{Before: at(.5), After: at(.4)}}, {"much", Growth{Before: at(.9), After: at(.1)}},
		{"good", Growth{After: at(.8)}}, {"untested", Growth{}}, {"bad", Growth{After: at(0)}},
	}}
	names := func(all []Change) (text string) {
		for _, c := range all {
			text += c.Class + " "
		}
		return text
	}
	if got := names(e.Learnt()); got != "bad good " {
		t.Errorf("learnt: %s", got)
	}
	if got := names(e.Forgotten()); got != "much little " {
		t.Errorf("forgotten: %s", got)
	}
}
