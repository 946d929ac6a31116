package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/task"
)

// Saved is what a run left: its settings and the weights of one of its stages.
type Saved struct {
	Config config.Config
	State  nn.State
	Meta   checkpoint.Meta
	SHA256 string     // of the file of the weights
	Run    report.Run // its log
}

// LoadSaved reads a run directory, of a run that is done or not; stage 0 is the last one that has weights. Weights that are
// not those of the log, and settings that no longer fit them, are errors.
func LoadSaved(dir string, stage int) (s Saved, err error) {
	settings := filepath.Join(dir, settingsFile)
	if s.Config, err = config.Load(settings, config.Paper()); err != nil {
		return s, NoRun(dir, err)
	}
	if err := s.Config.Check(); err != nil {
		return s, fmt.Errorf("%s: %w", settings, err)
	}
	if stage, err = findStage(dir, stage); err != nil {
		return s, err
	}
	if s.Run, err = report.Load(dir); err != nil {
		return s, err
	}
	if s.State, s.Meta, s.SHA256, err = checkpoint.LoadWeightsSum(weightsPath(dir, stage)); err == nil {
		err = verify(s.Run, dir, stage, s.SHA256)
	}
	if err == nil && s.Meta.Stage != stage {
		err = fmt.Errorf("%s: holds weights of stage %d", weightsPath(dir, stage), s.Meta.Stage)
	}
	if err != nil {
		return s, failure.Hint(err, "use another stage's weights (--stage), or train the run again: %s", task.Anew(dir))
	}
	return s, s.unedited(settings)
}

// unedited reports a setting that says what the network is, or what it sees, and is not in config.yaml as the weights have
// it: with another the network would answer, and wrongly.
func (s Saved) unedited(path string) error {
	now := s.Config.Map()
	for _, key := range []string{"model", "width", "hidden", "head", "image-size"} {
		if was, known := s.Meta.Config[key]; known && fmt.Sprint(was) != fmt.Sprint(now[key]) {
			return fmt.Errorf("%s: %s is %v, but the weights were trained with %v; put it back", path, key, now[key], was)
		}
	}
	return nil
}

// verify holds the SHA-256 of the weights of a stage to that in the run's log. A run that was killed
// before it wrote that line has none.
func verify(run report.Run, dir string, stage int, got string) error {
	if stage > len(run.Stages) || run.Stages[stage-1].Ended == nil {
		return nil
	}
	if want := run.Stages[stage-1].Ended.SHA256; got != want {
		return damaged(weightsPath(dir, stage), got, want)
	}
	return nil
}

// damaged is the error of a file of weights that is not what the run's log says of it.
func damaged(path, got, want string) error {
	return fmt.Errorf("%s: damaged: its SHA-256 is %s, the run's log has %s", path, got, want)
}

func weightsPath(dir string, stage int) string {
	return filepath.Join(dir, weightsDir, fmt.Sprintf("stage-%d.safetensors", stage))
}

// findStage returns the stage asked for, or the last for 0, if it has weights.
func findStage(dir string, want int) (int, error) {
	var have []int
	for k := 1; ; k++ {
		if _, err := os.Stat(weightsPath(dir, k)); err != nil {
			break
		}
		have = append(have, k)
	}
	switch {
	case len(have) == 0:
		return 0, fmt.Errorf("%s: the run has no weights: there is no %s, which the end of its first stage writes", dir, weightsPath(dir, 1))
	case want == 0:
		return have[len(have)-1], nil
	case !slices.Contains(have, want):
		return 0, failure.Usage(fmt.Errorf("--stage %d: %s has weights of stages 1 to %d", want, dir, len(have)))
	}
	return want, nil
}

// Network returns the network that the weights are of, and reports weights that do not fit it.
func (s Saved) Network() (nn.Net, error) {
	net, err := zoo.Build(s.Meta.Net, zoo.Options{Input: s.Meta.Input, Classes: len(s.Meta.Classes), Width: s.Config.Width, Hidden: s.Config.Hidden})
	if err != nil {
		return net, err
	}
	if err := net.Check(s.State); err != nil {
		return net, fmt.Errorf("the weights do not fit the run's settings: %w", err)
	}
	return net, nil
}

