package paper

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// finished makes the record of a run of c whose stages have the given test losses, epoch by epoch.
func finished(c Cell, stages ...[]float64) report.Run {
	r := report.Run{Dir: c.Name, Started: record.RunStarted{Method: c.Config.Method, Label: c.Config.Label(), Config: map[string]any{},
		Data: record.Data{Name: c.Config.Data, Train: 3000, Test: 3000, Classes: []string{"0", "1", "2"}}, Seeds: map[string]uint64{"order": c.Config.Seed}}}
	for k, v := range c.Config.Map() {
		r.Started.Config[k] = v
	}
	seen, epoch := int64(0), 0
	for k, losses := range stages {
		n := 3
		if len(stages) > 1 {
			n = 2 + k // two classes first
		}
		h := float64(k) + float64(c.Config.Seed)
		s := report.Stage{Started: record.StageStarted{Stage: k + 1, Classes: []int{0, 1, 2}[:n], EntropyActive: &h}}
		for _, l := range losses {
			epoch++
			seen += int64(1000 * n)
			s.Epochs = append(s.Epochs, record.EpochEnded{Stage: k + 1, Epoch: epoch, Test: &record.Accuracy{Loss: l}, SamplesSeen: seen})
		}
		r.Stages = append(r.Stages, s)
	}
	top1 := .7
	r.Ended = &record.RunEnded{Status: "done", Top1Last: &top1, SamplesSeen: seen}
	return r
}

// points is a Prober that gives three samples.
type points struct{ Prober }

func (points) Samples(context.Context, string) ([]Sample, error) {
	return []Sample{{[]float32{0, 1}, 0, .1}, {[]float32{1, 0}, 1, 1}, {[]float32{1, 1}, 2, 0}}, nil
}

// The numbers beside figure 2, by hand: the target is nine tenths of the way from log 3 to the
// least loss; LGL's epochs count from its last stage, and what came before stands in brackets.
func TestToyResult(t *testing.T) {
	s := Setup{Scale: "tiny", Seeds: 2}
	var runs []report.Run
	for _, c := range s.toySuite().Cells {
		switch seed := c.Config.Seed; {
		case c.Config.Method == "lgl":
			runs = append(runs, finished(c, []float64{3, 2}, []float64{1, .05, .04}))
		case seed == 1:
			runs = append(runs, finished(c, []float64{1, .5, .1}))
		default:
			runs = append(runs, finished(c, []float64{1, .5, .3}))
		}
	}
	r, err := s.toyResult(t.Context(), runs, points{})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for _, row := range r.Tables[0].Rows {
		rows[row[1]+row[2]+row[3]] = row
	}
	// 0.0013 + (log 3 - 0.0013)/10 is 0.111.
	for row, want := range map[string]string{
		"toy1baseline":         "2 0.2000 ±0.1414 70.00 3.0 (1 of 2) 1.00x 1.500",
		"toy1LGL(r,2)":         "2 0.0400 ±0.0000 70.00 2.0 (+1.3) 1.44x 1.500, 2.500",
		"toy-overlap1LGL(r,2)": "2 0.0400 ±0.0000 70.00 2.0 (+1.3) 1.44x 1.500, 2.500",
	} {
		if got := strings.Join(rows[row][4:], " "); got != want {
			t.Errorf("%s: %s; want %s", row, got, want)
		}
	}
	if len(r.Figure.Panels) != 9 {
		t.Fatalf("%d panels; want nine", len(r.Figure.Panels))
	}
	for i, p := range r.Figure.Panels {
		if !strings.HasPrefix(p.Title, fmt.Sprintf("(%c) ", 'a'+i)) {
			t.Errorf("panel %d is %q", i, p.Title)
		}
	}
	d := r.Figure.Panels[3].Curves // baseline; LGL from its last stage, and with its first counted
	if len(d) != 3 || d[1].X[0] != 1 || math.Abs(d[2].X[0]-(1+4./3)) > 1e-9 || d[2].Y[0] != 1 {
		t.Errorf("panel (d): %+v", d)
	}
	if a := r.Figure.Panels[0].Curves; a[0].Name != "baseline" || a[0].Y[2] != .2 || a[0].Low[2] != .1 || a[0].High[2] != .3 {
		t.Errorf("panel (a): %+v", a)
	}
	for _, line := range r.Tables[0].Data[1:] {
		if _, err := strconv.ParseFloat(line[5], 64); err != nil || len(line) != len(r.Tables[0].Data[0]) {
			t.Errorf("data %v", line)
		}
	}
}

// The files of a result have its tables and its figure, and the page has both.
func TestWriteFiles(t *testing.T) {
	line := figure.Curve{X: []float64{0, 1}, Y: []float64{0, 1}}
	r := Result{
		Tables: []report.Sheet{{Title: "first", Header: []string{"a"}, Rows: [][]string{{"1"}}}, {Title: "second", Header: []string{"b"}, Rows: [][]string{{"2"}}}},
		Figure: &figure.Figure{Panels: []figure.Panel{{Title: "p", Curves: []figure.Curve{line}}}}, Alt: "a line",
	}
	path := filepath.Join(t.TempDir(), "toy")
	files, err := r.WriteFiles(path, "a title", nil)
	want := []string{path + ".md", path + ".csv", path + "-more.md", path + "-more.csv", path + ".svg", path + ".png", path + ".html"}
	if err != nil || !slices.Equal(files, want) {
		t.Fatalf("%q, %v; want %q", files, err, want)
	}
	png, err := os.ReadFile(path + ".png")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path + ".html")
	for _, part := range []string{"a title", "first", "second", "a line", base64.StdEncoding.EncodeToString(png)} {
		if err != nil || !strings.Contains(html.UnescapeString(string(page)), part) {
			t.Errorf("the page lacks %.20q, %v", part, err)
		}
	}
}
