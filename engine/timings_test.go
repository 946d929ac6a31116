package engine_test

import (
	"testing"

	"github.com/local-to-global/lgl/engine"
)

// timed is a model that tells what it was chosen by.
type timed struct {
	engine.Model
	text string
}

func (t timed) Timings() []byte { return []byte(t.text) }

// Timings of several models are one object with the entries of all.
func TestTimings(t *testing.T) {
	silent := struct{ engine.Model }{}
	a, b := timed{text: `{"forward x": {"choice": "direct"}, "both": 1}`}, timed{text: `{"inference y": {"choice": "taps"}, "both": 1}`}
	if got := engine.Timings(silent); got != nil {
		t.Errorf("timings %s of a model that has none", got)
	}
	const want = `{"both":1,"forward x":{"choice":"direct"},"inference y":{"choice":"taps"}}`
	if got := string(engine.Timings(a, silent, b)); got != want {
		t.Errorf("timings %s; want %s", got, want)
	}
}
