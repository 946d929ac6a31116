package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// mostCompared is how many runs can be compared at once.
const mostCompared = 20

// comparison is what is the same in runs, and what is not.
type comparison struct {
	Runs        []Run        `json:"runs"`
	Differences []difference `json:"differences"`
	Same        []sameness   `json:"same"`
	Left        []string     `json:"left"` // what was asked for and left out, and why
}

// difference is a setting, or a fact, that is not the same in all of the runs.
type difference struct {
	Key    string `json:"key"`
	Values []any  `json:"values"` // by run; null: it has none
}

// sameness is one that is.
type sameness struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// compare answers /api/compare.
func (s *Server) compare(query url.Values) (any, error) {
	ids := query["run"]
	if len(ids) < 2 || len(ids) > mostCompared {
		return nil, badRequest("%s; want 2 to %d", plural.Count(len(ids), "run"), mostCompared)
	}
	c := comparison{Differences: []difference{}, Same: []sameness{}, Left: []string{}}
	var facts []map[string]any
	keys := map[string]bool{}
	for _, id := range ids {
		run, f, err := s.compared(id)
		if err != nil {
			c.Left = append(c.Left, err.Error())
			continue
		}
		c.Runs, facts = append(c.Runs, run), append(facts, f)
		for k := range f {
			keys[k] = true
		}
	}
	if len(c.Runs) == 0 {
		return nil, notFound("none of these runs can be shown: %s", strings.Join(c.Left, "; "))
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), settingsFirst) {
		c.add(k, facts)
	}
	return c, nil
}

// compared returns a run and its facts; the error says that there is none, or none that began.
func (s *Server) compared(id string) (run Run, facts map[string]any, err error) {
	run, dir, ok := s.index.pick(id)
	if !ok {
		return run, nil, notFound("the run of the id %q is gone from the directory", id)
	}
	err = s.shelf.read(id, dir, func(d *detail) error {
		if d.started == nil {
			return notFound("%s: %s", run.Name, run.Problem)
		}
		facts = factsOf(*d.started)
		return nil
	})
	return run, facts, err
}

// add notes one key.
func (c *comparison) add(key string, facts []map[string]any) {
	d := difference{Key: key}
	same := true
	for _, f := range facts {
		d.Values = append(d.Values, f[key])
		same = same && text(f[key]) == text(facts[0][key])
	}
	if same {
		c.Same = append(c.Same, sameness{key, facts[0][key]})
	} else {
		c.Differences = append(c.Differences, d)
	}
}

// text prints a value of JSON so that equal ones, and no others, print the same.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// settingsFirst sorts what has no dot, the settings, before what has one, the facts.
func settingsFirst(a, b string) int {
	if x, y := strings.Contains(a, "."), strings.Contains(b, "."); x != y {
		if y {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// factsOf are the settings of a run, and what else it rests on.
func factsOf(s record.RunStarted) map[string]any {
	f := flat(s.Config)
	for k, v := range report.Unsaid {
		f[k] = cmp.Or(f[k], v)
	}
	for k, v := range map[string]any{
		"data.name": s.Data.Name, "data.train": s.Data.Train, "data.test": s.Data.Test, "data.classes": len(s.Data.Classes),
		"model.name": s.Model.Name, "model.params": s.Model.Params, "model.macs": s.Model.MACs,
		"engine.name": s.Engine.Name, "engine.version": s.Engine.Version, "engine.threads": s.Engine.Threads,
		"machine.cpu": s.Machine.CPU, "machine.cores": s.Machine.Cores, "machine.os": s.Machine.OS,
		"lgl.revision": s.Revision,
	} {
		f[k] = v
	}
	if s.Data.SHA256 != "" {
		f["data.sha256"] = s.Data.SHA256
	}
	return f
}
