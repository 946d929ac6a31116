package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

func htmlOf(t *testing.T, runs []Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := (Page{Title: "A title", Runs: runs}).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// between returns what stands between every begin and the end that follows it.
func between(text, begin, end string) (out []string) {
	for {
		_, rest, ok := strings.Cut(text, begin)
		if !ok {
			return out
		}
		inner, after, _ := strings.Cut(rest, end)
		out = append(out, inner)
		text = after
	}
}

func TestHTMLStandsAlone(t *testing.T) {
	page := htmlOf(t, demo(1, 2))
	if n := len(page); n > 400_000 {
		t.Errorf("the page has %d bytes; want less than 400,000", n)
	}
	for _, load := range []string{`(?i)<(link|img|iframe|object|embed|base)\b`, `(?i)\s(src|href|action|style|on[a-z]+)=`, `(?i)url\(`, `@import`} {
		markup := regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "")
		if m := regexp.MustCompile(load).FindString(markup); m != "" {
			t.Errorf("the page has %q, which loads or runs something, or which its policy forbids", m)
		}
	}
	for _, call := range []string{"fetch(", "XMLHttpRequest", "WebSocket", "importScripts", "import("} {
		if strings.Contains(page, call) {
			t.Errorf("a script has %q", call)
		}
	}
	if again := htmlOf(t, demo(1, 2)); again != page {
		t.Error("the same runs gave other bytes")
	}
}

