package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// Run is a run as the list has it.
type Run struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`  // of its directory, below the one that is shown
	Label   string   `json:"label"` // LGL(d,3)
	Group   string   `json:"group"` // the same for runs that differ in their seeds only
	Method  string   `json:"method"`
	Data    string   `json:"data"`
	Model   string   `json:"model"`
	Engine  string   `json:"engine"`
	Seed    any      `json:"seed"`   // a number, or its digits, as exact has it; nil: not known
	Sample  string   `json:"sample"` // of its group: the same for runs that tell no more than one
	Tags    []string `json:"tags"`
	Status  string   `json:"status"` // running, done, interrupted, failed; stopped: it has no end, and no process writes to it
	Reason  string   `json:"reason"`
	Stage   int      `json:"stage"`  // that began last
	Stages  number   `json:"stages"` // planned
	Epoch   int      `json:"epoch"`
	Epochs  number   `json:"epochs"` // planned
	Seen    int64    `json:"samples_seen"`
	Planned number   `json:"samples_predicted"`

	Top1     number `json:"top1"`      // test set, last epoch that ended
	Top1Last number `json:"top1_last"` // of a run that ended

	Started     string `json:"started"`
	Updated     string `json:"updated"`
	Awaited     string `json:"awaited"` // of one that is running: since when its next epoch is awaited, the end of the last or its own begin
	Seconds     number `json:"seconds"`
	Left        number `json:"seconds_left"`
	Cost        number `json:"cost"` // Seen over the samples of one baseline
	CostPlanned number `json:"cost_predicted"`
	FLOPs       number `json:"flops_trained"`
	Problem     string `json:"problem"` // of its log
}

// same reports whether a page would show r as it shows o.
func (r Run) same(o Run) bool { return fmt.Sprint(r) == fmt.Sprint(o) } // NaN is NaN

// begun returns what is known of a run when it begins, at a time.
func begun(s record.RunStarted, at time.Time) Run {
	r := Run{
		Label: clip(s.Label), Group: groupOf(s), Method: clip(s.Method), Data: clip(s.Data.Name), Model: clip(s.Model.Name), Engine: clip(s.Engine.Name),
		Seed: seedOf(s.Config), Sample: clip(report.Sample(s)), Tags: tags(s.Config), Started: stamp(at), CostPlanned: number(s.CostPredicted), Planned: unknown,
	}
	r.Stages, r.Epochs = positive(s.StagesPredicted), positive(s.EpochsPredicted)
	if s.SamplesPredicted > 0 {
		r.Planned = number(s.SamplesPredicted)
	}
	return r
}

// notBegun is a run of which nothing is known.
var notBegun = Run{Tags: []string{}, Stages: unknown, Epochs: unknown, Planned: unknown, CostPlanned: unknown}

// shown returns what the list shows of a run, at which a process works since held; zero: none does.
func shown(id, name string, g *glance, held time.Time) Run {
	r := g.begun
	if r.Started == "" {
		r = notBegun
	}
	r.ID, r.Name, r.Problem, r.Status, r.Stage, r.Updated = id, name, clip(g.problem), "stopped", g.tail.stage, stamp(g.tail.updated)
	if !held.IsZero() {
		r.Status = "running"
		r.Awaited = stamp(slices.MaxFunc([]time.Time{held, g.tail.epochAt}, time.Time.Compare)) // what was resumed paused since its last epoch
	}
	r.Top1, r.Top1Last, r.Seconds, r.Left, r.FLOPs = unknown, unknown, unknown, unknown, unknown
	r.along(g.tail.epoch, g.macs)
	if g.tail.ended != nil {
		r.end(g.tail.ended)
	}
	r.Cost = number(r.Seen) * r.CostPlanned / r.Planned
	return r
}

// clip cuts a text that no run has, so that a list stays small.
func clip(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// along takes what the last epoch tells.
func (r *Run) along(e *record.EpochEnded, macs int64) {
	if e == nil {
		return
	}
	r.Epoch, r.Seen, r.Seconds = e.Epoch, e.SamplesSeen, number(e.Seconds)
	trained, _ := record.FLOPs(macs, e.SamplesSeen, 0)
	r.FLOPs = number(trained)
	if e.Test != nil {
		r.Top1 = number(e.Test.Top1)
	}
	if r.Status == "running" && e.SamplesSeen > 0 && float64(r.Planned) >= float64(e.SamplesSeen) {
		r.Left = (r.Planned - number(e.SamplesSeen)) * r.Seconds / number(e.SamplesSeen)
	}
}

// end takes what the end tells.
func (r *Run) end(e *record.RunEnded) {
	r.Status, r.Reason, r.Top1Last, r.Left = clip(e.Status), clip(e.Reason), known(e.Top1Last), unknown
	r.Seen, r.Seconds, r.FLOPs = e.SamplesSeen, number(e.Seconds), number(e.FLOPsTrained)
}

// positive is a number of which 0 says that it is not known.
func positive(n int) number {
	if n <= 0 {
		return unknown
	}
	return number(n)
}

// seedOf returns the seed of a run, if that is a number.
func seedOf(config map[string]any) any {
	switch v := config["seed"].(type) {
	case float64, uint64:
		return exact(v)
	}
	return nil
}

// tags returns the tags of a run that are text.
func tags(config map[string]any) []string {
	list, _ := config["tags"].([]any)
	out := []string{}
	for _, t := range list {
		if text, ok := t.(string); ok && len(out) < 100 {
			out = append(out, clip(text))
		}
	}
	return out
}

// groupOf names the group of a run: what it has in common with runs of other seeds.
func groupOf(s record.RunStarted) string {
	text := fmt.Sprint(s.Label, "\n", s.Data.Name, "\n", s.Model.Name, "\n", report.Settings(s)) // fmt prints maps in the order of their keys
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// stamp prints a time as JSON has it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
