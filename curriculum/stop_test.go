package curriculum

import "testing"

// Every sequence of six losses out of {1, 2, 3} is held to the rule's words: the stage ends after
// the first epoch e such that none of the last Patience epochs fell by more than MinDelta below
// the best loss that counted before it.
func TestConvergedIsItsDefinition(t *testing.T) {
	const n = 6
	for _, c := range []Converged{{Patience: 1, MaxEpochs: n}, {Patience: 2, MaxEpochs: 5}, {Patience: 3, MinDelta: 1, MaxEpochs: n}, {Patience: 2, MinDelta: 0.5, MaxEpochs: n}} {
		for code := range 729 {
			losses := make([]float64, n)
			for i, rest := 0, code; i < n; i, rest = i+1, rest/3 {
				losses[i] = float64(1 + rest%3)
			}
			wantEpochs, want := definition(losses, c)
			s, err := NewStopper(StopRule{Converged: &c})
			if err != nil {
				t.Fatal(err)
			}
			reason := StopReason("")
			for e := 0; reason == ""; e++ {
				reason = s.After(10, losses[e])
				if again := resumed(t, s.rule, s); again != reason {
					t.Fatalf("%+v, losses %v, epoch %d: reason %q; resumed from its state %q", c, losses, e+1, reason, again)
				}
			}
			if s.epochs != wantEpochs || reason != want {
				t.Fatalf("%+v, losses %v: %s after %d epochs; want %s after %d", c, losses, reason, s.epochs, want, wantEpochs)
			}
		}
	}
}

// resumed returns the reason of a Stopper that goes on from the state of s.
func resumed(t *testing.T, rule StopRule, s *Stopper) StopReason {
	t.Helper()
	other, err := NewStopper(rule)
	if err != nil {
		t.Fatal(err)
	}
	other.Resume(s.State())
	return other.Reason()
}

// definition marks the epochs that count as a fall, and looks for Patience others in a row.
func definition(losses []float64, c Converged) (int, StopReason) {
	fell := make([]bool, len(losses))
	for e := range losses {
		lowest := e // the last epoch that counted
		for lowest--; lowest >= 0 && !fell[lowest]; lowest-- {
		}
		fell[e] = lowest < 0 || losses[e] < losses[lowest]-c.MinDelta
	}
	for e := 1; e <= c.MaxEpochs; e++ {
		quiet := e >= c.Patience
		for back := 1; quiet && back <= c.Patience; back++ {
			quiet = !fell[e-back]
		}
		if quiet {
			return e, StopConverged
		}
	}
	return c.MaxEpochs, StopMaxEpochs
}

func TestStopRules(t *testing.T) {
	for _, c := range []struct {
		rule    StopRule
		n       int
		epochs  []int // samples of each
		planned int
		reason  StopReason
	}{
		{StopRule{Epochs: 3}, 10, []int{10, 10, 10}, 3, StopEpochs},
		{StopRule{Samples: 25}, 10, []int{10, 10, 5}, 3, StopSamples},
		{StopRule{Samples: 20}, 10, []int{10, 10}, 2, StopSamples},
		{StopRule{Samples: 7}, 10, []int{7}, 1, StopSamples},
		{StopRule{Samples: 21}, 10, []int{10, 9, 2}, 3, StopSamples},
	} {
		s, err := NewStopper(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Planned(c.n); got != c.planned {
			t.Errorf("%+v: %d epochs planned; want %d", c.rule, got, c.planned)
		}
		for i, want := range c.epochs {
			n := s.Next(c.n)
			reason := s.After(n, 1)
			if n != want || (reason != "") != (i == len(c.epochs)-1) {
				t.Fatalf("%+v, epoch %d: %d samples, reason %q; want %d", c.rule, i+1, n, reason, want)
			}
			if reason != "" && reason != c.reason {
				t.Errorf("%+v: reason %s; want %s", c.rule, reason, c.reason)
			}
			if again := resumed(t, c.rule, s); again != reason {
				t.Errorf("%+v, epoch %d: reason %q; resumed from its state %q", c.rule, i+1, reason, again)
			}
		}
	}
}

func TestStopRuleRefused(t *testing.T) {
	for _, rule := range []StopRule{
		{}, {Epochs: 1, Samples: 5}, {Epochs: -1}, {Epochs: 1, Samples: -1}, {Converged: &Converged{MaxEpochs: 3}}, {Converged: &Converged{Patience: 1}},
	} {
		if _, err := NewStopper(rule); err == nil {
			t.Errorf("%+v was accepted", rule)
		}
	}
}
