package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/run"
)

// A stage that an error ended has no line of its own: before its first epoch ended there is no accuracy to tell.
func TestNarratorLeavesErrors(t *testing.T) {
	var out, errs strings.Builder
	n := &narrator{app: newApp(&out, &errs)}
	for _, reason := range []string{"error", "interrupted", "not-finite"} {
		if err := n.Emit(record.StageEnded{Stage: 1, Reason: reason}); err != nil || errs.Len() > 0 {
			t.Errorf("%s: said %q; %v", reason, errs.String(), err)
		}
	}
	if err := n.Emit(record.StageEnded{Stage: 1, Reason: "epochs"}); err != nil || !strings.Contains(errs.String(), "train loss") {
		t.Errorf("said %q; %v", errs.String(), err)
	}
}

// terminal returns a screen that takes itself to be one, and what it shows.
func terminal() (*screen, *strings.Builder) {
	var shown strings.Builder
	return &screen{w: &shown, terminal: os.Stderr}, &shown
}

func TestMeter(t *testing.T) {
	s, shown := terminal()
	show := s.meter("checked", "picture")
	for _, c := range []struct {
		done int
		want string
	}{
		{100, "\rchecked 100 of 1,000 pictures  \x1b[K"}, // what was done before is no work of ours
		{300, `^\rchecked 300 of 1,000 pictures  \S+/s  \S+ left`},
		{10, "\rchecked 10 of 1,000 pictures  \x1b[K"}, // another pass
	} {
		shown.Reset()
		s.last = time.Time{}
		time.Sleep(time.Millisecond)
		show(c.done, 1000)
		if got := shown.String(); got != c.want && !(strings.HasPrefix(c.want, "^") && regexp.MustCompile(c.want).MatchString(got)) {
			t.Errorf("%d done: %q; want %q", c.done, got, c.want)
		}
	}
}

// Of an unknown number it is shown how many there are so far; each thing that is done to them begins anew.
func TestMeters(t *testing.T) {
	s, shown := terminal()
	show := s.meters("picture")
	for _, c := range []struct {
		lead      string
		done, all int
		want      string
	}{
		{"found", 1, 0, `\rfound 1 picture  \x1b\[K`},
		{"found", 3000, 0, `\rfound 3,000 pictures  [0-9,.e+]+/s\x1b\[K`},
		{"checked", 1, 3000, `\rchecked 1 of 3,000 pictures  \x1b\[K`},
		{"checked", 2000, 3000, `\rchecked 2,000 of 3,000 pictures  \S+/s  \S+ left\x1b\[K`},
	} {
		shown.Reset()
		s.last = time.Time{}
		time.Sleep(time.Millisecond)
		show(c.lead, c.done, c.all)
		if !regexp.MustCompile("^" + c.want + "$").MatchString(shown.String()) {
			t.Errorf("%s %d: %q; want %q", c.lead, c.done, shown, c.want)
		}
	}
}

func TestPace(t *testing.T) {
	for _, c := range []struct {
		done, left int64
		spent      time.Duration
		want       string
	}{{0, 10, time.Second, ""}, {50, 150, 10 * time.Second, "5/s  30s left"}, {3, 0, 2 * time.Second, "1.5/s  0s left"}, {3, -3, 2 * time.Second, "1.5/s"}, {123456, 1, time.Second, "123,456/s  0s left"}} {
		if got := pace(c.done, c.left, c.spent); got != c.want {
			t.Errorf("%d done and %d left after %v: %q; want %q", c.done, c.left, c.spent, got, c.want)
		}
	}
}

