package timing

import (
	"testing"
	"time"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
)

// watched is a model that tells of two parts.
type watched struct {
	engine.Model
	tell func(engine.Part)
}

func (w *watched) Watch(f func(engine.Part)) { w.tell = f }

func TestProfile(t *testing.T) {
	net := nn.Net{Name: "n", Input: []int{3}, Classes: 2, Layers: []nn.Layer{{Name: "head", Op: nn.Linear{Out: 2}}}}
	m := &watched{}
	p := profile{net: net, batch: 1000, rounds: 2}
	stop, err := p.watch(m)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m.tell(engine.Part{Name: "head forward", Implementation: "gemm", Took: time.Millisecond})
		m.tell(engine.Part{Name: "update", Took: 3 * time.Millisecond})
	}
	stop()
	got := p.table()
	want := []Part{{"update", "", 3, 0.75, 0}, {"head forward", "gemm", 1, 0.25, 2 * 6 * 1000 / 1e-3 / 1e9}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] || m.tell != nil {
		t.Errorf("%+v; want %+v", got, want)
	}
	if _, err := p.watch(&struct{ engine.Model }{}); err == nil {
		t.Error("a model that cannot tell")
	}
}
