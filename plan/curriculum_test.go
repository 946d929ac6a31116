package plan

import (
	"reflect"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/curriculum"
)

// The curriculum of a run is what its settings say: every one that it rests on reaches it.
func TestCurriculumIsThatOfTheSettings(t *testing.T) {
	perClass, order := []int{20, 20, 20}, []int{2, 0, 1}
	lgl := curriculum.LGL{
		Stages: 3, Classes: 3, Seed: 7, Stop: curriculum.StopRule{Epochs: 4}, Select: curriculum.Random, Partition: curriculum.Even, Reinit: curriculum.Untrained,
	}
	with := func(change func(*curriculum.LGL)) curriculum.LGL { l := lgl; change(&l); return l }
	for name, c := range map[string]struct {
		set   func(*config.Config)
		order []int
		want  curriculum.Curriculum
	}{
		"lgl": {func(*config.Config) {}, nil, lgl},
		"variants": {func(c *config.Config) {
			c.Head, c.KeepMomentum, c.Select, c.HierarchyOrder, c.Partition, c.Reinit = "masked", true, "hierarchy", "branch", "ceil", "all"
			c.Warm, c.Shrink, c.Noise = "shrink-perturb", 0.6, 0.2
		}, nil, with(func(l *curriculum.LGL) {
			l.Masked, l.KeepMomentum, l.Select, l.Branch, l.Partition, l.Reinit = true, true, curriculum.Learnt, true, curriculum.Ceil, curriculum.All
			l.Warm = curriculum.Warm{Shrink: 0.6, Noise: 0.2}
		})},
		"order":  {func(c *config.Config) { c.Select = "./order.txt" }, order, with(func(l *curriculum.LGL) { l.Select, l.Given = curriculum.Given, order })},
		"redraw": {func(c *config.Config) { c.Warm, c.RedrawLayers = "redraw", 2 }, nil, with(func(l *curriculum.LGL) { l.Warm = curriculum.Warm{Redraw: 2} })},
		"budget": {func(c *config.Config) { c.Budget, c.LastShare = 1.5, 0.8 }, nil, with(func(l *curriculum.LGL) {
			l.Budget = curriculum.Budget{Samples: 360, LastShare: 0.8, Epochs: 4}
		})},
		"converged": {func(c *config.Config) { c.Until, c.Patience, c.MinDelta = "converged", 5, 0.1 }, nil, with(func(l *curriculum.LGL) {
			l.Stop = curriculum.StopRule{Converged: &curriculum.Converged{Patience: 5, MinDelta: 0.1, MaxEpochs: 4}}
		})},
		"authors": {func(c *config.Config) {
			c.Compat = "authors"
			*c = c.Replayed(func(string) bool { return false })
		}, nil, with(func(l *curriculum.LGL) {
			l.Masked, l.KeepMomentum, l.Reinit, l.Stop.Epochs = true, true, curriculum.None, 3
		})},
		"extended": {func(c *config.Config) { c.Extend, c.KnownClasses, c.Stages = "a", 1, 2 }, nil, with(func(l *curriculum.LGL) { l.Known, l.Stages = 1, 2 })},
		"control":  {func(c *config.Config) { c.Method = "restarts-only" }, nil, curriculum.Control{Kind: curriculum.RestartsOnly, LGL: lgl, Epochs: 4}},
		"baseline": {func(c *config.Config) { c.Method = "baseline" }, nil, curriculum.Plain{Classes: 3, Stop: curriculum.StopRule{Epochs: 4}}},
		"some": {func(c *config.Config) { c.Method, c.OnlyClasses = "baseline", "2,0" }, order[:2],
			curriculum.Plain{Classes: 3, Only: order[:2], Stop: curriculum.StopRule{Epochs: 4}}},
		"baseline, budget": {func(c *config.Config) { c.Method, c.Budget = "baseline", 0.5 }, nil,
			curriculum.Plain{Classes: 3, Stretch: 0.5, Stop: curriculum.StopRule{Samples: 120}}},
		"baseline-equal": {func(c *config.Config) { c.Method = "baseline-equal" }, nil,
			curriculum.Plain{Classes: 3, Stretch: 2, Stop: curriculum.StopRule{Samples: 480}}},
		"spld": {func(c *config.Config) { c.Method, c.Gamma, c.Losses = "spld", 2, "running" }, nil, curriculum.SelfPaced{
			Rule: curriculum.Diverse, Weighting: curriculum.Hard, Pace: curriculum.Pace{Start: 0.5, Full: 0.5, Warmup: 1},
			Running: true, Gamma: 2, Epochs: 4, Batch: 4, Classes: 3,
		}},
	} {
		s := settings()
		s.Epochs, s.Batch, s.SeedClasses = 4, 4, 7
		c.set(&s)
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := NewCurriculum(s, perClass, c.order); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}
