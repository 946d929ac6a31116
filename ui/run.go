package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	Seed    number   `json:"seed"`
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

	Started string `json:"started"`
	Updated string `json:"updated"`
	Seconds number `json:"seconds"`
	Left    number `json:"seconds_left"`
	Cost    number `json:"cost_predicted"`
	FLOPs   number `json:"flops_trained"`
	Problem string `json:"problem"` // of its log
}

// same reports whether a page would show r as it shows o.
func (r Run) same(o Run) bool { return fmt.Sprint(r) == fmt.Sprint(o) } // NaN is NaN

// shown returns what the list shows of a run.
func shown(id, name string, g *glance, held bool) Run {
	s, t := &g.started, &g.tail
	r := Run{
		ID: id, Name: name, Label: s.Label, Method: s.Method, Data: s.Data.Name, Model: s.Model.Name, Engine: s.Engine.Name,
		Seed: setting(s.Config, "seed"), Tags: tags(s.Config), Status: "stopped", Stage: t.stage,
		Epochs: unknown, Planned: unknown, Top1: unknown, Top1Last: unknown, Seconds: unknown, Left: unknown, Cost: unknown, FLOPs: unknown, Stages: unknown,
		Problem: g.problem,
	}
	if held {
		r.Status = "running"
	}
	if g.began.IsZero() {
		return r
	}
	r.Group = groupOf(*s)
	r.Started, r.Updated = stamp(g.began), stamp(t.updated)
	r.Stages, r.Epochs = planned(*s)
	r.Cost = number(s.CostPredicted)
	if s.SamplesPredicted > 0 {
		r.Planned = number(s.SamplesPredicted)
	}
	r.along(t.epoch, s.Model.MACs)
	if t.ended != nil {
		r.end(t.ended)
	}
	return r
}

// along takes what the last epoch tells.
func (r *Run) along(e *record.EpochEnded, macs int64) {
	if e == nil {
		return
	}
	r.Epoch, r.Seen, r.Seconds = e.Epoch, e.SamplesSeen, number(e.Seconds)
	r.FLOPs = number(6 * float64(macs) * float64(e.SamplesSeen))
	if e.Test != nil {
		r.Top1 = number(e.Test.Top1)
	}
	if r.Status == "running" && e.SamplesSeen > 0 && float64(r.Planned) >= float64(e.SamplesSeen) {
		r.Left = (r.Planned - number(e.SamplesSeen)) * r.Seconds / number(e.SamplesSeen)
	}
}

// end takes what the end tells.
func (r *Run) end(e *record.RunEnded) {
	r.Status, r.Reason, r.Top1Last, r.Left = e.Status, e.Reason, known(e.Top1Last), unknown
	r.Seen, r.Seconds, r.FLOPs = e.SamplesSeen, number(e.Seconds), number(e.FLOPsTrained)
}

// planned returns the stages and epochs of a run, where its settings fix them.
func planned(s record.RunStarted) (stages, epochs number) {
	stages = 1
	switch s.Method {
	case "lgl", "restarts-only", "reinit-only", "random-subset", "no-restart":
		stages = setting(s.Config, "stages")
	}
	budget, until := setting(s.Config, "budget"), s.Config["until"]
	each := setting(s.Config, "epochs")
	switch {
	case until != "epochs" || s.Method == "baseline-equal":
		return stages, unknown
	case budget == 0 || s.Method == "baseline" && budget == 1:
		return stages, stages * each
	}
	return stages, unknown
}

// setting returns the number that a setting is.
func setting(config map[string]any, key string) number {
	if v, ok := config[key].(float64); ok {
		return number(v)
	}
	return unknown
}

// tags returns the tags of a run that are text.
func tags(config map[string]any) []string {
	list, _ := config["tags"].([]any)
	out := []string{}
	for _, t := range list {
		if text, ok := t.(string); ok {
			out = append(out, text)
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