// An epoch that is slow beside the fastest of its stage is told of, once.
func TestSlower(t *testing.T) {
	var s speed
	for i, c := range []struct {
		stage, epoch int
		samples      int64
		seconds      float64
		said         bool
	}{
		{1, 1, 1000, 1, false}, // not judged, nor judged by
		{1, 2, 1000, 6, false},
		{1, 3, 0, 9, false},     // all its samples were trained on before a checkpoint
		{1, 4, 1000, 15, false}, // 2.5 times
		{1, 5, 100, 4, false},   // a hiccup
		{2, 1, 1000, 60, false}, // pictures of its classes were decoded
		{2, 2, 1000, 40, false}, // and more are than memory keeps
		{2, 3, 1000, 10, false},
		{2, 4, 1000, 40, true},   // 4 times
		{2, 5, 1000, 400, false}, // was told
	} {
		e := record.EpochEnded{Stage: c.stage, StageEpoch: c.epoch, TrainSeconds: c.seconds}
		if said := s.slower(e, c.samples); (said != "") != c.said || c.said && !strings.Contains(said, "4.0 times slower") {
			t.Errorf("epoch %d: said %q", i, said)
		}
	}
}

// The files of a data set are timed one by one: of the second nothing is known yet when the first is there.
func TestDownload(t *testing.T) {
	s, shown := terminal()
	show := s.download()
	for _, want := range []string{"a.gz 100 of 1,000 bytes  ", "b.gz 100 of 1,000 bytes  "} {
		shown.Reset()
		s.last = time.Time{}
		show(want[:4], 100, 1000)
		if got := shown.String(); got != "\r"+want+"\x1b[K" {
			t.Errorf("%q; want %q", got, want)
		}
		show(want[:4], 1000, 1000)
	}
}

// What a suite's runs had done before they were resumed is no work of this process.
func TestSuiteProgress(t *testing.T) {
	s, shown := terminal()
	p := &pending{app: &app{screen: s}, suite: paper.Suite{Cells: make([]paper.Cell, 3)}, cells: make([]paper.Cell, 2), total: 830, began: time.Now().Add(-10 * time.Second), seen: map[string]int64{}}
	p.progress("a", 800, 790)
	s.last = time.Time{}
	p.progress("b", 10, 0)
	if want := "1 of 3 runs done  ██████████  98%  2 images/s  10s left"; !strings.HasSuffix(shown.String(), "\r"+want+"\x1b[K") {
		t.Errorf("%q; want %q", shown, want)
	}
}

// A run that was stopped before its first step kept no weights, so there is none of which to tell.
func TestNoWeightsKept(t *testing.T) {
	var out strings.Builder
	r := run.Result{Stages: 3, Stage: 1, RunEnded: record.RunEnded{Status: "interrupted"}}
	if err := writeRun(&out, r); err != nil || strings.Contains(out.String(), "weights kept") || !strings.Contains(out.String(), "not one step was made") {
		t.Errorf("%s; %v", &out, err)
	}
}

// Of a class that is not recognised, and rare, it is said what may help.
func TestRareClass(t *testing.T) {
	var out strings.Builder
	r := run.Result{Unrecognised: []string{"a, b", "c"}, Rare: []string{"a, b"}, RunEnded: record.RunEnded{Status: "done"}}
	if err := writeRun(&out, r); err != nil || !strings.Contains(out.String(), `rare in training: "a, b"; --balance oversample`) {
		t.Errorf("%s; %v", &out, err)
	}
}

// A pass that does not train is shown with where the run is.
func TestNarratorShowsPasses(t *testing.T) {
	s, shown := terminal()
	n := &narrator{app: &app{screen: s}, where: "stage 1/2 epoch 3/4"}
	n.forwarded("test", 64, 1000)
	if want := "\rstage 1/2 epoch 3/4  64 of 1,000 test samples  \x1b[K"; shown.String() != want {
		t.Errorf("%q; want %q", shown, want)
	}
}

// What goes to stdout does not end up behind the progress line.
func TestOutputTakesTheProgressLineAway(t *testing.T) {
	s, shown := terminal()
	s.progress("1 of 2")
	w := &checkedWriter{w: shown, screen: s}
	if _, err := w.Write([]byte("cat\n")); err != nil || !strings.HasSuffix(shown.String(), "\r\x1b[Kcat\n") {
		t.Errorf("%q; %v", shown, err)
	}
}
