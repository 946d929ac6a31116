package task

import (
	"reflect"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
)

// Half a baseline where that is 300 steps; more, up to a whole one, where it is fewer.
func TestUsualBudget(t *testing.T) {
	for _, test := range []struct {
		samples, epochs, batch int
		want                   float64
	}{
		{60000, 10, 64, 0.5}, {3840, 10, 64, 0.5}, {3000, 10, 64, 0.64}, {500, 10, 16, 0.96}, {500, 10, 64, 1}, {3000, 20, 64, 0.5},
	} {
		c := config.Config{Epochs: test.epochs, Batch: test.batch}
		if got := usualBudget(c, test.samples); got != test.want {
			t.Errorf("%d samples, %d epochs, batch %d: budget %v; want %v", test.samples, test.epochs, test.batch, got, test.want)
		}
	}
}

// Settings of an extension are those of the run, but for what makes a stage that adds classes; they can be checked as they are.
func TestBaseSettings(t *testing.T) {
	of := config.Default()
	of.Data, of.Model, of.Epochs, of.Seed, of.Method, of.Stages, of.LastShare = "mine", "mlp", 7, 3, "baseline", 4, 0.5
	of.Init, of.Select, of.TrainSamples, of.OldData, of.Budget = "./weights", "./order", 100, "old", 2
	b := &Base{Dir: "/runs/a", Config: of, Meta: checkpoint.Meta{Classes: []string{"a", "b"}}}
	want := config.Default()
	want.Data, want.Model, want.Epochs, want.Seed = "mine", "mlp", 7, 3
	want.Extend, want.KnownClasses, want.Stages, want.Budget, want.LastShare = "/runs/a", 2, 1, 0, 0
	c := b.Settings()
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v\nwant %+v", c, want)
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}
