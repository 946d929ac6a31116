package task

import (
	"fmt"
	"math"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// Initial are weights to begin with, from a file or a run that goes on; zero where they are drawn.
type Initial struct {
	State  nn.State
	SHA256 string // of the file of --init
}

// ReadInitial takes those of the run that is extended, or reads the file of --init, if it is one, holds it to the network, and says what of it is
// not taken. A run that goes on from a checkpoint has its weights there, and needs the file no more.
func (t Task) ReadInitial(say func(line string)) (i Initial, err error) {
	if t.Base != nil {
		i.State, err = t.grown()
		return i, err
	}
	path := t.Config.InitFile()
	if path == "" {
		return i, nil
	}
	if i.State, i.SHA256, err = checkpoint.LoadTensors(path); err != nil {
		return i, failure.Usage(fmt.Errorf("--init: %w", err))
	}
	if bad := i.State.NotFinite(); bad != "" {
		return i, failure.Usage(fmt.Errorf("--init %s: tensor %s holds NaN or infinite values; give other weights", path, bad))
	}
	classes, err := t.Net.Adopts(i.State)
	if err != nil {
		err = failure.Usage(fmt.Errorf("--init %s: %w", path, err))
		if width := t.widthOf(i.State); width > 0 {
			err = failure.Hint(err, "these are weights of %s with --width %v", t.Config.Model, width)
		}
		return i, err
	}
	if classes > 0 {
		say(fmt.Sprintf("the head in %s is for %s; the data have %d, so it is drawn anew", path, plural.Count(classes, "class"), t.Net.Classes))
	}
	return i, nil
}

// grown returns the weights to begin with: those of the base, its head rows first, and for the new
// classes rows as they are drawn, which the first stage draws anew.
func (t Task) grown() (nn.State, error) {
	init, _, _ := t.Config.Seeds()
	s, err := t.Net.Init(nn.Scheme(t.Config.Scheme()), seed.Stream(init, "init"))
	if err == nil {
		_, err = t.Net.Grow(s, t.Base.State)
	}
	return s, err
}

// widthOf returns the --width with which the network can take weights that do not fit it as it is; 0 if there is none.
// It is the share of the widest layer's channels, rounded to as few digits as will do.
func (t Task) widthOf(s nn.State) float64 {
	o := zoo.Options{Input: t.Net.Input, Classes: t.Net.Classes, Hidden: t.Config.Hidden}
	whole, err := zoo.Build(t.Config.Model, o)
	if err != nil {
		return 0
	}
	most, have := 1, 0
	for _, p := range whole.Params() {
		if shape := s[p.Name].Shape; p.Role == nn.Weight && p.Layer != whole.Head() && p.Shape[0] > most && len(shape) > 0 {
			most, have = p.Shape[0], shape[0]
		}
	}
	for digits := range 5 {
		unit := math.Pow10(digits)
		o.Width = math.Round(float64(have)/float64(most)*unit) / unit
		if net, err := zoo.Build(t.Config.Model, o); err == nil && o.Width > 0 {
			if _, err := net.Adopts(s); err == nil {
				return o.Width
			}
		}
	}
	return 0
}