// engine opens the engine of the run, or, if this machine lacks it, what it has.
func (s Saved) engine(net nn.Net, open Opener, say func(line string)) (Engine, error) {
	s.Config.Threads = min(s.Config.Threads, platform.Cores())
	e, err := open(s.Config, net)
	if err == nil {
		return e, nil
	}
	say(fmt.Sprintf("%v; computing with what is here, in float32", err))
	s.Config.Engine, s.Config.Precision, s.Config.XLAPlugin = "auto", "f32", ""
	return open(s.Config, net)
}

// Training reads the samples that the run was trained on, under the classes of the weights, to be asked of by Probe.
func (s Saved) Training(ctx context.Context, sets *task.Sets) (data.Source, error) {
	set, err := sets.OpenSaved(ctx, s.Config, s.Meta)
	if err != nil {
		return nil, err
	}
	train, _, err := task.Divide(s.Config, set)
	return train, err
}

// Pictures makes samples for the weights of the pictures at paths, as folder.FindLoose has them, to be asked of by Probe.
func (s Saved) Pictures(paths []string, stdin io.Reader, say func(line string)) (*folder.Loose, error) {
	in := s.Meta.SampleShape()
	if len(in) != 3 || in[0] != 1 && in[0] != 3 {
		return nil, fmt.Errorf("the weights take samples of shape %s; pictures have one channel or three, height and width", data.ShapeText(in))
	}
	return folder.FindLoose(paths, folder.LooseView{Classes: s.Meta.Classes, Shape: in, Centre: s.Config.ImageSize > 0, Stdin: stdin}, say)
}

// Considered marks the classes that an answer of the weights may be; nil: all. A masked head was never trained to give the others
// a low probability.
func (s Saved) Considered() []bool {
	if s.Config.Head == "masked" {
		return metric.Mask(len(s.Meta.Classes), s.Meta.Trained)
	}
	return nil
}

// maxProbed is the most samples that a batch of Probe has: a run with large batches, as on a GPU, can be evaluated on a small
// machine, and evaluation gains little from larger ones.
const maxProbed = 256

// Probe makes a model of the weights and a probe of src with it; done frees both. Where open cannot open the run's engine it
// is asked for any, and say, if not nil, takes that; ctx ends what making the model takes. The classes of src must be those of Meta.
func (s Saved) Probe(ctx context.Context, src data.Source, open Opener, say func(line string)) (p *evaluate.Probe, done func() error, err error) {
	if say == nil {
		say = func(string) {}
	}
	if err := s.Meta.CheckClasses(src.Classes()); err != nil {
		return nil, nil, failure.Hint(err,
			"the weights can only be used with the data that they were trained on, or others of the same classes, or some of these")
	}
	net, err := s.Network()
	if err != nil {
		return nil, nil, err
	}
	plain, err := s.plain(src.Shape())
	if err != nil {
		return nil, nil, err
	}
	e, err := s.engine(net, open, say)
	if err != nil {
		return nil, nil, err
	}
	batch := s.Config.Batch
	if e.Info.Name != "xla" { // whose algorithms go by what is known of a step of the run's batch
		batch = min(batch, maxProbed)
	}
	m, err := e.Compile(net, batch, engine.Options{Evaluation: true, Log: say, Stop: ctx.Err})
	if err != nil {
		return nil, nil, errors.Join(err, e.Close())
	}
	done = func() error { return errors.Join(m.Close(), e.Close()) }
	if err = m.Load(s.State); err == nil {
		p, err = evaluate.New(m, src, plain, batch, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return p, done, nil
}

// plain returns the transform of evaluation, and reports samples that the network cannot take.
func (s Saved) plain(in []int) (augment.Pipeline, error) {
	if len(in) != len(s.Meta.Input) || len(in) == 3 && in[0] != s.Meta.Input[0] {
		return augment.Pipeline{}, s.misshapen(in)
	}
	p := augment.Pipeline{Mean: s.Meta.Mean, Std: s.Meta.Std}
	if len(in) == 3 && !slices.Equal(in, s.Meta.Input) && len(s.Meta.Input) == 3 {
		p.Size = s.Meta.Input[1]
	}
	out, err := p.Shape(in)
	if err == nil && !slices.Equal(out, s.Meta.Input) {
		err = s.misshapen(in)
	}
	return p, err
}

func (s Saved) misshapen(in []int) error {
	return fmt.Errorf("the data have samples of shape %s; the weights take %s", data.ShapeText(in), data.ShapeText(s.Meta.Input))
}
