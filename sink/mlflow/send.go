package mlflow

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/local-to-global/lgl/record"
)

// sendAll sends the events of the past, and those of the queue until it is closed and empty; only then how
// the run ended, for its log may be taken back behind that (--on-nan rollback).
func (r *Run) sendAll(ctx context.Context) error {
	for _, e := range r.past {
		if err := r.take(ctx, e); err != nil {
			return err
		}
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	r.sent(len(r.past))
	r.past = nil
	for first := range r.queue {
		n, err := r.gather(ctx, first)
		if err == nil {
			err = r.flush(ctx)
		}
		if err != nil {
			return err
		}
		r.sent(n)
	}
	return r.end(ctx)
}

// gather takes an event and those that come in a pace's time. It returns how many these are.
func (r *Run) gather(ctx context.Context, e record.Stamped) (n int, err error) {
	pace := time.After(r.pace)
	for ok := true; ok; {
		if err := r.take(ctx, e); err != nil {
			return n, err
		}
		n++
		select {
		case e, ok = <-r.queue:
		case <-pace:
			ok = false
		case <-ctx.Done():
			return n, ctx.Err()
		}
	}
	return n, nil
}

// take adds an event to the pending batch.
func (r *Run) take(ctx context.Context, s record.Stamped) error {
	r.last = s
	points, note := r.reader.Take(s.Event)
	for _, p := range points {
		if !r.has.there(p) {
			r.pending.Metrics = append(r.pending.Metrics, Metric{p.Name, p.Value, s.Time.UnixMilli(), p.Step})
		}
	}
	if note != nil {
		r.pending.tag(Pair{cut("lgl."+note.About, mostKey), cut(note.Text, mostTag)})
	}
	if e, ok := s.Event.(record.RunStarted); ok {
		return r.begin(ctx, e, s.Time)
	}
	if len(r.pending.Metrics) >= mostMetrics/2 || len(r.pending.Tags) >= mostTags {
		return r.flush(ctx)
	}
	return nil
}

// begin makes the run, or finds what the server has of it, and adds the settings that it lacks.
func (r *Run) begin(ctx context.Context, e record.RunStarted, at time.Time) error {
	if r.Ref.RunID == "" {
		if err := r.register(ctx, e, at); err != nil {
			return err
		}
	} else if err := r.find(ctx); err != nil {
		return err
	}
	r.pending.RunID = r.Ref.RunID
	for _, key := range slices.Sorted(maps.Keys(e.Config)) {
		value := cut(record.SettingText(e.Config[key]), mostParam)
		if _, has := r.has.params[key]; !has && value != "" { // some servers take no empty ones
			r.pending.Params = append(r.pending.Params, Pair{key, value})
		}
	}
	return nil
}

// register makes the run on the server. Its ID is kept first, so that the run is found again even if it is
// made and the answer is lost, or this process is.
func (r *Run) register(ctx context.Context, e record.RunStarted, at time.Time) error {
	unsure := r.Ref.ID != "" // whether there is one: an earlier process may have made it
	if !unsure {
		if err := r.name(ctx); err != nil {
			return err
		}
	}
	err := r.retry(ctx, func(ctx context.Context) (err error) {
		if unsure {
			r.Ref.RunID, err = r.Server.made(ctx, r.Ref.ExperimentID, r.Ref.ID)
			if r.Ref.RunID != "" || err != nil && passes(err) { // where search is refused, creating is tried
				return err
			}
		}
		unsure = true
		r.Ref.RunID, err = r.Server.create(ctx, r.Ref.ExperimentID, e.Run, at, append(about(e), Pair{idTag, r.Ref.ID}))
		return err
	})
	if err != nil {
		return err
	}
	return r.Keep(r.Ref)
}

// name gives the run its ID, and its place in an experiment.
func (r *Run) name(ctx context.Context) error {
	err := r.retry(ctx, func(ctx context.Context) (err error) {
		r.Ref.ExperimentID, err = r.Server.experiment(ctx, r.Experiment)
		return err
	})
	if err != nil {
		return err
	}
	r.Ref.Server, r.Ref.ID = r.Server.String(), rand.Text()
	return r.Keep(r.Ref)
}

// find takes up the run that is on the server.
func (r *Run) find(ctx context.Context) error {
	err := r.retry(ctx, func(ctx context.Context) (err error) {
		r.has, err = r.Server.has(ctx, r.Ref.RunID)
		return err
	})
	if err != nil {
		return err
	}
	for key := range r.has.steps {
		if err := r.findPoints(ctx, key); err != nil {
			return err
		}
	}
	return r.retry(ctx, func(ctx context.Context) error {
		return r.Server.update(ctx, r.Ref.RunID, "RUNNING", time.Time{})
	})
}

// findPoints takes up the points of a metric. The last step alone does not tell which are there: it can be
// that of a log that was taken back. A server that has no histories is taken at its last step all the same.
func (r *Run) findPoints(ctx context.Context, key string) error {
	err := r.retry(ctx, func(ctx context.Context) error {
		points, err := r.Server.history(ctx, r.Ref.RunID, key)
		if err == nil {
			r.has.points[key] = points
		}
		return err
	})
	if err != nil && !passes(err) {
		return nil
	}
	return err
}

// about are the tags of a run: MLflow's own, and what the settings do not say.
func about(e record.RunStarted) []Pair {
	tags := []Pair{
		{"mlflow.runName", e.Run}, {"mlflow.source.name", "lgl"}, {"mlflow.source.type", "LOCAL"},
		{"lgl.label", e.Label}, {"lgl.revision", e.Revision}, {"lgl.data", e.Data.Name}, {"lgl.model", e.Model.Name},
		{"lgl.engine", e.Engine.Name + " " + e.Engine.Version}, {"lgl.cpu", e.Machine.CPU},
	}
	for i := range tags {
		tags[i].Value = cut(tags[i].Value, mostTag)
	}
	return slices.DeleteFunc(tags, func(p Pair) bool { return p.Value == "" })
}

// end says how the run ended, if its last event does.
func (r *Run) end(ctx context.Context) error {
	e, ok := r.last.Event.(record.RunEnded)
	if !ok {
		return nil
	}
	status := map[string]string{"done": "FINISHED", "interrupted": "KILLED"}[e.Status]
	if status == "" {
		status = "FAILED"
	}
	return r.retry(ctx, func(ctx context.Context) error { return r.Server.update(ctx, r.Ref.RunID, status, r.last.Time) })
}

// flush sends the pending batch, in as many requests as its size wants.
func (r *Run) flush(ctx context.Context) error {
	for p := &r.pending; len(p.Metrics)+len(p.Params)+len(p.Tags) > 0; {
		b := batch{RunID: p.RunID}
		b.Params, p.Params = split(p.Params, mostPairs)
		b.Tags, p.Tags = split(p.Tags, mostTags)
		b.Metrics, p.Metrics = split(p.Metrics, mostMetrics-len(b.Params)-len(b.Tags))
		if err := r.retry(ctx, func(ctx context.Context) error { return r.Server.log(ctx, b) }); err != nil {
			return err
		}
	}
	return nil
}

// split returns the first n of all, and the rest.
func split[T any](all []T, n int) (first, rest []T) {
	n = min(n, len(all))
	return all[:n], all[n:]
}

// cut returns the first n bytes of text, or a few less so that no character is broken.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
