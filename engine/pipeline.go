package engine

import "github.com/local-to-global/lgl/data"

// Queuer is a Model that can have several batches under way, so that the device does not wait for the
// host: while it works, the next batch is prepared.
type Queuer interface {
	// Enqueue takes a step, with the meaning of Model.Step, which begins now, with the next one, or when
	// it is waited for. It returns a function that waits for its end, to be called once for each step,
	// in their order. The batch may be changed when Enqueue returns. After a step that failed, as one
	// whose numbers are not finite, the steps behind it change nothing and fail, until all have been
	// waited for. Save, Load, Logits and Close may be called only then.
	Enqueue(b data.Batch, h Hyper) (wait func() (StepStats, error), err error)
	// EnqueueLogits takes a batch, with the meaning of Model.Logits, in the same way; dst is written before
	// wait returns. While batches are under way here, no other method may be called.
	EnqueueLogits(b data.Batch, dst []float32) (wait func() error, err error)
}

// inFlight is the number of batches that stay under way, on a model that can queue them, while the next
// one is begun.
const inFlight = 3

// Pipeline makes steps, or passes for logits, several at once where the model is a Queuer, and finishes them in order.
type Pipeline struct {
	Model   Model
	waiting []begun
}

// begun is a step or a pass under way, and what is to be done with its result.
type begun struct {
	wait   func() (StepStats, error)
	finish func(StepStats, error) error
}

// Step begins a step, and finishes the oldest if too many are under way. finish gets the step's
// result, now or in a later call; its error is returned by the call that finishes the step. Losses
// are valid within finish only.
func (p *Pipeline) Step(b data.Batch, h Hyper, finish func(StepStats, error) error) error {
	q, ok := p.Model.(Queuer)
	if !ok {
		return finish(p.Model.Step(b, h))
	}
	wait, err := q.Enqueue(b, h)
	return p.push(begun{wait, finish}, err)
}

// Logits begins a pass for the logits [N K] of a batch, and finishes the oldest if too many are under way. finish is called
// when dst is written, now or in a later call; its error is returned by the call that finishes the pass. Steps and passes are
// not under way at once: Drain comes between.
func (p *Pipeline) Logits(b data.Batch, dst []float32, finish func(error) error) error {
	q, ok := p.Model.(Queuer)
	if !ok {
		return finish(p.Model.Logits(b, dst))
	}
	wait, err := q.EnqueueLogits(b, dst)
	return p.push(begun{
		wait:   func() (StepStats, error) { return StepStats{}, wait() },
		finish: func(_ StepStats, err error) error { return finish(err) },
	}, err)
}

// push puts what was begun behind the others, or, where it could not be, finishes these and then it.
func (p *Pipeline) push(b begun, err error) error {
	if err != nil {
		if before := p.Drain(); before != nil {
			return before // of which this one comes
		}
		return b.finish(StepStats{}, err)
	}
	if p.waiting = append(p.waiting, b); len(p.waiting) <= inFlight {
		return nil
	}
	return p.oldest()
}

// oldest finishes what was begun first. After a step that failed the others are waited for,
// too; they changed nothing.
func (p *Pipeline) oldest() error {
	s := p.waiting[0]
	p.waiting = p.waiting[1:]
	err := s.finish(s.wait())
	if err != nil {
		for _, s := range p.waiting {
			_, _ = s.wait() // a step fails because the one before failed
		}
		p.waiting = nil
	}
	return err
}

// Drain finishes all that is under way.
func (p *Pipeline) Drain() error {
	for len(p.waiting) > 0 {
		if err := p.oldest(); err != nil {
			return err
		}
	}
	return nil
}
