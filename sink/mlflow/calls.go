package mlflow

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/local-to-global/lgl/sink"
)

// The requests and answers of MLflow's REST interface, version 2.0, as far as lgl needs them
// (mlflow/protos/service.proto).

// Metric is a value at a step.
type Metric struct {
	Key       string  `json:"key"`
	Value     float64 `json:"value"`
	Timestamp int64   `json:"timestamp"` // ms since 1970
	Step      int64   `json:"step"`
}

// Pair is a parameter or a tag.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// The most that a request may have, by mlflow/utils/validation.py.
const (
	mostMetrics = 1000 // all together, too
	mostPairs   = 100  // parameters, and tags
	mostTags    = 50   // so that a request stays below 1 MB
	mostKey     = 250  // characters of a key
	mostParam   = 500  // of a parameter; 6000 since version 2.8
	mostTag     = 5000 // of a tag
)

// Ref is what a run is to the server.
type Ref struct {
	Server       string `json:"server"`
	ExperimentID string `json:"experiment_id"`
	RunID        string `json:"run_id"`       // "": not made, or its answer did not come
	ID           string `json:"id,omitempty"` // the value of its tag lgl.id, by which it is found then
}

// idTag is the tag with Ref.ID.
const idTag = "lgl.id"

// latest is what the server has of a run.
type latest struct {
	steps  map[string]int64             // the last of each metric
	points map[string]map[int64]float64 // by metric and step; none of a metric whose history the server refuses
	params map[string]string            // all
}

// there reports a point that the server has. One of another value, of a log that was taken back, is another point.
func (l latest) there(p sink.Point) bool {
	if points, known := l.points[p.Name]; known {
		value, has := points[p.Step]
		return has && value == p.Value
	}
	last, has := l.steps[p.Name]
	return has && p.Step <= last
}

// experiment returns the ID of an experiment, which it makes if there is none of that name.
func (s *Server) experiment(ctx context.Context, name string) (id string, err error) {
	if id, err = s.experimentNamed(ctx, name); err != nil || id != "" {
		return id, err
	}
	var made struct {
		ID string `json:"experiment_id"`
	}
	err = s.call(ctx, "experiments/create", nil, map[string]string{"name": name}, &made)
	if isCode(err, "RESOURCE_ALREADY_EXISTS") { // by now: another run began, too
		return s.experimentNamed(ctx, name)
	}
	return made.ID, err
}

// experimentNamed returns the ID of an experiment, "" if there is none of that name.
func (s *Server) experimentNamed(ctx context.Context, name string) (id string, err error) {
	var found struct {
		Experiment struct {
			ID string `json:"experiment_id"`
		} `json:"experiment"`
	}
	err = s.call(ctx, "experiments/get-by-name", url.Values{"experiment_name": {name}}, nil, &found)
	if isCode(err, gone) {
		return "", nil
	}
	return found.Experiment.ID, err
}

// runInfo is what an answer says of a run.
type runInfo struct {
	Info struct {
		ID string `json:"run_id"`
	} `json:"info"`
}

// made returns the ID of the run with a tag lgl.id, "" if there is none.
func (s *Server) made(ctx context.Context, experiment, id string) (runID string, err error) {
	var found struct {
		Runs []runInfo `json:"runs"`
	}
	err = s.call(ctx, "runs/search", nil, map[string]any{
		"experiment_ids": []string{experiment}, "filter": "tags.`" + idTag + "` = '" + id + "'", "max_results": 1,
	}, &found)
	if err != nil || len(found.Runs) == 0 {
		return "", err
	}
	return found.Runs[0].Info.ID, nil
}

// create makes a run and returns its ID.
func (s *Server) create(ctx context.Context, experiment, name string, at time.Time, tags []Pair) (id string, err error) {
	var made struct {
		Run runInfo `json:"run"`
	}
	err = s.call(ctx, "runs/create", nil, map[string]any{
		"experiment_id": experiment, "run_name": name, "start_time": at.UnixMilli(), "tags": tags,
	}, &made)
	if err == nil && made.Run.Info.ID == "" {
		err = &Error{Status: 200, Message: "no run_id in its answer to runs/create"}
	}
	return made.Run.Info.ID, err
}

// has returns what the server has of a run, but for the points.
func (s *Server) has(ctx context.Context, id string) (latest, error) {
	l := latest{map[string]int64{}, map[string]map[int64]float64{}, map[string]string{}}
	var got struct {
		Run struct {
			Info struct {
				Stage string `json:"lifecycle_stage"`
			} `json:"info"`
			Data struct {
				Metrics []struct {
					Key  string      `json:"key"`
					Step json.Number `json:"step"`
				} `json:"metrics"`
				Params []Pair `json:"params"`
			} `json:"data"`
		} `json:"run"`
	}
	if err := s.call(ctx, "runs/get", url.Values{"run_id": {id}}, nil, &got); err != nil {
		return l, err
	}
	if got.Run.Info.Stage == "deleted" { // still there, and refuses all else
		return l, &Error{Status: http.StatusOK, Code: gone, Message: "the run is deleted"}
	}
	for _, m := range got.Run.Data.Metrics {
		l.steps[m.Key], _ = m.Step.Int64() // absent: 0
	}
	for _, p := range got.Run.Data.Params {
		l.params[p.Key] = p.Value
	}
	return l, nil
}

// mostHistory is how many points a page of a history may have.
const mostHistory = "25000"

// point is one of a history.
type point struct {
	Value     any         `json:"value"` // a text where it is not finite
	Timestamp json.Number `json:"timestamp"`
	Step      json.Number `json:"step"`
}

// history returns the points of a metric by their steps, of those at one step the newest.
func (s *Server) history(ctx context.Context, id, key string) (map[int64]float64, error) {
	query := url.Values{"run_id": {id}, "metric_key": {key}, "max_results": {mostHistory}}
	var all []point
	for {
		var page struct {
			Metrics []point `json:"metrics"`
			Next    string  `json:"next_page_token"`
		}
		if err := s.call(ctx, "metrics/get-history", query, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Metrics...)
		if page.Next == "" {
			return newest(all), nil
		}
		query.Set("page_token", page.Next)
	}
}

// newest returns points by their steps, of those at one step the newest.
func newest(all []point) map[int64]float64 {
	points, times := map[int64]float64{}, map[int64]int64{}
	for _, p := range all {
		step, _ := p.Step.Int64() // absent: 0
		at, _ := p.Timestamp.Int64()
		if at >= times[step] {
			times[step] = at
			points[step], _ = p.Value.(float64)
		}
	}
	return points
}

// update says how a run stands; end is zero while it goes on.
func (s *Server) update(ctx context.Context, id, status string, end time.Time) error {
	body := map[string]any{"run_id": id, "status": status}
	if !end.IsZero() {
		body["end_time"] = end.UnixMilli()
	}
	return s.call(ctx, "runs/update", nil, body, nil)
}

// batch is what goes with one request.
type batch struct {
	RunID   string   `json:"run_id"`
	Metrics []Metric `json:"metrics,omitempty"`
	Params  []Pair   `json:"params,omitempty"`
	Tags    []Pair   `json:"tags,omitempty"`
}

// tag adds a tag, in place of one with the same key, which a log that was taken back may have had.
func (b *batch) tag(p Pair) {
	b.Tags = append(slices.DeleteFunc(b.Tags, func(o Pair) bool { return o.Key == p.Key }), p)
}

func (s *Server) log(ctx context.Context, b batch) error {
	return s.call(ctx, "runs/log-batch", nil, b, nil)
}