// The policy must allow exactly the style and the scripts that the page holds.
func TestPolicyHashes(t *testing.T) {
	page := htmlOf(t, demo(1))
	policy := html.UnescapeString(between(page, `Content-Security-Policy" content="`, `"`)[0])
	inline := append(between(page, "<script>", "</script>"), between(page, "<style>", "</style>")...)
	if len(inline) != 3 {
		t.Fatalf("%d inline scripts and styles; want 3", len(inline))
	}
	for _, text := range inline {
		sum := sha256.Sum256([]byte(text))
		if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(policy, "'sha256-"+hash+"'") {
			t.Errorf("policy %s lacks the hash of %.40q", policy, text)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
}

func TestHTMLEscapes(t *testing.T) {
	const evil = `</script></style><img src=x onerror=alert(1)>"'` + "`${1}"
	run := demo(1)[3]
	run.Warnings = []string{evil}
	s := &run.Started
	s.Run, s.Label, s.Method, s.Data.Name, s.Model.Name, s.Engine.Name, s.Engine.Why, s.Machine.CPU, s.Revision = evil, evil, evil, evil, evil, evil, evil, evil, evil
	s.Data.Classes = slices.Repeat([]string{evil}, 10)
	s.Config[evil] = evil
	run.Ended.Status, run.Ended.Reason, run.Stages[1].Started.Note, run.Stages[0].Ended.Reason = evil, evil, evil, evil
	var b bytes.Buffer
	if err := (Page{Title: evil, Runs: []Run{run}}).Write(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if strings.Contains(page, "<img") {
		t.Error("markup in a name reached the page")
	}
	for _, tag := range []string{"script", "style"} {
		if o, c := strings.Count(page, "<"+tag), strings.Count(page, "</"+tag+">"); o != c {
			t.Errorf("%d <%s>, %d </%s>", o, tag, c, tag)
		}
	}
	if !strings.Contains(page, "&lt;img src=x onerror=alert(1)&gt;") {
		t.Error("the name is not shown")
	}
}

func TestHTMLWithoutScript(t *testing.T) {
	page := htmlOf(t, known())
	markup := regexp.MustCompile(`(?s)<script.*?</script>`).ReplaceAllString(page, "")
	for _, want := range []string{"<td>94.10</td>", "&#43;2.10 [&#43;1.85, &#43;2.35] n=3", "Ankle boot", "Choice for stage 2", "0.03151", "no model is picked on the test set"} {
		if !strings.Contains(markup, want) {
			t.Errorf("no %q outside the scripts", want)
		}
	}
	if got := strings.Count(markup, `role="img" aria-label="`); got != 6 {
		t.Errorf("%d charts with words for those who do not see them; want 6", got)
	}
}

// Whatever state runs are in, the page is written.
func TestHTMLOfOddRuns(t *testing.T) {
	killed, begun, failed := demo(1)[3], demo(2)[3], demo(3)[3]
	killed.Ended, killed.Torn, killed.Stages = nil, "line 9 is cut off", killed.Stages[:2]
	begun.Ended, begun.Stages = nil, nil
	failed.Ended.Status, failed.Ended.Top1Last, failed.Ended.Top1Best = "failed", nil, nil
	failed.Stages[0].Epochs[2].TrainLoss = math.NaN()
	failed.Stages[0].Epochs[2].Test = nil
	bare := Run{Started: record.RunStarted{Label: "bare"}}
	for _, runs := range [][]Run{nil, {killed}, {begun}, {failed}, {bare}, {killed, begun, failed, bare}} {
		page := htmlOf(t, runs)
		var data chartData
		if err := json.Unmarshal([]byte(between(page, `id="data">`, "</script>")[0]), &data); err != nil {
			t.Errorf("%d runs: chart data: %v", len(runs), err)
		}
	}
	if page := htmlOf(t, nil); !strings.Contains(page, "No runs.") || strings.Contains(page, "<table") {
		t.Error("no runs: the page does not say so")
	}
	failed.Started.Engine.Version = "" // as the reference engine's
	for _, f := range facts(failed) {
		if strings.Contains(f.Value, "NaN") || strings.Contains(f.Value, " ,") {
			t.Errorf("a run that failed before an epoch ended: %s: %s", f.Name, f.Value)
		}
	}
	if page := htmlOf(t, []Run{killed}); !strings.Contains(page, "still running or killed, in stage 2") || !strings.Contains(page, "cut off") {
		t.Error("a killed run is not told as such")
	}
}

func TestWriteFileLeavesNothingOnError(t *testing.T) {
	dir, page := t.TempDir(), Page{Title: "A title", Runs: demo(1)}
	if err := page.WriteFile(filepath.Join(dir, "report.html")); err != nil {
		t.Fatal(err)
	}
	if err := page.WriteFile(filepath.Join(dir, "gone", "report.html")); err == nil {
		t.Error("no error for a directory that is not there")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("files %v, error %v; want report.html alone", files, err)
	}
}

// Two runs of two stages of one epoch each, with values that can be added in the head.
func TestCurves(t *testing.T) {
	run := func(seed uint64, shift float64) Run {
		h := func(v float64) *float64 { v += shift; return &v }
		acc := func(v float64) *record.Accuracy { return &record.Accuracy{Top1: v + shift/10, Top1Active: v / 2} }
		return Run{
			Started: record.RunStarted{Label: "L", Seeds: map[string]uint64{"init": seed}, Data: record.Data{Classes: []string{"a", "b", "c"}}},
			Stages: []Stage{
				{Started: record.StageStarted{Stage: 1, Classes: []int{2, 0}, EntropyActive: h(2)},
					Epochs: []record.EpochEnded{{Stage: 1, Epoch: 1, SamplesSeen: 20, Test: acc(.5), EntropyActive: h(1), TrainLoss: 4}}},
				{Started: record.StageStarted{Stage: 2, Classes: []int{2, 0, 1}, EntropyActive: h(3)},
					Epochs: []record.EpochEnded{{Stage: 2, Epoch: 2, SamplesSeen: 50, Test: acc(.7), EntropyActive: h(.5), TrainLoss: 6}}},
			},
		}
	}
	all := groups([]Run{run(1, 0), run(2, 1)})
	got := charts(all)
	check := func(i int, want curve) {
		t.Helper()
		a, _ := json.Marshal(got[i].Curves[0])
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s:\n got %s\nwant %s", got[i].ID, a, b)
		}
	}
	check(0, curve{[]float64{1, 2}, []int64{20, 50}, []int{1, 2}, []bool{false, false}, []int{2, 2},
		[]float64{55, 75}, []float64{50, 70}, []float64{60, 80}})
	check(1, curve{[]float64{1, 2}, []int64{20, 50}, []int{1, 2}, []bool{false, false}, []int{2, 2},
		[]float64{25, 35}, []float64{25, 35}, []float64{25, 35}})
	check(2, curve{[]float64{1, 2}, []int64{20, 50}, []int{1, 2}, []bool{false, false}, []int{2, 2},
		[]float64{4, 6}, []float64{4, 6}, []float64{4, 6}})
	check(3, curve{[]float64{0, 1, 1, 2}, []int64{0, 20, 20, 50}, []int{1, 1, 2, 2}, []bool{true, false, true, false}, []int{2, 2, 2, 2},
		[]float64{2.5, 1.5, 3.5, 1}, []float64{2, 1, 3, .5}, []float64{3, 2, 4, 1.5}})
	check(4, curve{[]float64{1}, []int64{30}, []int{2}, []bool{false}, []int{2}, []float64{75}, []float64{70}, []float64{80}})
	check(5, curve{[]float64{0, 1}, []int64{0, 30}, []int{2, 2}, []bool{true, false}, []int{2, 2},
		[]float64{3.5, 1}, []float64{3, .5}, []float64{4, 1.5}})
	want := []span{{1, 2, [2]float64{0, 1}, [2]float64{0, 20}}, {2, 3, [2]float64{1, 2}, [2]float64{20, 50}}}
	if spans := all[0].spans(); !slices.Equal(spans, want) {
		t.Errorf("spans %v; want %v", spans, want)
	}
}

// The stages of a group stand where its curve has them: at the mean of its runs, as far as these came.
func TestSpansAreThoseOfTheCurve(t *testing.T) {
	run := func(seed uint64, samples ...int64) Run {
		r := Run{Started: record.RunStarted{Label: "L", Seeds: map[string]uint64{"init": seed}}}
		for i, n := range samples {
			r.Stages = append(r.Stages, Stage{Started: record.StageStarted{Stage: i + 1, Classes: make([]int, i+2)},
				Epochs: []record.EpochEnded{{Stage: i + 1, Epoch: i + 1, SamplesSeen: n, Test: &record.Accuracy{}}}})
		}
		return r
	}
	g := groups([]Run{run(1, 20), run(2, 40, 90), run(3, 30, 50)})[0]
	want := []span{{1, 2, [2]float64{0, 1}, [2]float64{0, 35}}, {2, 3, [2]float64{1, 2}, [2]float64{35, 70}}}
	if got := g.spans(); !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	slow := groups([]Run{run(1, 500, 600), run(2, 30, 40, 50)})[0] // the third stage is that of the fast run alone
	want = []span{{1, 2, [2]float64{0, 1}, [2]float64{0, 265}}, {2, 3, [2]float64{1, 2}, [2]float64{265, 265}}, {3, 4, [2]float64{2, 3}, [2]float64{265, 265}}}
	if got := slow.spans(); !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	if c := average(g.runs[1:], loss); !slices.Equal(c.Samples, []int64{35, 70}) {
		t.Errorf("the curve has points at %v samples", c.Samples)
	}
}

// Seeds whose stages differ in length are joined stage by stage, and count with what they reached until the
// others are there; but for a run that came to no end, a curve ends at the mean of all, as the table does.
func TestCurveOfStagesOfDifferentLengths(t *testing.T) {
	run := func(seed uint64, status string, stages ...[]float64) Run {
		r := Run{Started: record.RunStarted{Label: "L", Seeds: map[string]uint64{"init": seed}}, Ended: &record.RunEnded{Status: status}}
		epoch := 0
		for i, values := range stages {
			s := Stage{Started: record.StageStarted{Stage: i + 1, EntropyActive: &values[0], Classes: []int{0}}}
			for _, v := range values {
				epoch++
				s.Epochs = append(s.Epochs, record.EpochEnded{Stage: i + 1, Epoch: epoch, SamplesSeen: int64(10 * epoch), EntropyActive: &v})
			}
			r.Stages = append(r.Stages, s)
		}
		return r
	}
	for status, want := range map[string]string{
		"done":        "[0 1 2 2.5 2.5 3.5 4] [0 10 20 25 25 35 40] [2 2 2 2 2 2 2] [2 2 3 3.5 1 1 1.5] [true false false false true false false] [2.5 4] [25 40]",
		"interrupted": "[0 1 2 2.5 2.5 3.5 5] [0 10 20 25 25 35 50] [2 2 2 2 2 2 1] [2 2 3 3.5 1 1 2] [true false false false true false false] [2.5 5] [25 50]",
	} {
		g := &group{runs: []Run{run(1, status, []float64{2, 3}, []float64{1}), run(2, "done", []float64{2, 3, 4}, []float64{1, 2})}}
		c, last := average(g.runs, entropy), g.spans()[1]
		if got := fmt.Sprint(c.Epoch, c.Samples, c.N, c.Mean, c.Start, last.Epoch, last.Samples); got != want {
			t.Errorf("%s:\n%s; want\n%s", status, got, want)
		}
	}
}

// Of many candidates the chosen are listed, and the rest is summed up.
func TestChoiceOfMany(t *testing.T) {
	s := record.StageStarted{New: []int{5, 7}, Scores: map[int]float64{}}
	for i := range 100 {
		s.Scores[i] = float64(i) / 100
	}
	got, rest := choice(Run{}, s, 1)
	if len(got) != maxScores || got[0].Class != "7" || got[1].Class != "5" || got[2].Class != "99" {
		t.Errorf("listed %v", got)
	}
	if rest != "and 76 more, from 0.770 down to 0.000" {
		t.Errorf("rest %q", rest)
	}
}

// keptBest is a run of LGL whose last stage kept the weights of its second epoch.
func keptBest() Run {
	r := demo(1)[2]
	last := r.Stages[len(r.Stages)-1]
	top1 := last.Epochs[1].Test.Top1
	last.Ended.Carry, last.Ended.CarryEpoch, last.Ended.EntropyActive = "best", 2, last.Epochs[1].EntropyActive
	last.Ended.Top1, r.Ended.Top1Kept = &top1, &top1
	return r
}

// A row of a stage is of one set of weights, those that were kept, and the page says so where they are not the last.
func TestStageOfKeptWeights(t *testing.T) {
	for picked, r := range map[bool]Run{true: keptBest(), false: demo(1)[2]} {
		s := r.Stages[len(r.Stages)-1]
		e := s.Epochs[len(s.Epochs)-1]
		if picked {
			e = s.Epochs[1]
		}
		v := newStageView(r, s, 2)
		if v.Top1 != percent(e.Test.Top1) || v.On[0] != percent(e.Test.Top1Active) || *v.HEnd != *e.EntropyActive {
			t.Errorf("picked %v: H %v, top-1 %s, on the active %s; want those of epoch %d", picked, *v.HEnd, v.Top1, v.On[0], e.StageEpoch)
		}
		var b strings.Builder
		err := Page{Runs: []Run{r}}.Write(&b)
		said, kept := strings.Contains(b.String(), "handed on the weights of its epoch 2 of"), strings.Contains(b.String(), "the weights that were kept")
		if err != nil || said != picked || kept != picked {
			t.Errorf("picked %v: the page says so: %v and %v; %v", picked, said, kept, err)
		}
	}
}

// A stage that was stopped within an epoch has the numbers of the epoch before, entropy too.
func TestStageStoppedWithinAnEpoch(t *testing.T) {
	r := demo(1)[2]
	s := r.Stages[0]
	s.Ended.CarryEpoch, s.Ended.EntropyActive = len(s.Epochs)+1, nil
	if v := newStageView(r, s, 2); v.HEnd == nil || v.Kept != "" {
		t.Errorf("%+v", v)
	}
}
