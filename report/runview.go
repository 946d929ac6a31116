package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// runView is one run as the page shows it.
type runView struct {
	Label    string
	Look     look
	Run      Run
	Seed     string
	Top1     string // on the test set, all classes, at the last epoch; "-" before one
	State    string // "", or why the run does not count
	Facts    []fact
	Warnings []string
	Stages   []stageView
	Classes  []classView
	Confused *confusedView // nil where there is none, or none that a page can hold
	Settings []fact
	Open     bool // shown unfolded
}

// fact is a name and its value.
type fact struct{ Name, Value string }

// stageView is one stage.
type stageView struct {
	record.StageStarted
	Entered []string // names of the new classes, in their order
	Active  int
	Samples string // an epoch
	Epochs  []record.EpochEnded
	Reason  string
	HEnd    *float64  // of the weights that the stage handed on, or else has last, like Top1 and On
	Top1    string    // test set, all classes, in %
	On      [3]string // the same over the active, the new and the old classes
	Kept    string    // which weights these are, where they are not the last
	Choice  []scoreView
	LeftOut string // candidates too many to list
}

// scoreView is H(T|X_{i}) of one candidate class.
type scoreView struct {
	Class  string
	H      float64
	Width  float64 // of its bar, 0..100: H over its bound log L
	Chosen bool
}

// newRunView gathers what the page shows of r.
func newRunView(g *group, l look, r Run) runView {
	v := runView{Label: g.label, Look: l, Run: r, Seed: Seeds(r.Started), Top1: "-", Warnings: slices.Clone(r.Warnings)}
	if last, ok := r.last(); ok && last.Test != nil {
		v.Top1 = percent(last.Test.Top1) + " %"
	}
	if r.Status() != "done" {
		v.State = unfinished(r)
	}
	if r.Torn != "" {
		v.Warnings = append(v.Warnings, "The record's last line is cut off and left out: "+r.Torn)
	}
	v.Facts = facts(r)
	trained := 0 // classes behind the scores of a stage
	if r.Started.Extends != nil {
		trained = r.Started.Extends.Known
	}
	for _, s := range r.Stages {
		v.Stages = append(v.Stages, newStageView(r, s, trained))
		trained = len(s.Started.Classes)
	}
	v.Classes = classViews(r)
	v.Confused = confusions(r)
	if text := foretold(v.Classes); text != "" {
		v.Facts = append(v.Facts, fact{"H(T|X) when chosen against top-1 at the end", text})
	}
	for _, k := range sortedKeys(r.Started.Config) {
		v.Settings = append(v.Settings, fact{k, record.SettingText(r.Started.Config[k])})
	}
	return v
}

// facts lists costs, as predicted and as measured, and what computed the run.
func facts(r Run) []fact {
	s := r.Started
	out := []fact{{"run", s.Run}, {"began", r.Began.UTC().Format("2006-01-02 15:04:05 UTC")}}
	if x := s.Extends; x != nil {
		out = append(out, fact{"extends", fmt.Sprintf("%s, stage %d, which knew %d classes (top-1 on them %s %%)", x.Run, x.Stage, x.Known, percentOf(x.Top1))})
	}
	if s.SamplesPredicted > 0 {
		out = append(out, fact{"predicted", cost(s.SamplesPredicted, s)})
	}
	if e := r.Ended; e != nil {
		out = append(out,
			fact{"measured", cost(e.SamplesSeen, s)},
			fact{"only forwarded", plural.Thousands(e.SamplesProbed) + " samples"},
			fact{"arithmetic", fmt.Sprintf("%.3g TFLOP in training, %.3g forwarding", e.FLOPsTrained/1e12, e.FLOPsForwarded/1e12)},
			fact{"time", fmt.Sprintf("%.1f s in training steps, %.1f s in all", e.TrainSeconds, e.Seconds)})
		if e.Top1Kept != nil && r.picked() {
			out = append(out, fact{"the weights that were kept", percent(*e.Top1Kept) + " %, which are not those of the last epoch"})
		}
		if e.Top1Best != nil {
			out = append(out, fact{"best epoch by test accuracy", percent(*e.Top1Best) + " % (for reference; not used)"})
		}
	}
	if s := selectSeconds(r); s > 0 {
		out = append(out, fact{"choosing samples", fmt.Sprintf("%.1f s, forward passes included", s)})
	}
	engine := fmt.Sprintf("%s, %s", engineName(s.Engine), plural.Count(s.Engine.Threads, "thread"))
	if s.Engine.Why != "" {
		engine += " (" + s.Engine.Why + ")"
	}
	model := fmt.Sprintf("%s, %s weights, %s multiply-adds a sample", s.Model.Name, plural.Thousands(s.Model.Params), plural.Thousands(s.Model.MACs))
	return append(out, fact{"model", model}, fact{"engine", engine}, fact{"lgl", s.Revision})
}

