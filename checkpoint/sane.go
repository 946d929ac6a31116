package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/nn"
)

// Check holds a position and its tensors to the network and to the samples for training, so that a
// checkpoint that fits neither is refused before anything is changed. frozen says that compat: authors
// holds the head.
func (c Snapshot) Check(p Position, net nn.Net, samples int, frozen bool) error {
	for _, check := range []func() error{
		func() error { return p.check(net.Classes, samples) },
		func() error { return c.checkModel(ModelTensors, net, true) },
		func() error { return c.checkModel(BestTensors, net, p.Stage != nil && p.Stage.Best != nil) },
		func() error { return c.checkBefore(net, p.Stage != nil && !p.Moved) },
		func() error { return c.checkTeacher(net) },
		func() error { return c.checkFrozen(net, frozen && p.Stages > 0) },
		func() error { return c.checkVectors(p, samples) },
		c.checkNames,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	return nil
}

// most limits what a position counts: far more than a run has, far below what overflows.
const most = 1 << 50

// mostEpochs is what config allows a stage.
const mostEpochs = 1_000_000

// check holds the counts of a position to each other.
func (p Position) check(classes, samples int) error {
	for _, count := range []struct {
		what string
		n    int64
	}{
		{"stages", int64(p.Stages)}, {"epoch", int64(p.Epoch)}, {"forwarded", p.Forwarded}, {"resumed", int64(p.Resumed)}, {"log.bytes", p.Log.Bytes},
		{"samples_seen", p.Result.SamplesSeen},
	} {
		if count.n < 0 || count.n > most {
			return fmt.Errorf("%s is %d", count.what, count.n)
		}
	}
	if !(p.SinceRestart >= 0 && p.SinceRestart < most) || !(p.LRScale > 0 && p.LRScale <= 1) || !(p.Seconds >= 0 && p.Seconds < most) {
		return fmt.Errorf("since_restart is %v, lr_scale %v, seconds %v", p.SinceRestart, p.LRScale, p.Seconds)
	}
	for i, s := range p.Done {
		if err := checkStage(s, classes); err != nil {
			return fmt.Errorf("done %d: %w", i, err)
		}
	}
	if err := checkClasses("classes_order", p.Result.ClassesOrder, classes); err != nil || p.Stage == nil {
		return err
	}
	return p.Stage.check(classes, samples)
}

// check holds the counts of a stage to each other.
func (s Stage) check(classes, samples int) error {
	if err := checkStage(s.Stage, classes); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	stopper, err := curriculum.NewStopper(s.Stage.Stop)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	if rule := s.Stage.Stop; rule.Epochs > mostEpochs || rule.Samples > most || rule.Converged != nil && rule.Converged.MaxEpochs > mostEpochs {
		return fmt.Errorf("stage: it ends by %+v; want at most %d epochs or %d samples", rule, mostEpochs, int64(most))
	}
	stop := s.Stop
	if stop.Epochs < 0 || stop.Samples < 0 || stop.Waited < 0 || s.Epochs < stop.Epochs || s.Epochs > most {
		return fmt.Errorf("stage: %d epochs, of them done %d, with %d samples; waited %d", s.Epochs, stop.Epochs, stop.Samples, stop.Waited)
	}
	if stopper.Resume(stop); stopper.Reason() != "" && (s.Within != nil || s.Select) {
		return fmt.Errorf("stage: %d epochs and %d samples are done, which ends it; it is to go on with an epoch", stop.Epochs, stop.Samples)
	}
	for _, t := range []Tested{s.Tested, cmp.Or(s.Best, &Best{}).Tested} {
		if err := checkCells(t.Confusion, classes); err != nil {
			return fmt.Errorf("stage: %w", err)
		}
	}
	if w := s.Within; w != nil && (w.Steps < 0 || w.Samples < w.Steps || w.Samples > samples || w.Skipped < 0 || w.Skipped > w.Samples || !(w.Seconds >= 0) || !(w.SelectSeconds >= 0)) {
		return fmt.Errorf("stage: within an epoch of at most %d samples: %+v", samples, *w)
	}
	return nil
}

// checkStage holds the classes of a stage to those that there are.
func checkStage(s curriculum.Stage, classes int) error {
	if len(s.Classes) == 0 {
		return errors.New("it has no classes")
	}
	return errors.Join(checkClasses("classes", s.Classes, classes), checkClasses("new", s.New, classes), checkClasses("fresh", s.Fresh, classes))
}

func checkClasses(what string, list []int, classes int) error {
	if len(list) > 0 && (slices.Min(list) < 0 || slices.Max(list) >= classes || !distinct(list)) {
		return fmt.Errorf("%s %v; want different ones of 0..%d", what, list, classes-1)
	}
	return nil
}

// checkCells holds a confusion matrix to the classes.
func checkCells(cells [][3]int, classes int) error {
	for _, c := range cells {
		if min(c[0], c[1]) < 0 || max(c[0], c[1]) >= classes || c[2] < 1 {
			return fmt.Errorf("confusion %v; want two classes of 0..%d and a count", c, classes-1)
		}
	}
	return nil
}

// checkModel holds a group to the tensors of a model with its optimiser, or to none.
func (c Snapshot) checkModel(prefix string, net nn.Net, want bool) error {
	s := c.Group(prefix)
	if !want {
		if s != nil {
			return fmt.Errorf("it holds tensors %s...; want none", prefix)
		}
		return nil
	}
	if err := net.Check(s); err != nil {
		return fmt.Errorf("tensors %s...: %w", prefix, err)
	}
	for _, p := range net.Params() {
		if _, ok := s[nn.MomentumPrefix+p.Name]; p.Trainable() && !ok {
			return fmt.Errorf("tensor %s%s%s is missing", prefix, nn.MomentumPrefix, p.Name)
		}
	}
	if bad := s.NotFinite(); bad != "" {
		return fmt.Errorf("tensor %s%s holds NaN or infinite values", prefix, bad)
	}
	return nil
}

// checkBefore holds the weights before the first step to those of the network.
func (c Snapshot) checkBefore(net nn.Net, want bool) error {
	s := c.Group(BeforeTensors)
	if (s != nil) != want {
		return fmt.Errorf("%d tensors %s...; they are there until every parameter was seen to move", len(s), BeforeTensors)
	}
	if !want {
		return nil
	}
	return net.Check(s)
}

// checkTeacher holds the weights of the stage before, where they are, to those of the network.
func (c Snapshot) checkTeacher(net nn.Net) error {
	s := c.Group(TeacherTensors)
	if s == nil {
		return nil
	}
	if bad := s.NotFinite(); bad != "" {
		return fmt.Errorf("tensor %s%s holds NaN or infinite values", TeacherTensors, bad)
	}
	return net.Check(s)
}

// checkFrozen holds the first head to that of the network, or to none.
func (c Snapshot) checkFrozen(net nn.Net, want bool) error {
	s, head := c.Group(FrozenTensors), 0
	for _, p := range net.Params() {
		if !want || p.Layer != net.Head() {
			continue
		}
		if got := s[p.Name].Shape; !slices.Equal(got, p.Shape) {
			return fmt.Errorf("tensor %s%s has shape %v; want %v", FrozenTensors, p.Name, got, p.Shape)
		}
		head++
	}
	if len(s) != head {
		return fmt.Errorf("%d tensors %s...; want %d", len(s), FrozenTensors, head)
	}
	if bad := s.NotFinite(); bad != "" {
		return fmt.Errorf("tensor %s%s holds NaN or infinite values", FrozenTensors, bad)
	}
	return nil
}

// checkVectors holds the vectors over samples to their number.
func (c Snapshot) checkVectors(p Position, samples int) error {
	for _, name := range c.Tensors.Names() {
		t := c.Tensors[name]
		if (name == lossTensor || name == stageTensor || strings.HasPrefix(name, doneTensor)) && len(t.Data) != samples {
			return fmt.Errorf("tensor %s has %d values for %d samples", name, len(t.Data), samples)
		}
	}
	if _, ok := c.Tensors[lossTensor]; p.Result.SamplesSeen > 0 && !ok {
		return fmt.Errorf("tensor %s is missing", lossTensor)
	}
	return nil
}

// checkNames reports a tensor that no checkpoint has.
func (c Snapshot) checkNames() error {
	for _, name := range c.Tensors.Names() {
		group, _, _ := strings.Cut(name, "/")
		if !slices.Contains([]string{ModelTensors, BestTensors, BeforeTensors, TeacherTensors, FrozenTensors, doneTensor}, group+"/") && name != lossTensor && name != stageTensor {
			return fmt.Errorf("tensor %s; no checkpoint has such", name)
		}
	}
	return nil
}
