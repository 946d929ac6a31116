package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/record"
)

// runView is all that the page of one run shows, but for its curves.
type runView struct {
	Run      Run            `json:"run"`
	Config   map[string]any `json:"config"` // flat
	Data     record.Data    `json:"data"`
	Machine  record.Machine `json:"machine"`
	Engine   record.Engine  `json:"engine"`
	Model    record.Model   `json:"model"`
	Revision string         `json:"revision"`
	Warnings []string       `json:"warnings"`
	Stages   []stageView    `json:"stages"`
	Ledger   ledger         `json:"ledger"`
	Extends  string         `json:"extends"` // the run that it extends; "" for none
	Nearest  []neighbours   `json:"nearest"`
	Balance  metric.Balance `json:"balance"` // of the test set, by the last confusions
	Tested   []int          `json:"tested"`  // test samples by class; empty where the log does not count them
	Tiles    *tiles         `json:"thumbnail,omitempty"`
}

// stageView is a stage.
type stageView struct {
	Stage   int            `json:"stage"`
	Classes []int          `json:"classes"`
	New     []int          `json:"new"`
	Samples int            `json:"samples"`
	Epochs  int            `json:"epochs"` // planned; 0: until converged
	Scores  map[int]number `json:"scores"`
	Before  number         `json:"entropy_start"`  // of the active classes' samples, before the first step
	Entropy number         `json:"entropy_active"` // the same at the end of the stage; null before that
	ByClass map[int]number `json:"entropy_by_class"`
	Recalls map[int]number `json:"top1_by_class"`
	Top1    number         `json:"top1"`
	Reason  string         `json:"reason"`
	Note    string         `json:"note"`
	Start   *place         `json:"start"`
	End     *place         `json:"end"`

	Confusion bool `json:"confusion"` // there is one
}

// place is how far a run is.
type place struct {
	Epoch   int    `json:"epoch"`
	Samples int64  `json:"samples"`
	Seconds number `json:"seconds"`
}

// view gathers what a page shows.
func view(run Run, d *detail, t *tiles) runView {
	s := d.started
	if d.problem != "" {
		run.Problem = d.problem
	}
	v := runView{
		Run: run, Config: flat(s.Config), Data: s.Data, Machine: s.Machine, Engine: s.Engine, Model: s.Model, Revision: s.Revision,
		Warnings: append([]string{}, d.warnings...), Stages: []stageView{}, Ledger: d.ledger(), Nearest: nearestOf(d), Tested: tested(d), Balance: balance(d), Tiles: t,
	}
	if s.Extends != nil {
		v.Extends = clip(s.Extends.Run)
	}
	v.Data.Classes = append([]string{}, s.Data.Classes...) // no null
	for i := range d.stages {
		v.Stages = append(v.Stages, d.stageView(i))
	}
	return v
}

// stageView returns stage index i.
func (d *detail) stageView(i int) stageView {
	s := d.stages[i]
	b := s.started
	v := stageView{Stage: b.Stage, Classes: append([]int{}, b.Classes...), New: append([]int{}, b.New...), Samples: b.Samples, Epochs: b.Epochs,
		Scores: numbers(b.Scores), Before: known(b.EntropyActive), Entropy: unknown, ByClass: numbers(nil), Recalls: numbers(nil), Top1: unknown, Note: b.Note,
		Start: d.place(s.first), Confusion: s.confusion() != nil}
	if e := s.ended; e != nil {
		v.Entropy, v.ByClass, v.Recalls, v.Top1, v.Reason = known(e.EntropyActive), numbers(e.EntropyByClass), numbers(e.Top1ByClass), known(e.Top1), e.Reason
		v.End = d.place(d.end(i))
	}
	return v
}

// end returns the index of the first epoch behind stage index i.
func (d *detail) end(i int) int {
	if i+1 < len(d.stages) {
		return d.stages[i+1].first
	}
	return len(d.epochs)
}

// place returns where a run is before epoch index i.
func (d *detail) place(i int) *place {
	if i == 0 {
		return &place{}
	}
	e := d.epochs[i-1]
	return &place{int(e.epoch), e.samples, number(e.seconds)}
}

// numbers returns the values that JSON can have.
func numbers(m map[int]float64) map[int]number {
	out := map[int]number{}
	for k, v := range m {
		out[k] = number(v)
	}
	return out
}

// flat returns settings without depth, and exact: {"a": {"b": 1}} is {"a.b": 1}, and a list is its JSON.
func flat(config map[string]any) map[string]any {
	out := map[string]any{}
	for _, k := range slices.Sorted(maps.Keys(config)) {
		switch v := config[k].(type) {
		case map[string]any:
			for name, inner := range flat(v) {
				out[k+"."+name] = inner
			}
		case []any:
			text, err := json.Marshal(v)
			if err != nil {
				text = fmt.Append(nil, v)
			}
			out[k] = string(text)
		default:
			out[k] = exact(v)
		}
	}
	return out
}

// heatView is H(T|X) by class and stage.
type heatView struct {
	Stages  []int      `json:"stages"`
	Classes []string   `json:"classes"`
	Entropy [][]number `json:"entropy"` // [stage][class]: null where it was not measured
}

// mostCells bounds what heat answers with.
const mostCells = 1_000_000

// heat returns H(T|X_{i}) of each class: before it enters the score by which it could be chosen,
// afterwards that of the weights at the end of the stage.
func heat(d *detail) heatView {
	v := heatView{Stages: []int{}, Classes: append([]string{}, d.started.Data.Classes...), Entropy: [][]number{}}
	for _, s := range d.stages {
		if (len(v.Stages)+1)*len(v.Classes) > mostCells {
			break
		}
		row := make([]number, len(v.Classes))
		for k := range row {
			row[k] = unknown
			if h, ok := s.started.Scores[k]; ok {
				row[k] = number(h)
			}
			if s.ended == nil {
				continue
			}
			if h, ok := s.ended.EntropyByClass[k]; ok {
				row[k] = number(h)
			}
		}
		v.Stages, v.Entropy = append(v.Stages, s.started.Stage), append(v.Entropy, row)
	}
	return v
}
