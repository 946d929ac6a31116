package run

import (
	"fmt"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// Engine is an engine that was opened, and what a record says of it.
type Engine struct {
	engine.Engine
	Info record.Engine // Compile takes its Threads, and a resumed run is held to it
}

// Opener opens the engine that settings ask for, for a network. Whoever calls it closes the engine.
type Opener func(c config.Config, net nn.Net) (Engine, error)

// Line says which engine computes and why.
func (e Engine) Line() string {
	name := e.Info.Name
	if e.Info.Version != "" {
		name += " " + e.Info.Version
	}
	if e.Info.Name != "xla" { // which has threads for what it does on the processor, of its own number
		name += ", " + plural.Count(e.Info.Threads, "thread")
	}
	return fmt.Sprintf("engine %s: %s", name, e.Info.Why)
}

// Compile makes a model, with the threads of Info whatever o says, and notes there the algorithms that it chose to train with.
func (e *Engine) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	o.Threads = e.Info.Threads
	m, err := e.Engine.Compile(net, batch, o)
	if err != nil {
		return nil, err
	}
	if p, ok := m.(interface{ Plan() map[string]string }); ok && !o.Evaluation {
		e.Info.Plan = p.Plan()
	}
	return m, nil
}