// cost prints samples, and how many baselines they are where that is known.
func cost(samples int64, s record.RunStarted) string {
	text := plural.Thousands(samples) + " samples"
	if s.CostPredicted > 0 && s.SamplesPredicted > 0 {
		text += fmt.Sprintf(", %.2f baselines", float64(samples)*s.CostPredicted/float64(s.SamplesPredicted))
	}
	return text
}

// newStageView gathers what the page shows of s, whose choice rested on trained classes.
func newStageView(r Run, s Stage, trained int) stageView {
	v := stageView{StageStarted: s.Started, Active: len(s.Started.Classes), Samples: plural.Thousands(s.Started.Samples),
		Epochs: s.Epochs, Top1: "-", On: [3]string{"-", "-", "-"}, Reason: "not ended"}
	for _, c := range s.Started.New {
		v.Entered = append(v.Entered, r.Started.Data.Class(c))
	}
	if least, most := selectedSamples(r, s); most > least {
		v.Samples = plural.Thousands(least) + " to " + plural.Thousands(most)
	}
	kept, picked, _ := s.kept()
	v.HEnd = kept.EntropyActive
	if t := kept.Test; t != nil {
		v.Top1 = percent(t.Top1)
		v.On = [3]string{percent(t.Top1Active), percentOf(t.Top1New), percentOf(t.Top1Old)}
	}
	if s.Ended != nil {
		v.Reason = s.Ended.Reason
	}
	if picked {
		v.Kept = fmt.Sprintf("Stage %d handed on the weights of its epoch %d of %d (carry: %s); H(T|X) after it and top-1 are of these, as are its classes and confusions below.",
			s.Started.Stage, kept.StageEpoch, len(s.Epochs), s.Ended.Carry)
	}
	v.Choice, v.LeftOut = choice(r, s.Started, math.Log(float64(max(trained, 2))))
	return v
}

// selectSeconds is the time that a self-paced run spent choosing its samples.
func selectSeconds(r Run) (sum float64) {
	for _, s := range r.Stages {
		for _, e := range s.Epochs {
			sum += e.SelectSeconds
		}
	}
	return sum
}

// selectedSamples returns the fewest and the most samples of an epoch of a stage that chooses them
// for each epoch; 0 and 0 of another stage.
func selectedSamples(r Run, s Stage) (least, most int64) {
	for i, e := range s.Epochs {
		if e.Selected == nil {
			return 0, 0
		}
		n := int64(math.Round(*e.Selected * float64(r.Started.Data.Train)))
		if i == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	return least, most
}

// maxScores is how many candidates a choice lists.
const maxScores = 24

// choice lists the candidates of a stage: those chosen, then the others, each from high to low H.
// bound is the largest H can be.
func choice(r Run, s record.StageStarted, bound float64) ([]scoreView, string) {
	var out []scoreView
	chosen := map[int]bool{}
	for _, k := range s.New {
		chosen[k] = true
	}
	for i, h := range s.Scores {
		out = append(out, scoreView{r.Started.Data.Class(i), h, position(h, 0, max(bound, h)), chosen[i]})
	}
	slices.SortFunc(out, func(a, b scoreView) int {
		return cmp.Or(boolInt(b.Chosen)-boolInt(a.Chosen), cmp.Compare(b.H, a.H), cmp.Compare(a.Class, b.Class))
	})
	keep := max(maxScores, len(s.New))
	if len(out) <= keep {
		return out, ""
	}
	rest := out[keep:]
	return out[:keep], fmt.Sprintf("and %d more, from %.3f down to %.3f", len(rest), rest[0].H, rest[len(rest)-1].H)
}

// percentOf is percent of what may be missing.
func percentOf(v *float64) string {
	if v == nil {
		return "-"
	}
	return percent(*v)
}

// rate prints a learning rate with four digits.
func rate(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
