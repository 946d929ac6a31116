package main

import (
	"fmt"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/plan"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/train"
)

// narrator tells what a run does: a line for each stage, and on a terminal the progress line.
type narrator struct {
	app    *app
	name   string                   // of one of several runs, for whose engine and stages there is no line; "": the only one
	follow func(seen, before int64) // takes the samples seen so far, and before this process, instead of the progress line
	began  time.Time

	plan   plan.Plan
	epoch  record.EpochEnded // the last
	seen   int64             // samples of the epochs before this one
	before int64             // samples of a run that was resumed, before that
	where  string            // in the run the last step was, for the progress line
	speed  speed

	pass    func(done, all int) // shows the pass that does not train
	passing string              // which that is
}

var _ record.Sink = (*narrator)(nil)

// begin takes what is known when training begins.
func (n *narrator) begin(engine string, p plan.Plan) {
	n.plan = p
	n.began = time.Now()
	n.line(engine)
}

// resumed takes where a run goes on.
func (n *narrator) resumed(p checkpoint.Position, number int) {
	n.seen = p.Result.SamplesSeen
	if p.Stage != nil && p.Stage.Within != nil {
		n.seen -= int64(p.Stage.Within.Samples)
	}
	n.before = p.Result.SamplesSeen
	n.line(fmt.Sprintf("resumed from checkpoint %d: %s, %s begun", number, plural.Count(p.Result.SamplesSeen, "sample"), plural.Count(p.Epoch, "epoch")))
}

// Emit tells of an event.
func (n *narrator) Emit(e record.Event) error {
	switch e := e.(type) {
	case record.StageStarted:
		if e.Note != "" {
			n.line(fmt.Sprintf("stage %d: %s", e.Stage, e.Note))
		}
	case record.EpochEnded:
		n.line(n.speed.slower(e, e.SamplesSeen-n.seen))
		n.epoch, n.seen = e, e.SamplesSeen
	case record.StageEnded:
		if e.Reason == "interrupted" || e.Reason == "not-finite" || e.Reason == "error" {
			break // the command's error tells it
		}
		n.line(fmt.Sprintf("stage %d of %d: %s, train loss %.4f, test top-1 %s (%s on its classes), %s",
			e.Stage, len(n.plan.Stages), plural.Count(e.Epochs, "epoch"), n.epoch.TrainLoss, percent(top1(n.epoch.Test).Top1), percent(top1(n.epoch.Test).Top1Active), seconds(n.epoch.Seconds)))
	case record.Warning:
		n.app.say("warning: " + n.named(e.Text))
	}
	return nil
}

// named puts the name of a run among several before what is said of it.
func (n *narrator) named(text string) string {
	if n.name == "" {
		return text
	}
	return n.name + ": " + text
}

// top1 is an accuracy that may not be known.
func top1(a *record.Accuracy) record.Accuracy {
	if a == nil {
		return record.Accuracy{}
	}
	return *a
}

// line tells of the engine or a stage, where the run is the only one.
func (n *narrator) line(text string) {
	if n.name == "" && text != "" {
		n.app.say(text)
	}
}

// speed is how fast the epochs of a stage are, but for its first: pictures of classes that enter are decoded in that.
type speed struct {
	stage   int
	fastest float64 // samples a second
	told    bool    // that an epoch was slow, of any stage
}

const (
	slowTimes   = 3 // an epoch is slow that took so many times as long for its samples as the fastest of its stage
	slowSeconds = 5 // and at least so long, or it is a hiccup
)

// slower returns what to say, once, of an epoch of so many samples that is slow; "" where there is nothing to say.
func (s *speed) slower(e record.EpochEnded, samples int64) string {
	if s.stage != e.Stage {
		s.stage, s.fastest = e.Stage, 0
	}
	if samples <= 0 || e.TrainSeconds <= 0 || e.StageEpoch <= 1 {
		return ""
	}
	rate := float64(samples) / e.TrainSeconds
	s.fastest = max(s.fastest, rate)
	if s.told || e.TrainSeconds < slowSeconds || rate*slowTimes > s.fastest {
		return ""
	}
	s.told = true
	return fmt.Sprintf("training has become %.1f times slower than in the fastest epoch of this stage: is another program busy on this machine? "+
		"It slows training by more than it takes, unless --threads leaves it a core", s.fastest/rate)
}

// step shows the progress of a run.
func (n *narrator) step(p train.Progress) {
	if n.app.screen.terminal == nil {
		return
	}
	seen := n.seen + int64(p.Done)
	if n.follow != nil {
		n.follow(seen, n.before)
		return
	}
	total := max(n.plan.Samples, seen, 1)
	share, left := float64(seen)/float64(total), remaining(seen-n.before, total-seen, time.Since(n.began))
	n.where = fmt.Sprintf("%s %3.0f%%  stage %d/%d epoch %d", bar(share), 100*share, p.Stage, p.Stages, p.Epoch)
	if p.Epochs > 0 {
		n.where += fmt.Sprintf("/%d", p.Epochs)
	}
	n.app.screen.progress(fmt.Sprintf("%s  loss %.3f  %.0f images/s  %s left", n.where, p.Loss, p.ImagesPerSecond, seconds(left)))
}

// forwarded shows how far a pass is that does not train.
func (n *narrator) forwarded(of string, done, all int) {
	if n.app.screen.terminal == nil || n.follow != nil {
		return
	}
	if pass := n.where + of; n.pass == nil || n.passing != pass {
		n.pass, n.passing = n.app.screen.meter(n.where+" ", of+" sample"), pass
	}
	n.pass(done, all)
}
