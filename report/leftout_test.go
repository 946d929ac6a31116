package report

import (
	"slices"
	"testing"
	"time"
)

// ofDir is a run of the baseline's first seed in a directory, begun so many hours after the first.
func ofDir(dir string, hours int, status string, life Life) Run {
	r := demo(1)[0]
	r.Dir, r.Life, r.Began = dir, life, r.Began.Add(time.Duration(hours)*time.Hour)
	if r.Ended.Status = status; status == "unfinished" {
		r.Ended = nil
	}
	return r
}

// Each run that does not count is named by its directory, with the true reason and what goes on with it.
func TestLeftOut(t *testing.T) {
	const seed = "baseline, seed 1"
	const reached = " Its top-1 was 90.97 % after epoch 10."
	broken := ofDir("ij", 0, "interrupted", Resumable)
	broken.Ended.Reason = "interrupted: stage 1: epoch 1: test data"
	failed := ofDir("bad", 0, "failed", Resumable)
	failed.Ended.Reason = "stage 1: loss of sample 0 is NaN"
	failed.Stages[0].Ended.Reason = "not-finite"
	done, two := ofDir("ref", 1, "done", Unknown), ofDir("two", 0, "done", Unknown)
	killed, working := ofDir("my k9", 2, "unfinished", Resumable), ofDir("now", 3, "unfinished", Working)
	for name, c := range map[string]struct {
		runs []Run
		want []string
	}{
		"killed, beside one that is done": {[]Run{killed, done}, []string{seed + ", my k9: left out: killed in stage 1; lgl resume 'my k9' goes on." + reached + " It has the settings and seed of ref, which counts."}},
		"two that are done":               {[]Run{done, two}, []string{seed + ": two has the settings and seed of ref; ref counts, the latest that is finished."}},
		"none is done": {[]Run{broken, killed}, []string{
			seed + ", my k9: left out: killed in stage 1; lgl resume 'my k9' goes on." + reached,
			seed + ", ij: left out: interrupted in stage 1; lgl resume ij goes on." + reached + " It has the settings and seed of my k9, which is not finished either."}},
		"at work":                  {[]Run{working}, []string{seed + ", now: left out: still running, in stage 1." + reached}},
		"would come to that again": {[]Run{failed}, []string{seed + ", bad: left out: failed (stage 1: loss of sample 0 is NaN)." + reached}},
		"one given thrice": {[]Run{done, ofDir("./ref/", 1, "done", Unknown), done}, []string{
			seed + ", ref: given more than once; it counts once.", seed + ", ./ref/: given more than once; it counts once."}},
		"one that is done": {[]Run{done}, nil},
	} {
		if got := groups(c.runs)[0].leftOut(); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, c.want)
		}
	}
}
