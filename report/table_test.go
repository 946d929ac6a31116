package report

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
)

// known is the demo with accuracies whose statistics are known: three a method, in order.
func known() []Run {
	runs := demo(1, 2, 3)
	for i, v := range []float64{
		.90, .91, .92, // 91, sd 1
		.91, .92, .93, // 92, sd 1
		.92, .92, .95, // differences 1, 0, 2: mean 1, sd 1, half-width 4.302653/sqrt(3) = 2.4841
		.93, .941, .952, // differences 2, 2.1, 2.2: mean 2.1, sd .1, half-width .2484
		.90, .91, .92, // differences -1, -1, -1: no spread
	} {
		runs[i].Ended.Top1Last = &v
	}
	return runs
}

const knownText = `
method          seeds  top-1 %  spread   cost  samples  seconds  vs baseline-equal
baseline            3    91.00   ±1.00  1.00x  120,000     20.0
baseline-equal      3    92.00   ±1.00  2.10x  252,000     42.0
LGL(r,3)            3    93.00   ±1.73  2.10x  252,000     60.0  ~ [-1.48, +3.48] n=3
LGL(d,3)            3    94.10   ±1.10  2.10x  252,000     60.0  +2.10 [+1.85, +2.35] n=3
LGL(s,3)            3    91.00   ±1.00  2.10x  252,000     60.0  no spread

fashion-mnist, 12,000 training and 10,000 test samples; vgg11 with 580,618 weights; batch 128; seeds
  1, 2, 3. Epochs: 10 a stage (10 for the baseline).
top-1: share of the test set that is right, all classes, at the last epoch (no model is picked on
  the test set); ± sample standard deviation over seeds.
samples: trained on; cost: samples over the baseline's; seconds: in training steps. Not counted:
  samples only forwarded, to choose classes or samples and to log H(T|X), 22,000 to 62,000 a run.
vs baseline-equal: mean difference of top-1 in points over common seeds from baseline-equal, which
  sees as many samples, with its 95% paired t interval, each row by itself (lgl compare adjusts for
  how many there are); ~ not significant; n too small: fewer than 3 common seeds; no spread: all
  differences are alike.
Engine onednn 2.6.3, 2 threads; AMD EPYC, 2 cores, linux/amd64, go1.26; lgl abc1234.
`

