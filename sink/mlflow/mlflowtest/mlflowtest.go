// Package mlflowtest is a tracking server of MLflow for tests: as much of its REST interface as lgl uses,
// in memory. It holds requests to what mlflow/protos/service.proto and mlflow/utils/validation.py say, and
// refuses what MLflow would.
package mlflowtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Metric, Pair and Run are what the server keeps.
type (
	Metric struct {
		Key       string   `json:"key"`
		Value     *float64 `json:"value"`
		Timestamp *int64   `json:"timestamp"`
		Step      int64    `json:"step"`
	}
	Pair struct {
		Key   string  `json:"key"`
		Value *string `json:"value"`
	}
	Run struct {
		Experiment, Name, Status string
		Start, End               int64
		Metrics                  []Metric
		Params, Tags             map[string]string

		deleted bool
	}
)

// Server is the server. Before may answer a request in its place, and then returns true.
type Server struct {
	*httptest.Server
	Before func(http.ResponseWriter, *http.Request) bool

	mu          sync.Mutex
	experiments []string // the ID is the index
	runs        []*Run   // the ID is "run" and the index
	refused     []string
	requests    int
}

// New starts a server, which ends with the test.
func New(t *testing.T) *Server {
	s := &Server{experiments: []string{"Default"}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// Runs returns the runs so far.
func (s *Server) Runs() []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	var runs []Run
	for _, r := range s.runs {
		runs = append(runs, *r)
	}
	return runs
}

// Delete deletes a run as the pages of MLflow do: it stays there, and takes nothing.
func (s *Server) Delete(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[i].deleted = true
}

// Refused are the errors that the server answered with, but for experiments that it does not have.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

// Requests counts those that the server answered.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// invalid is a refusal.
type invalid struct{ code, text string }

func (e invalid) Error() string { return e.text }

func bad(format string, args ...any) error {
	return invalid{"INVALID_PARAMETER_VALUE", fmt.Sprintf(format, args...)}
}

// ServeHTTP answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Before != nil && s.Before(w, r) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	answer, err := s.answer(r)
	if err == nil {
		json.NewEncoder(w).Encode(answer)
		return
	}
	e, ok := err.(invalid)
	if !ok {
		e = invalid{"BAD_REQUEST", err.Error()}
	}
	status := http.StatusBadRequest
	if e.code == "RESOURCE_DOES_NOT_EXIST" {
		status = http.StatusNotFound
	} else {
		s.refused = append(s.refused, r.URL.Path+": "+e.text)
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error_code": e.code, "message": e.text})
}

func (s *Server) answer(r *http.Request) (any, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	what, ok := strings.CutPrefix(r.URL.Path, "/api/2.0/mlflow/")
	if !ok {
		return nil, fmt.Errorf("no endpoint %s", r.URL.Path)
	}
	read := func(v any) error {
		d := json.NewDecoder(strings.NewReader(string(body)))
		d.DisallowUnknownFields()
		return d.Decode(v)
	}
	switch r.Method + " " + what {
	case "GET experiments/get-by-name":
		return s.experiment(r.URL.Query().Get("experiment_name"))
	case "POST experiments/create":
		var q struct {
			Name string `json:"name"`
		}
		if err := read(&q); err != nil {
			return nil, err
		}
		return s.createExperiment(q.Name)
	case "POST runs/create":
		return s.createRun(read)
	case "POST runs/search":
		return s.search(read)
	case "GET runs/get":
		return s.get(r.URL.Query().Get("run_id"))
	case "GET metrics/get-history":
		q := r.URL.Query()
		return s.history(q.Get("run_id"), q.Get("metric_key"), q.Get("max_results"), q.Get("page_token"))
	case "POST runs/update":
		return s.update(read)
	case "POST runs/log-batch":
		if len(body) > 1e6 {
			return nil, bad("a request of %d bytes; at most 1 MB", len(body))
		}
		return s.logBatch(read)
	}
	return nil, fmt.Errorf("no endpoint %s %s", r.Method, r.URL.Path)
}

func (s *Server) experiment(name string) (any, error) {
	i := slices.Index(s.experiments, name)
	if i < 0 {
		return nil, invalid{"RESOURCE_DOES_NOT_EXIST", "no experiment " + name}
	}
	return map[string]any{"experiment": map[string]any{"experiment_id": fmt.Sprint(i), "name": name, "lifecycle_stage": "active"}}, nil
}

func (s *Server) createExperiment(name string) (any, error) {
	if slices.Contains(s.experiments, name) {
		return nil, invalid{"RESOURCE_ALREADY_EXISTS", "experiment " + name + " exists"}
	}
	if name == "" || len(name) > 500 {
		return nil, bad("experiment name %q", name)
	}
	s.experiments = append(s.experiments, name)
	return map[string]any{"experiment_id": fmt.Sprint(len(s.experiments) - 1)}, nil
}

func (s *Server) createRun(read func(any) error) (any, error) {
	var q struct {
		Experiment string `json:"experiment_id"`
		Name       string `json:"run_name"`
		User       string `json:"user_id"`
		Start      int64  `json:"start_time"`
		Tags       []Pair `json:"tags"`
	}
	if err := read(&q); err != nil {
		return nil, err
	}
	i := 0
	if _, err := fmt.Sscan(q.Experiment, &i); err != nil || i >= len(s.experiments) {
		return nil, invalid{"RESOURCE_DOES_NOT_EXIST", "no experiment " + q.Experiment}
	}
	r := &Run{Experiment: s.experiments[i], Name: q.Name, Status: "RUNNING", Start: q.Start, Params: map[string]string{}, Tags: map[string]string{}}
	if err := pairs(q.Tags, 5000, r.Tags); err != nil {
		return nil, err
	}
	s.runs = append(s.runs, r)
	return map[string]any{"run": map[string]any{"info": map[string]any{"run_id": fmt.Sprintf("run%d", len(s.runs)-1)}}}, nil
}

// search takes the one kind of filter that lgl has, and leaves out an empty list, as MLflow does.
func (s *Server) search(read func(any) error) (any, error) {
	var q struct {
		Experiments []string `json:"experiment_ids"`
		Filter      string   `json:"filter"`
		Most        int      `json:"max_results"`
	}
	if err := read(&q); err != nil {
		return nil, err
	}
	want := filter.FindStringSubmatch(q.Filter)
	if want == nil || len(q.Experiments) != 1 || q.Most != 1 {
		return nil, bad("filter %q of %d experiments, at most %d", q.Filter, len(q.Experiments), q.Most)
	}
	for i, r := range s.runs {
		if !r.deleted && r.Tags[want[1]] == want[2] && fmt.Sprint(slices.Index(s.experiments, r.Experiment)) == q.Experiments[0] {
			return map[string]any{"runs": []any{map[string]any{"info": map[string]any{"run_id": fmt.Sprintf("run%d", i)}}}}, nil
		}
	}
	return map[string]any{}, nil
}

var filter = regexp.MustCompile("^tags\\.`([^`]+)` = '([^']+)'$")

// active returns a run that takes something.
func (s *Server) active(id string) (*Run, error) {
	r, err := s.run(id)
	if err == nil && r.deleted {
		err = bad("The run %s must be in the 'active' state. Current state is deleted.", id)
	}
	return r, err
}

func (s *Server) run(id string) (*Run, error) {
	i := -1
	if _, err := fmt.Sscanf(id, "run%d", &i); err != nil || i < 0 || i >= len(s.runs) {
		return nil, invalid{"RESOURCE_DOES_NOT_EXIST", "no run " + id}
	}
	return s.runs[i], nil
}

// get answers as MLflow does: of each metric the last, and what is 0 may be left out.
func (s *Server) get(id string) (any, error) {
	r, err := s.run(id)
	if err != nil {
		return nil, err
	}
	last := map[string]Metric{}
	for _, m := range r.Metrics {
		if m.Step >= last[m.Key].Step {
			last[m.Key] = m
		}
	}
	metrics, params := []map[string]any{}, []map[string]any{}
	for key, m := range last {
		v := map[string]any{"key": key, "value": m.Value, "timestamp": m.Timestamp}
		if m.Step != 0 {
			v["step"] = m.Step
		}
		metrics = append(metrics, v)
	}
	for key, value := range r.Params {
		params = append(params, map[string]any{"key": key, "value": value})
	}
	stage := map[bool]string{false: "active", true: "deleted"}[r.deleted]
	return map[string]any{"run": map[string]any{"info": map[string]any{"run_id": id, "lifecycle_stage": stage}, "data": map[string]any{"metrics": metrics, "params": params}}}, nil
}

// page is how many points the server gives at once, few so that tests have several pages.
const page = 25

// history gives the points of a metric a page at a time; a page's token is where it begins.
func (s *Server) history(id, key, most, token string) (any, error) {
	r, err := s.run(id)
	if err != nil {
		return nil, err
	}
	n, from := page, 0
	if _, err := fmt.Sscan(most, &n); most != "" && (err != nil || n < 1) {
		return nil, bad("max_results %q", most)
	}
	if _, err := fmt.Sscan(token, &from); token != "" && err != nil {
		return nil, bad("page_token %q", token)
	}
	all := slices.DeleteFunc(slices.Clone(r.Metrics), func(m Metric) bool { return m.Key != key })
	from = min(from, len(all))
	to := min(from+min(n, page), len(all))
	answer := map[string]any{"metrics": all[from:to]}
	if to < len(all) {
		answer["next_page_token"] = fmt.Sprint(to)
	}
	return answer, nil
}

func (s *Server) update(read func(any) error) (any, error) {
	var q struct {
		ID     string `json:"run_id"`
		Status string `json:"status"`
		End    int64  `json:"end_time"`
	}
	if err := read(&q); err != nil {
		return nil, err
	}
	r, err := s.active(q.ID)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"}, q.Status) {
		return nil, bad("status %q", q.Status)
	}
	if r.Status = q.Status; q.End != 0 { // MLflow keeps an end that is not replaced
		r.End = q.End
	}
	return map[string]any{"run_info": map[string]any{"run_id": q.ID}}, nil
}

