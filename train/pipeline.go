package train

import (
	"errors"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
)

// inFlight is the number of steps that stay under way, on a model that can queue them, while the next
// one is begun.
const inFlight = 3

// pipeline makes steps, several at once where the model can, and hands over their results in order.
type pipeline struct {
	model   engine.Model
	done    func(made, engine.StepStats)
	waiting []made
}

// made is a step that was begun.
type made struct {
	number int
	batch  data.Batch // its Index and Weight; X and Y belong to the next batch
	lr     float64
	wait   func() (engine.StepStats, error)
}

// step begins a step, and finishes the oldest if too many are under way.
func (p *pipeline) step(number int, b data.Batch, h engine.Hyper, lr float64) error {
	s := made{number: number, batch: data.Batch{Weight: b.Weight, Index: b.Index}, lr: lr}
	q, ok := p.model.(engine.Queuer)
	if !ok {
		stats, err := p.model.Step(b, h)
		s.wait = func() (engine.StepStats, error) { return stats, err }
		return p.finish(s)
	}
	var err error
	if s.wait, err = q.Enqueue(b, h); err != nil {
		return errors.Join(p.drain(), stepError(number, s.batch, lr, err))
	}
	if p.waiting = append(p.waiting, s); len(p.waiting) <= inFlight {
		return nil
	}
	return p.oldest()
}

// oldest finishes the step that was begun first. After one that failed the others are waited for,
// too; they changed nothing.
func (p *pipeline) oldest() error {
	s := p.waiting[0]
	p.waiting = p.waiting[1:]
	err := p.finish(s)
	if err != nil {
		for _, s := range p.waiting {
			_, _ = s.wait() // it fails because s failed
		}
		p.waiting = nil
	}
	return err
}

// drain finishes all steps.
func (p *pipeline) drain() error {
	for len(p.waiting) > 0 {
		if err := p.oldest(); err != nil {
			return err
		}
	}
	return nil
}

// finish waits for a step and hands over its result.
func (p *pipeline) finish(s made) error {
	stats, err := s.wait()
	if err != nil {
		return stepError(s.number, s.batch, s.lr, err)
	}
	p.done(s, stats)
	return nil
}
