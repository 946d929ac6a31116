package engine

import "time"

// Part is a part of a step or an evaluation: a primitive of a library, or what the engine does
// itself.
type Part struct {
	Name           string // layer and direction: "features.0 backward weights"; or "update"
	Implementation string // the library's name for what computes it; "" of the engine's own
	Took           time.Duration
}

// Watcher is a Model that can say where its time goes.
type Watcher interface {
	// Watch calls f after every part of what the model does from now on, in order; nil ends it.
	Watch(f func(Part))
}