func (s *Server) logBatch(read func(any) error) (any, error) {
	var q struct {
		ID      string   `json:"run_id"`
		Metrics []Metric `json:"metrics"`
		Params  []Pair   `json:"params"`
		Tags    []Pair   `json:"tags"`
	}
	if err := read(&q); err != nil {
		return nil, err
	}
	r, err := s.active(q.ID)
	if err != nil {
		return nil, err
	}
	if m, p, t := len(q.Metrics), len(q.Params), len(q.Tags); p > 100 || t > 100 || m+p+t > 1000 || m+p+t == 0 {
		return nil, bad("%d metrics, %d params, %d tags", m, p, t)
	}
	for _, m := range q.Metrics {
		if err := name(m.Key); err != nil {
			return nil, err
		}
		if m.Value == nil || m.Timestamp == nil || *m.Timestamp < 0 {
			return nil, bad("metric %s lacks a value or a time", m.Key)
		}
	}
	for _, p := range q.Params {
		if was, has := r.Params[p.Key]; has && p.Value != nil && was != *p.Value {
			return nil, bad("changing param %s from %q to %q", p.Key, was, *p.Value)
		}
	}
	if err := pairs(q.Params, 500, r.Params); err != nil {
		return nil, err
	}
	if err := pairs(q.Tags, 5000, r.Tags); err != nil {
		return nil, err
	}
	r.Metrics = append(r.Metrics, q.Metrics...)
	return map[string]any{}, nil
}

// pairs puts valid pairs into a map.
func pairs(all []Pair, longest int, into map[string]string) error {
	seen := map[string]bool{}
	for _, p := range all {
		if err := name(p.Key); err != nil {
			return err
		}
		if p.Value == nil || *p.Value == "" || len(*p.Value) > longest || seen[p.Key] {
			return bad("value of %s: missing, empty, twice, or longer than %d", p.Key, longest)
		}
		seen[p.Key] = true
		into[p.Key] = *p.Value
	}
	return nil
}

var names = regexp.MustCompile(`^[/\w.\- ]+$`)

// name holds a name to MLflow's rule.
func name(key string) error {
	if !names.MatchString(key) || len(key) > 250 || path.Clean(key) != key || strings.HasPrefix(key, "/") || strings.HasPrefix(key, "..") {
		return bad("name %q", key)
	}
	return nil
}