func text(t *testing.T, runs []Run) string {
	t.Helper()
	var b strings.Builder
	if err := WriteText(&b, runs); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteText(t *testing.T) {
	if got := text(t, known()); got != knownText[1:] {
		t.Errorf("got\n%s\nwant\n%s", got, knownText[1:])
	}
}

func TestWriteMarkdown(t *testing.T) {
	runs := known()
	for i := range runs[6:9] {
		runs[6+i].Started.Label = "a|b<c>\n"
	}
	var b strings.Builder
	if err := sheet(runs).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| method | seeds | top-1 % |",
		"| --- | ---: | ---: |",
		"| baseline | 3 | 91.00 | ±1.00 | 1.00x | 120,000 | 20.0 |  |\n",
		`| a\|b&lt;c>? | 3 | 93.00 |`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// For 2 degrees of freedom P(|T| > t) = 1 - t/sqrt(2 + t*t), here with t = sqrt(12).
func TestPairedT(t *testing.T) {
	d := pairedT([]float64{1, 2, 3})
	if half := 4.30265273 / math.Sqrt(3); math.Abs(*d.Low-(2-half)) > 1e-6 || math.Abs(*d.High-(2+half)) > 1e-6 {
		t.Errorf("interval [%v, %v]; want 2 ± %v", *d.Low, *d.High, half)
	}
	if want := 1 - math.Sqrt(12./14); math.Abs(*d.P-want) > 1e-9 {
		t.Errorf("p = %v; want %v", *d.P, want)
	}
	for _, alike := range [][]float64{{0, 0, 0}, {.25, .25, .25, .25}, {.85 - .80, .80 - .75, .90 - .85}} {
		if d := pairedT(alike); d.Significant() || d.P != nil || d.String() != "no spread" {
			t.Errorf("differences that are alike: %v, p %v; want no spread, no p", d, d.P)
		}
	}
	if d := pairedT([]float64{1, 2}); d.P != nil || d.String() != "n too small" {
		t.Errorf("two pairs: %q, p %v; want no p", d, d.P)
	}
}

func TestOneSeed(t *testing.T) {
	runs := demo(1)
	for _, r := range Table(runs) {
		if r.N != 1 || r.Spread != nil {
			t.Errorf("%s: n %d, spread %v; want 1 and none", r.Label, r.N, r.Spread)
		}
	}
	got := text(t, runs)
	for _, want := range []string{"n=1  1.00x", "n=1: one seed has no spread", "n too small\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestUnfinishedRunsAreLeftOut(t *testing.T) {
	runs := known()
	runs[8].Ended.Status, runs[8].Ended.Reason = "interrupted", "interrupted: stage 3: epoch 31"
	for i := 9; i < 12; i++ {
		runs[i].Ended = nil
	}
	runs[9].Stages = nil
	rows := Table(runs)
	if r := rows[2]; r.N != 2 || math.Abs(*r.Top1-.92) > 1e-12 || r.Diff.N != 2 {
		t.Errorf("interrupted run counts: %+v", r)
	}
	if r := rows[3]; r.N != 0 || r.Top1 != nil || r.Cost != nil {
		t.Errorf("killed runs count: %+v", r)
	}
	got := text(t, runs)
	for _, want := range []string{
		"LGL(r,3), seed 3, runs/LGL(r,3): left out: interrupted in stage 3. Its top-1 was 9",
		"LGL(d,3), seed 1, runs/LGL(d,3): left out: still running or killed, before its first stage.\n",
		"LGL(d,3), seed 2, runs/LGL(d,3): left out: still running or killed, in stage 3. Its top-1 was",
		"LGL(d,3)            0        -       -      -        -        -\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestBestTestIsSaid(t *testing.T) {
	runs := known()
	for i := 9; i < 12; i++ {
		runs[i].Started.Config["carry"] = "best-test"
	}
	got := text(t, runs)
	if !strings.Contains(got, "LGL(d,3) [best-test]  ") || !strings.Contains(got, "on the TEST set") || strings.Contains(got, "no model is picked") {
		t.Errorf("carry: best-test is not said in\n%s", got)
	}
}

func TestSameSeedTwice(t *testing.T) {
	runs := known()
	again := fabricate(plan{label: "baseline", method: "baseline", epochs: 10, seed: 2})
	again.Began = again.Began.Add(time.Hour)
	*again.Ended.Top1Last = .97
	aborted := again
	aborted.Began = again.Began.Add(time.Hour)
	aborted.Ended = nil
	rows := Table(append(runs, again, aborted))
	if r := rows[0]; r.N != 3 || math.Abs(*r.Top1-(.90+.97+.92)/3) > 1e-12 {
		t.Errorf("n %d, top-1 %v; want the later finished run of seed 2 to count, once", r.N, *r.Top1)
	}
}

// Runs under one label with different settings are different rows, each with its own baselines.
func TestSettingsKeepApart(t *testing.T) {
	runs := known()
	long := fabricate(plan{label: "baseline", method: "baseline", epochs: 20, seed: 1})
	masked := fabricate(plan{label: "LGL(d,3)", method: "lgl", choose: "dissimilar", epochs: 10, seed: 1})
	masked.Started.Config["head"] = "masked"
	other := fabricate(plan{label: "LGL(r,3)", method: "lgl", choose: "random", epochs: 30, seed: 1})
	rows := Table(append(runs, long, masked, other))
	byLabel := map[string]Row{}
	for _, r := range rows {
		byLabel[r.Label] = r
	}
	for _, want := range []string{"baseline epochs=10", "baseline epochs=20", "LGL(d,3) head=", "LGL(d,3) head=masked", "LGL(r,3) epochs=30"} {
		if _, ok := byLabel[want]; !ok {
			t.Errorf("no row %q in %v", want, rows)
		}
	}
	if r := byLabel["LGL(r,3) epochs=30"]; r.Diff != nil || math.Abs(*r.Cost-2.1) > 1e-9 {
		t.Errorf("30 epochs beside 10: diff %v, cost %v; want none, 2.1", r.Diff, *r.Cost)
	}
	if r := byLabel["LGL(d,3) head=masked"]; r.Diff == nil || math.Abs(*r.Cost-2.1) > 1e-9 {
		t.Errorf("masked head: diff %v, cost %v; want it beside the same baselines", r.Diff, *r.Cost)
	}
}

func TestSeparateSeeds(t *testing.T) {
	r := Run{Started: record.RunStarted{Seeds: map[string]uint64{"init": 1, "order": 2, "classes": 1}}}
	if got := Seeds(r.Started); got != "classes=1 init=1 order=2" {
		t.Errorf("got %q", got)
	}
}

func TestRowJSON(t *testing.T) {
	rows := Table(known())
	text, err := json.Marshal(rows[2:3])
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"label":"LGL(r,3)","method":"lgl","n":3,"seeds":["1","2","3"],"top1":0.93,`; !strings.HasPrefix(string(text), want[:60]) {
		t.Errorf("got %s\nwant it to begin with %s", text, want)
	}
}

// Columns stand below one another on a terminal, where some characters take two columns and some none.
func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "cat": 3, "Straße": 6, "猫": 2, "ｱ": 1, "Ａ": 2, "e\u0301": 1, "🐶 dog": 6, "❤\uFE0F": 1, "한국": 4} {
		if n := Width(text); n != want {
			t.Errorf("%q is %d wide; want %d", text, n, want)
		}
	}
	var b strings.Builder
	if err := (Sheet{Header: []string{"name", "n"}, Rows: [][]string{{"猫猫", "1"}, {"a", "22"}}}).WriteText(&b); err != nil || b.String() != "name   n\n猫猫   1\na     22\n\n" {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestTerminalControlsAreReplaced(t *testing.T) {
	runs := known()
	for i := range runs {
		runs[i].Started.Data.Name = "x\x1b[2J"
	}
	if strings.ContainsRune(text(t, runs), '\x1b') {
		t.Error("an escape character reaches the terminal")
	}
}

// Under a budget the baseline itself sees as many samples, and the column and its note say so; a table without the
// column explains none.
func TestColumnNamesItsBaseline(t *testing.T) {
	runs := slices.DeleteFunc(known(), func(r Run) bool { return r.Started.Method == "baseline-equal" })
	for _, r := range runs {
		r.Started.Config["budget"] = 1.0
	}
	got := text(t, runs)
	if !strings.Contains(got, "seconds  vs baseline\n") || !strings.Contains(got, "over common seeds from baseline, which") || strings.Contains(got, "baseline-equal") {
		t.Errorf("got\n%s", got)
	}
	if notes := strings.Join(Compare(runs).Methods.Notes, "\n"); !strings.Contains(notes, "±") || strings.Contains(notes, "vs baseline") {
		t.Errorf("compare explains no spread, or a column that it has not:\n%s", notes)
	}
}

// A program that trains by package run need not say what machine it is on.
func TestMachineAsFarAsKnown(t *testing.T) {
	runs := known()[:1]
	runs[0].Started.Engine, runs[0].Started.Machine, runs[0].Started.Revision = record.Engine{Name: "reference"}, record.Machine{}, ""
	if got := text(t, runs); !strings.HasSuffix(got, "\nEngine reference.\n") {
		t.Errorf("got\n%s\nwant it to end with the engine alone", got)
	}
}

// Runs of two revisions on one machine name it once.
func TestMachineOfTwoRevisions(t *testing.T) {
	runs := known()[:2]
	runs[1].Started.Revision = "def5678"
	if got := text(t, runs); !strings.HasSuffix(got, "\nEngine onednn 2.6.3, 2 threads; AMD EPYC, 2 cores, linux/amd64, go1.26; lgl abc1234 or def5678.\n") {
		t.Errorf("got\n%s\nwant both revisions behind the one machine", got)
	}
}
