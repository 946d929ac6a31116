package train

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// elsewhere returns weights that another run might have left, where c begins with such.
func elsewhere(t *testing.T, net nn.Net, c config.Config) nn.State {
	t.Helper()
	if c.InitFile() == "" && !c.Extends() {
		return nil
	}
	s, err := net.Init(nn.He, seed.Stream(99, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestInitial checks that a run begins with the weights it is given, and with no others.
func TestInitial(t *testing.T) {
	c := toyConfig()
	c.Init = "./weights.safetensors"
	j, spy, _ := newJob(t, c, 24)
	j.Initial = elsewhere(t, j.Net, c)
	loads := 0
	spy.onLoad = func(s nn.State) {
		if loads++; loads > 1 {
			return
		}
		for name, want := range j.Initial {
			if !sameBits(s[name].Data, want.Data) {
				t.Errorf("the run begins with another %s", name)
			}
		}
	}
	mustRun(t, j)
	delete(j.Initial, "classifier.bias")
	if _, err := Run(context.Background(), j); err == nil || !strings.Contains(err.Error(), "lack classifier.bias") {
		t.Errorf("error %v; want one that names classifier.bias", err)
	}
}

// TestExtended checks the first step of a run that goes on with another's network: the head rows of the
// classes that it knows, and all below the head, are those that it was given, to the bit; the rows of the
// new classes are drawn from the run's named stream. With shrink-perturb that is done to all of it
// before. The log says which classes were there before the run.
func TestExtended(t *testing.T) {
	for _, warm := range []string{"none", "shrink-perturb"} {
		c := toyConfig()
		c.Extend, c.KnownClasses, c.Stages, c.Warm = "some/where", 2, 1, warm
		j, spy, l := newJob(t, c, 24)
		j.Initial = elsewhere(t, j.Net, c)
		want := j.Initial.Clone()
		if warm != "none" {
			j.Net.ShrinkPerturb(want, c.Shrink, c.Noise, seed.Stream(c.Seed, "warm", 1))
		}
		kept := want.Clone()
		j.Net.RedrawHead(want, []int{2}, nn.Default, seed.Stream(c.Seed, "head", 1))
		loads := 0
		spy.onLoad = func(s nn.State) {
			if loads++; loads != 2 {
				return
			}
			for name := range want {
				if !sameBits(s[name].Data, want[name].Data) {
					t.Errorf("%s: the first step has another %s", warm, name)
				}
			}
			width := len(want["classifier.weight"].Data) / 3
			if !sameBits(s["classifier.weight"].Data[:2*width], kept["classifier.weight"].Data[:2*width]) {
				t.Errorf("%s: the rows of known classes changed", warm)
			}
			if sameBits(s["classifier.weight"].Data[2*width:], kept["classifier.weight"].Data[2*width:]) {
				t.Errorf("%s: the row of the new class was not drawn", warm)
			}
		}
		mustRun(t, j)
		s := eventsOf[record.StageStarted](l)
		if len(s) != 1 || !slices.Equal(s[0].Known, []int{0, 1}) || !slices.Equal(s[0].New, []int{2}) || !slices.Equal(s[0].Classes, []int{0, 1, 2}) || !slices.Equal(s[0].Fresh, []int{2}) {
			t.Errorf("%s: stages %+v", warm, s)
		}
		for _, e := range eventsOf[record.EpochEnded](l) {
			if e.Test.Top1Old == nil || e.Test.Top1New == nil {
				t.Errorf("%s: an epoch does not tell old and new classes apart", warm)
			}
		}
	}
}

// TestKnownIsOfTheFirstStage checks that later stages, and other runs, name no classes from before the run.
func TestKnownIsOfTheFirstStage(t *testing.T) {
	for _, known := range []int{0, 1} {
		c := toyConfig()
		c.Stages = 2
		if c.KnownClasses = known; known > 0 {
			c.Extend = "some/where"
		}
		j, _, l := newJob(t, c, 24)
		j.Initial = elsewhere(t, j.Net, c)
		mustRun(t, j)
		if s := eventsOf[record.StageStarted](l); len(s) != 2 || len(s[0].Known) != known || len(s[1].Known) > 0 {
			t.Errorf("%d known: %+v", known, s)
		}
	}
}
