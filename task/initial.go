package task

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

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

// ReadInitial takes those of the run that is extended, or reads the file of --init, if it is one, holds it to the network,
// and says what of it is not taken. A run that goes on from a checkpoint has its weights there, and needs the file no more.
func (t Task) ReadInitial(say func(line string)) (i Initial, err error) {
	if t.Base != nil {
		i.State, _, err = t.byName(t.Base.State, t.Base.Meta.Classes)
		return i, err
	}
	path := t.Config.InitFile()
	if path == "" {
		return i, nil
	}
	m, err := i.read(path)
	if err != nil {
		return i, failure.Usage(err)
	}
	if m.Classes == nil {
		i.unwrap(t.Net, path, say)
	}
	classes, err := t.Net.Adopts(i.State)
	if err != nil {
		return i, t.unfit(i.State, failure.Usage(fmt.Errorf("--init %s: %w", path, err)))
	}
	err = t.matchHead(&i, path, m.Classes, classes, say)
	return i, err
}

// matchHead puts the head of weights that fit below it in the order of the data's classes, and says what of it is drawn
// anew. named are the classes that the file names, if it does; had is what Adopts says of its head.
func (t Task) matchHead(i *Initial, path string, named []string, had int, say func(line string)) (err error) {
	switch own := t.Set.Train.Classes(); {
	case named != nil && had == nn.NoHead:
		return failure.Hint(failure.Usage(fmt.Errorf("--init %s: its metadata name %s, and it has no head for them", path, plural.Count(len(named), "class"))),
			"written again without its metadata, it counts as another tool's, of which a missing head is drawn anew")
	case named != nil && !slices.Equal(named, own):
		var fresh []string
		if i.State, fresh, err = t.byName(i.State, named); len(fresh) > 0 {
			say(fmt.Sprintf("%s knows %d of the data's %s; the head rows of the others are drawn anew: %s",
				path, len(own)-len(fresh), plural.Count(len(own), "class"), plural.Names(fresh)))
		}
	case had == nn.NoHead:
		say(fmt.Sprintf("there is no head in %s; the data have %s, so it is drawn anew", path, plural.Count(t.Net.Classes, "class")))
	case had > 0:
		say(fmt.Sprintf("the head in %s is for %s; the data have %d, so it is drawn anew", path, plural.Count(had, "class"), t.Net.Classes))
	}
	return err
}

// read reads those of the file of --init, and what it says of them if it is lgl's. One of lgl's that cannot be read is not
// taken for another tool's, whose head rows go by their numbers.
func (i *Initial) read(path string) (m checkpoint.Meta, err error) {
	var own *checkpoint.OwnError
	if i.State, m, i.SHA256, err = checkpoint.LoadWeightsSum(path); err != nil && !errors.As(err, &own) {
		i.State, i.SHA256, err = checkpoint.LoadTensors(path)
	}
	switch {
	case own != nil:
		return m, failure.Hint(fmt.Errorf("--init: %w", err), "a file of a later lgl can be read with that one; written again without its metadata, it counts as another tool's, whose head rows go by their numbers")
	case err != nil:
		return m, fmt.Errorf("--init: %w", err)
	}
	if bad := i.State.NotFinite(); bad != "" {
		return m, fmt.Errorf("--init %s: tensor %s holds NaN or infinite values; give other weights", path, bad)
	}
	return m, nil
}

// wrapped matches what DistributedDataParallel, torch.compile and modules that hold a model put before a network's names.
var wrapped = regexp.MustCompile(`^((module|model|_orig_mod)\.)+`)

// unwrap leaves such a prefix off the names, and says so, if all have it and are the network's without it.
func (i *Initial) unwrap(net nn.Net, path string, say func(line string)) {
	names, bare := i.State.Names(), nn.State{}
	prefix := wrapped.FindString(names[0])
	for _, name := range names {
		own, ok := strings.CutPrefix(name, prefix)
		if !ok {
			return
		}
		bare[own] = i.State[name]
	}
	if prefix != "" && net.Named(bare) {
		i.State = bare
		say(fmt.Sprintf("all names in %s begin with %s, which is left off", path, prefix))
	}
}

// unfit adds to the error of weights that the network cannot take with which settings it could.
func (t Task) unfit(s nn.State, err error) error {
	if width := t.widthOf(s); width > 0 {
		return failure.Hint(err, "these are weights of %s with --width %v", t.Config.Model, width)
	}
	if t.otherStem(s) {
		return failure.Hint(err, "these are weights of %s for images of %d pixels and more, where its stem is another: take --image-size %[2]d, or more", t.Config.Model, zoo.SmallImage)
	}
	return err
}

// byName returns the weights to begin with that are those of from, of a network that knows classes: the head rows of the
// data's classes by their names, and for the others, fresh, rows as they are drawn.
func (t Task) byName(from nn.State, classes []string) (s nn.State, fresh []string, err error) {
	init, _, _ := t.Config.Seeds()
	if s, err = t.Net.Init(nn.Scheme(t.Config.Scheme()), seed.Stream(init, "init")); err != nil {
		return nil, nil, err
	}
	at := map[string]int{}
	for row, name := range classes {
		at[name] = row
	}
	var rows []int
	for _, name := range t.Set.Train.Classes() {
		row, known := at[name]
		if !known {
			row, fresh = -1, append(fresh, name)
		}
		rows = append(rows, row)
	}
	return s, fresh, t.Net.Take(s, from, rows)
}

// otherStem reports weights that the network could take if the pictures were larger: a ResNet has another stem then.
func (t Task) otherStem(s nn.State) bool {
	if !t.Set.IsPictures() {
		return false
	}
	net, err := zoo.Build(t.Config.Model, zoo.Options{Input: []int{t.Net.Input[0], zoo.SmallImage, zoo.SmallImage}, Classes: t.Net.Classes, Width: t.Config.Width})
	if err != nil {
		return false
	}
	_, err = net.Adopts(s)
	return err == nil
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
