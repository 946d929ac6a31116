package report

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

// Student's data (1908, "The probable error of a mean"): hours of sleep gained by ten patients
// with one drug more than with the other. R's manual has t.test(sleep, paired): t = 4.0621, df = 9,
// p = 0.002833, interval 0.7001142 to 2.4598858.
func TestPairedTOfStudent(t *testing.T) {
	d := pairedT([]float64{1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, .8, 4.6, 1.4})
	if d.N != 10 || !near(d.Mean, 1.58, 1e-12) || !near(*d.P, .002833, 5e-7) || !near(*d.Low, .7001142, 5e-8) || !near(*d.High, 2.4598858, 5e-8) {
		t.Errorf("n %d, mean %v, p %v, interval [%v, %v]", d.N, d.Mean, *d.P, *d.Low, *d.High)
	}
}

// R: p.adjust(c(0.03, 0.01, 0.04, 0.02), "holm") is 0.06 0.04 0.06 0.06; a pair without p stays so.
func TestHolm(t *testing.T) {
	pairs := []Pair{{Diff: &Diff{}}}
	for _, p := range []float64{.03, .01, .04, .02} {
		pairs = append(pairs, Pair{Diff: &Diff{P: &p}})
	}
	holm(pairs)
	if pairs[0].Holm != nil || pairs[0].Verdict() != "n too small" {
		t.Errorf("adjusted without a p: %v", pairs[0])
	}
	for i, want := range []float64{.06, .04, .06, .06} {
		if got := *pairs[i+1].Holm; !near(got, want, 1e-12) {
			t.Errorf("pair %d: %v; want %v", i+1, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	c := Compare(known())
	methods, differences, settings := c.Methods, c.Differences, c.Settings
	if got := strings.Join(methods.Rows[3][:5], " "); len(methods.Rows) != 5 || got != "LGL(d,3) 3 94.10 ±1.10 2.10x" {
		t.Errorf("%d methods, the fourth %s; want 5, the fourth LGL(d,3) with 94.10 ±1.10 at 2.10x", len(methods.Rows), got)
	}
	if len(differences.Rows) != 10 {
		t.Fatalf("%d pairs of 5 methods; want 10", len(differences.Rows))
	}
	byPair := map[string][]string{}
	for _, r := range differences.Rows {
		byPair[r[0]+" "+r[1]] = r
	}
	for pair, want := range map[string]string{
		"baseline LGL(s,3)":       "3 +0.00 - - - no spread",
		"baseline-equal LGL(d,3)": "3 -2.10 [-2.35, -1.85] <0.001 0.004 B is higher", // t = 2.1 sqrt(3)/.1 = 36.4, p = 0.00075, of five left
		"baseline-equal LGL(r,3)": "3 -1.00 [-3.48, +1.48] 0.225 0.368 no difference shown",
	} {
		if got := strings.Join(byPair[pair][2:], " "); got != want {
			t.Errorf("%s: %s; want %s", pair, got, want)
		}
	}
	if want := []string{"label", "budget", "method", "select"}; !slices.Equal(settings.Header, want) {
		t.Errorf("settings %v; want %v", settings.Header, want)
	}
	if want := []string{"LGL(d,3)", "0", "lgl", "dissimilar"}; !slices.Equal(settings.Rows[3], want) {
		t.Errorf("settings %v; want %v", settings.Rows[3], want)
	}
}

func TestCompareTwoSeeds(t *testing.T) {
	d := Compare(demo(1, 2)).Differences
	if strings.Contains(d.Notes[0], "Holm") {
		t.Errorf("nothing is tested, but for the note: %s", d.Notes[0])
	}
	for _, r := range d.Rows {
		if r[2] != "2" || r[7] != "n too small" || r[5] != "-" {
			t.Errorf("two seeds: %v", r)
		}
	}
	c := Compare(demo(1)[:1])
	alone, none, same := c.Methods, c.Differences, c.Settings
	if none.Rows != nil || !strings.Contains(none.Notes[0], "nothing to pair") {
		t.Errorf("one run: %+v", none)
	}
	if len(alone.Rows) != 1 || alone.Rows[0][3] != "n=1" {
		t.Errorf("the accuracy of one run: %v", alone.Rows)
	}
	if same.Rows != nil || !strings.Contains(same.Notes[0], "one set of settings") {
		t.Errorf("the settings of one run differ: %+v", same)
	}
}

// Pairs without a p value are not tested, and none is adjusted for them.
func TestComparisonsAreThoseTested(t *testing.T) {
	d := Compare(known()[3:10]).Differences // two methods of three seeds, and one of one
	if note := d.Notes[len(d.Notes)-1]; len(d.Rows) != 3 || d.Rows[0][6] != d.Rows[0][5] || d.Rows[0][6] == "-" || !strings.Contains(note, "adjusted for the 1 comparison;") {
		t.Errorf("%v: %s", d.Rows, note)
	}
}

// Runs tested on other data are not paired.
func TestCompareOtherData(t *testing.T) {
	runs := known()
	for i := range runs[:3] {
		runs[i].Started.Data.Name = "mnist"
	}
	for _, p := range Compare(runs).Pairs {
		if p.A == "baseline" || p.B == "baseline" {
			t.Errorf("paired %s and %s", p.A, p.B)
		}
	}
}

// CSV holds the printed numbers, to more digits.
func TestSheetCSV(t *testing.T) {
	s := Compare(known()).Differences
	var b bytes.Buffer
	if err := s.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != len(s.Rows)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for i, l := range lines[1:] {
		mean, err := strconv.ParseFloat(l[3], 64)
		if printed, _ := strconv.ParseFloat(s.Rows[i][3], 64); err != nil || !near(100*mean, printed, .005001) {
			t.Errorf("CSV %v; table %v", l, s.Rows[i])
		}
	}
	plain := Sheet{Header: []string{"a", "b,\"c\""}, Rows: [][]string{{"1\n2", "x"}}}
	b.Reset()
	if err := plain.WriteCSV(&b); err != nil || b.String() != "a,\"b,\"\"c\"\"\"\n\"1\n2\",x\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestPageWithSheetAndPicture(t *testing.T) {
	s := Compare(known()).Differences
	s.Title = "<b>"
	var b bytes.Buffer
	if err := (Page{Title: "t", Runs: known(), Sheets: []Sheet{s}, Pictures: []Picture{{"figure", "a & b", []byte{1, 2, 3}}}}).Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`&lt;b&gt;`, `<img src="data:image/png;base64,AQID" alt="a &amp; b">`, "img-src data:", "no difference shown"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in the page", want)
		}
	}
}

// The series of figure 3: LGL's last stage and a baseline, both counted from their first epoch.
func TestFinals(t *testing.T) {
	series := Finals(known(), func(a record.Accuracy) float64 { return a.Top1 })
	if len(series) != 5 || series[0].Before != 0 || !near(series[2].Before, 11, 1e-9) { // 4 + 7 of 10 classes, 10 epochs each
		t.Fatalf("%d series, before %v and %v", len(series), series[0].Before, series[2].Before)
	}
	for _, s := range series {
		want := 10
		if s.Method == "baseline-equal" {
			want = 21
		}
		if len(s.Epoch) != want || s.Epoch[0] != 1 || s.Runs != 3 {
			t.Errorf("%s: %d epochs from %v of %d runs; want %d from 1 of 3", s.Label, len(s.Epoch), s.Epoch[0], s.Runs, want)
		}
	}
}
