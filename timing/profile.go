package timing

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/nn"
)

// Part is a part of a step, as JSON.
type Part struct {
	Part           string  `json:"part"`
	Implementation string  `json:"implementation"`
	MS             float64 `json:"ms"`     // mean over the rounds
	Share          float64 `json:"share"`  // of all parts
	GFLOPS         float64 `json:"gflops"` // GFLOP/s; 0 where no multiply-adds are counted
}

// Profile returns the parts of what do has m do, the slowest first: n rounds of batches of so many samples for net, as Steps or Logits
// makes them. An engine that cannot tell is an error.
func Profile(m engine.Model, net nn.Net, batch, n int, do func() error) ([]Part, error) {
	p := profile{net: net, batch: batch, rounds: n + uncounted}
	stop, err := p.watch(m)
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := do(); err != nil {
		return nil, err
	}
	return p.table(), nil
}

// profile gathers the parts of so many rounds.
type profile struct {
	net    nn.Net
	batch  int
	rounds int
	parts  []engine.Part // one a name, with the sum of their times
	at     map[string]int
}

// watch starts to gather, and returns what ends it; an engine that cannot tell is an error.
func (p *profile) watch(m engine.Model) (stop func(), err error) {
	w, ok := m.(engine.Watcher)
	if !ok {
		return nil, failure.Usage(errors.New("--profile: this engine does not say where its time goes; onednn does"))
	}
	p.at = map[string]int{}
	w.Watch(func(part engine.Part) {
		i, known := p.at[part.Name]
		if !known {
			i = len(p.parts)
			p.at[part.Name] = i
			p.parts = append(p.parts, engine.Part{Name: part.Name, Implementation: part.Implementation})
		}
		p.parts[i].Took += part.Took
	})
	return func() { w.Watch(nil) }, nil
}

// table lists the parts, the slowest first.
func (p *profile) table() []Part {
	var all time.Duration
	for _, part := range p.parts {
		all += part.Took
	}
	out := []Part{}
	for _, part := range p.parts {
		each := part.Took / time.Duration(p.rounds)
		out = append(out, Part{part.Name, part.Implementation, Milliseconds(each), float64(part.Took) / float64(all), p.speed(part.Name, each)})
	}
	slices.SortStableFunc(out, func(a, b Part) int { return cmp.Compare(b.MS, a.MS) })
	return out
}

// speed is the GFLOP/s of a convolution or product that took so long.
func (p *profile) speed(name string, took time.Duration) float64 {
	layer, direction, _ := strings.Cut(name, " ")
	i := slices.IndexFunc(p.net.Layers, func(l nn.Layer) bool { return l.Name == layer })
	counted := slices.Contains([]string{"forward", "backward data", "backward weights"}, direction)
	if i < 0 || took == 0 || !counted {
		return 0
	}
	return 2 * float64(p.net.LayerMACs()[i]) * float64(p.batch) / took.Seconds() / 1e9
}
