package train

import (
	"context"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
)

// elsewhere returns weights that another run might have left, where c has a file of initial weights.
func elsewhere(t *testing.T, net nn.Net, c config.Config) nn.State {
	t.Helper()
	if c.InitFile() == "" {
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
