package train

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/mix"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/record"
)

// pass is the training of one epoch while it runs.
type pass struct {
	*trainer
	st       *stage
	epoch    int // of the stage, from 1
	at       *checkpoint.Within
	before   checkpoint.Within // where it began, which is not the epoch's beginning if it was resumed
	begun    time.Time
	pipe     engine.Pipeline
	hyper    engine.Hyper
	number   int // steps begun
	asked    int // samples of these
	progress Progress
}

// steps trains on the samples of order, from at on, which it moves on.
func (t *trainer) steps(ctx context.Context, st *stage, epoch int, order []int, at *checkpoint.Within) error {
	p := t.newPass(st, epoch, len(order), at)
	defer p.clock()
	augment := seed.Derive(t.seedOrder, "augment", uint64(st.number), uint64(epoch))
	for b, err := range t.loader.EpochFrom(ctx, at.Steps, order, st.WeightsOf(order), augment, t.mixing(st, epoch)) {
		if err == nil {
			err = p.step(b)
		}
		if err != nil {
			return p.leave(ctx, err)
		}
		if t.due() {
			if err := p.keep(); err != nil {
				return err
			}
		}
	}
	return p.pipe.Drain()
}

// mixing returns what is done to the batches of an epoch as a whole; nil for nothing.
func (t *trainer) mixing(st *stage, epoch int) func(int, data.Batch) data.Batch {
	m := mix.Mix{Alpha: t.Config.Mixup, Smoothing: t.Config.LabelSmoothing, Classes: t.Net.Classes, Active: st.outputs()}
	if m.Nothing() {
		return nil
	}
	return func(k int, b data.Batch) data.Batch {
		return m.Apply(b, seed.Stream(t.seedOrder, "mixup", uint64(st.number), uint64(epoch), uint64(k)))
	}
}

// newPass begins, or goes on with, an epoch of so many samples.
func (t *trainer) newPass(st *stage, epoch, total int, at *checkpoint.Within) *pass {
	p := &pass{
		trainer: t, st: st, epoch: epoch, at: at, before: *at, begun: time.Now(), number: at.Steps, asked: at.Samples,
		pipe:     engine.Pipeline{Model: t.Model},
		hyper:    engine.Hyper{Momentum: float32(t.Config.Momentum), WeightDecay: float32(t.Config.WeightDecay), Active: st.outputs()},
		progress: Progress{Stage: st.number, Stages: len(t.Plan.Stages), Epoch: epoch, Epochs: st.stop.Planned(len(st.samples)), Total: total},
	}
	if t.skips() {
		p.pipe.Model = struct{ engine.Model }{t.Model} // no step begins before the one ahead is known to be finite
	}
	return p
}

// skips reports whether the run goes on after a step that is not finite.
func (t *trainer) skips() bool { return t.Config.OnNaN == "skip" }

// step begins a step, and finishes it, or one before it.
func (p *pass) step(b data.Batch) error {
	b, forwarded, err := p.Teacher.Teach(b)
	if err != nil {
		return err
	}
	b = p.weights.Apply(b)
	p.number++
	lr := p.rate(p.st, p.asked)
	p.asked += b.Len()
	p.hyper.LR = float32(lr)
	p.hyper.Seed = seed.Derive(p.seedInit, "dropout", uint64(p.st.number), uint64(p.epoch), uint64(p.number))
	number, of := p.number, data.Batch{Weight: b.Weight, Index: b.Index} // X and Y will be the next batch's
	return p.pipe.Step(b, p.hyper, func(stats engine.StepStats, err error) error {
		if err != nil {
			return p.failed(number, of, stepError(number, of, lr, err))
		}
		p.probe.Forwarded += forwarded
		p.made(number, of, stats)
		return nil
	})
}

// made counts a step.
func (p *pass) made(number int, b data.Batch, stats engine.StepStats) {
	p.passed(number, b)
	p.probe.Remember(b.Index, stats.Losses)
	p.at.Sum += mix.WeightedSum(stats.Losses, b.Weight)
	p.result.SamplesSeen += int64(len(b.Index))
	if p.Step == nil {
		return
	}
	p.progress.Done, p.progress.Loss = p.at.Samples, p.at.Loss()
	p.progress.ImagesPerSecond = float64(p.at.Samples-p.before.Samples) / time.Since(p.begun).Seconds()
	p.Step(p.progress)
}

// failed passes on the error of a step, or, where those that are not finite are skipped, warns.
func (p *pass) failed(number int, b data.Batch, err error) error {
	if !p.skips() || !errors.As(err, new(*engine.NotFiniteError)) {
		return err
	}
	p.passed(number, b)
	p.at.Skipped += len(b.Index)
	return p.emit(record.Warning{Text: fmt.Sprintf("stage %d, epoch %d: skipped: %v", p.st.number, p.epoch, err)})
}

// passed counts a step that was made or skipped.
func (p *pass) passed(number int, b data.Batch) {
	if number == 1 {
		p.st.epochs++
		p.trainer.epoch++
		p.st.entropy, p.st.byClass, p.st.tested = nil, nil, checkpoint.Tested{} // of the weights before
	}
	p.at.Steps, p.at.Samples = number, p.at.Samples+len(b.Index)
}

// clock brings the seconds of the epoch's steps up to date.
func (p *pass) clock() { p.at.Seconds = p.before.Seconds + time.Since(p.begun).Seconds() }

// keep makes a checkpoint after the steps begun so far.
func (p *pass) keep() error {
	if err := p.pipe.Drain(); err != nil {
		return err
	}
	return p.save()
}

// save makes a checkpoint, whose time is none of training.
func (p *pass) save() error {
	p.clock()
	begun := time.Now()
	err := p.keepAt(p.st, p.at)
	p.begun = p.begun.Add(time.Since(begun))
	return err
}

// leave ends the epoch because of err; what an interrupted one has done is kept.
func (p *pass) leave(ctx context.Context, err error) error {
	if err = errors.Join(p.pipe.Drain(), err); !interrupted(ctx, err) {
		return err
	}
	return after(err, p.save())
}

// stepError says where a step failed and, if it diverged, what to do.
func stepError(step int, b data.Batch, lr float64, err error) error {
	var bad *engine.NotFiniteError
	if !errors.As(err, &bad) {
		return fmt.Errorf("step %d: %w", step, err)
	}
	ids := fmt.Sprint(b.Index[:min(len(b.Index), 8)])
	if len(b.Index) > 8 {
		ids += fmt.Sprintf(" and %d more", len(b.Index)-8)
	}
	culprit := ""
	if bad.Index >= 0 {
		culprit = fmt.Sprintf(" (training sample %d)", b.Index[bad.Index])
	}
	return fmt.Errorf("step %d: %w%s; the batch holds training samples %s; the step was not made and the weights before it are kept; use a smaller --lr, it is %.3g now",
		step, err, culprit, ids, lr)
}
