package ui

import (
	"context"
	"math"
	"net/url"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/local-to-global/lgl/report"
)

// Limits of an answer with curves.
const (
	mostRuns    = 2000
	mostPoints  = 10_000  // of a curve
	mostAnswer  = 400_000 // of all
	leastPoints = 50
)

// curveQuery is what is asked of /api/curves.
type curveQuery struct {
	runs   []string // ids
	metric int
	x      string
	group  bool
	points int
	from   float64 // what of the axis is wanted
	to     float64
}

// series is a curve: of a run, or the mean of the runs of a group.
type series struct {
	ID    *string  `json:"id"`
	Group string   `json:"group"`
	Label string   `json:"label"`
	Runs  []string `json:"runs"` // ids of those that count
	N     int      `json:"n"`    // of these
	Done  int      `json:"done"` // of them, those that came to their end
	X     places   `json:"x"`
	Y     values   `json:"y"`
	Low   values   `json:"low,omitempty"`
	High  values   `json:"high,omitempty"`
	Bands []band   `json:"bands"`

	Best   bool         `json:"best,omitempty"`   // in accuracy, of the groups on the same test set
	Behind *report.Diff `json:"behind,omitempty"` // its accuracy less that of the best, paired by seed

	data     string // its name, which stands beside the label
	settings map[string]string
}

// band is a stage on the axis of a curve.
type band struct {
	Stage int      `json:"stage"`
	From  number   `json:"from"`
	To    number   `json:"to"`
	New   []string `json:"new"`   // names of the classes that entered; none where they differ with the seed
	Count int      `json:"count"` // of these classes
}

// curves answers /api/curves.
func (s *Server) curves(ctx context.Context, query url.Values) (any, error) {
	q, err := parseCurves(query)
	if err != nil {
		return nil, err
	}
	tracks, err := s.tracks(ctx, q)
	if err != nil {
		return nil, err
	}
	groups := apart(tracks)
	if q.group {
		groups = together(tracks)
	}
	each := min(q.points, max(leastPoints, mostAnswer/max(1, len(groups))))
	out := []series{}
	for _, g := range groups {
		c := g.series(q.x)
		c.cut(q.from, q.to)
		c.thin(each)
		out = append(out, c)
	}
	distinguish(out)
	if q.group {
		stand(groups, out)
	}
	return struct {
		Metric string   `json:"metric"`
		X      string   `json:"x"`
		Series []series `json:"series"`
	}{metrics[q.metric].name, q.x, out}, nil
}

// tracks reads the logs of the runs, one a processor at a time. Runs that have not begun, and those whose
// log cannot be read, which the list tells, are left out.
func (s *Server) tracks(ctx context.Context, q curveQuery) ([]track, error) {
	type place struct {
		run Run
		dir string
	}
	var asked []place
	for _, id := range q.runs {
		run, dir, ok := s.index.pick(id)
		if !ok {
			return nil, notFound("no run has the id %q", id)
		}
		asked = append(asked, place{run, dir})
	}
	found := make([]*track, len(asked))
	jobs, ctx := errgroup.WithContext(ctx)
	jobs.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range asked {
		jobs.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err // who asked is gone
			}
			_ = s.shelf.read(p.run.ID, p.dir, func(d *detail) error {
				if d.started != nil {
					t := trackOf(p.run, d, q.metric)
					found[i] = &t
				}
				return nil
			})
			return nil
		})
	}
	if err := jobs.Wait(); err != nil {
		return nil, err
	}
	var tracks []track
	for _, t := range found {
		if t != nil {
			tracks = append(tracks, *t)
		}
	}
	return tracks, nil
}

// parseCurves reads the query.
func parseCurves(v url.Values) (q curveQuery, err error) {
	q.runs, q.x, q.points, q.from, q.to = v["run"], v.Get("x"), 2000, math.Inf(-1), math.Inf(1)
	if len(q.runs) > mostRuns {
		return q, badRequest("%d runs; want at most %d", len(q.runs), mostRuns)
	}
	if q.metric = metricNamed(v.Get("metric")); q.metric < 0 {
		return q, badRequest("metric %q: want one of the measures of an epoch, such as top1", v.Get("metric"))
	}
	if q.x == "" {
		q.x = "epoch"
	}
	if !slices.Contains(axes, q.x) {
		return q, badRequest("x %q: want epoch, samples or seconds", q.x)
	}
	if g := v.Get("group"); g != "" && g != "0" && g != "1" {
		return q, badRequest("group %q: want 0 or 1", g)
	}
	q.group = v.Get("group") == "1"
	if text := v.Get("points"); text != "" {
		q.points, err = strconv.Atoi(text)
		if err != nil || q.points < leastPoints || q.points > mostPoints {
			return q, badRequest("points %q: want a number from %d to %d", text, leastPoints, mostPoints)
		}
	}
	for name, to := range map[string]*float64{"from": &q.from, "to": &q.to} {
		if text := v.Get(name); text != "" {
			if *to, err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(*to) {
				return q, badRequest("%s %q: want a number", name, text)
			}
		}
	}
	return q, nil
}
