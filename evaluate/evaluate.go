// Package evaluate asks a model about samples, in evaluation mode without augmentation.
//
//  1. New joins a model, a data.Source and the plain transform to a Probe;
//  2. the samples asked about pass through the model in batches, and package metric reads a row
//     of logits for each;
//  3. what comes back: losses, entropies and mean softmax for a curriculum, whose Probe it is;
//     entropies by class; accuracy over the whole source;
//  4. a trainer tells it the losses of its steps (Remember), which cost no pass.
//
// A number that is not finite comes back as an error that says so. NaN comes back only where there
// was nothing to measure: for a class without samples, a sample never trained on.
package evaluate

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
)

// Probe asks a model about the samples of a source.
type Probe struct {
	model   engine.Model
	loader  *data.Loader
	source  data.Source
	classes int
	last    []float32 // [N] loss of each sample when last trained on, NaN: never; nil: none was
	// Forwarded counts the samples passed through the model so far.
	Forwarded int64
	// Batch, if not nil, is called after each batch of a pass with how many of its samples are done.
	Batch func(done, of int)
}

// New returns a Probe of batches of up to batch samples, transformed by plain and prepared by so
// many workers (0: one per core).
func New(m engine.Model, src data.Source, plain data.Transform, batch, workers int) (*Probe, error) {
	l, err := data.NewLoader(src, plain, batch, workers)
	if err != nil {
		return nil, err
	}
	return &Probe{model: m, loader: l, source: src, classes: len(src.Classes())}, nil
}

// Shape returns the shape of the samples that the model is given.
func (p *Probe) Shape() []int { return p.loader.Shape() }

// forward calls visit with the position, label and logits [K] of each of the samples, in order.
func (p *Probe) forward(ctx context.Context, samples []int, visit func(i, label int, logits []float32)) error {
	pipe, read := engine.Pipeline{Model: p.model}, reading{probe: p, visit: visit, of: len(samples)}
	for b, err := range p.loader.Epoch(ctx, samples, nil, 0) {
		if err == nil {
			r := read.rows(b)
			err = pipe.Logits(b, r.logits, func(err error) error { return read.finish(r, err) })
		}
		if err != nil {
			_ = pipe.Drain() // nothing is left under way
			return err
		}
	}
	if err := pipe.Drain(); err != nil {
		return err
	}
	p.Forwarded += int64(len(samples))
	return nil
}

// reading is a pass over samples while it is made.
type reading struct {
	probe    *Probe
	visit    func(i, label int, logits []float32)
	done, of int    // samples
	spare    []rows // of batches that are finished
}

// rows holds the labels of a batch, which is gone when its logits [N K] are there, and these.
type rows struct {
	labels []int32
	logits []float32
}

// rows returns rows for a batch, spare ones if there are any.
func (x *reading) rows(b data.Batch) (r rows) {
	if last := len(x.spare) - 1; last >= 0 {
		r, x.spare = x.spare[last], x.spare[:last]
	}
	n := b.Len() * x.probe.classes
	return rows{append(r.labels[:0], b.Y...), slices.Grow(r.logits[:0], n)[:n]}
}

// finish visits the samples of a batch whose logits are there, or could not be had.
func (x *reading) finish(r rows, err error) error {
	if err != nil {
		return err
	}
	k := x.probe.classes
	for i, label := range r.labels {
		x.visit(x.done+i, int(label), r.logits[i*k:(i+1)*k])
	}
	x.done, x.spare = x.done+len(r.labels), append(x.spare, r)
	if x.probe.Batch != nil {
		x.probe.Batch(x.done, x.of)
	}
	return nil
}

// finite reports the first of the values that is not finite. format names one by its number; it is used for
// that one alone, for there are as many as samples.
func finite(format string, numbers []int, values []float64) error {
	for i, v := range values {
		if !isFinite(v) {
			return notFinite(fmt.Sprintf(format, numbers[i]), v)
		}
	}
	return nil
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// notFinite is the error of a number that is not finite.
func notFinite(what string, v float64) error {
	return fmt.Errorf("%w: the weights give no finite logits; train with a smaller --lr",
		&engine.NotFiniteError{What: what, Index: -1, Value: float32(v)})
}
