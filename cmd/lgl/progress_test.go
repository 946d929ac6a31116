package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
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

func TestPace(t *testing.T) {
	for _, c := range []struct {
		done, left int64
		spent      time.Duration
		want       string
	}{{0, 10, time.Second, ""}, {50, 150, 10 * time.Second, "5/s  30s left"}, {3, 0, 2 * time.Second, "1.5/s  0s left"}, {123456, 1, time.Second, "123,456/s  0s left"}} {
		if got := pace(c.done, c.left, c.spent); got != c.want {
			t.Errorf("%d done and %d left after %v: %q; want %q", c.done, c.left, c.spent, got, c.want)
		}
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
