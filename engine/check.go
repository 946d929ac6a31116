package engine

import (
	"errors"
	"fmt"
	"math"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/nn"
)

// most is the number of values that a layer may make of a batch, 64 GB of them; far below what overflows.
const most = 1 << 34

// CheckCompile refuses what no engine makes a model of: a network that is not valid, a batch without samples or one that no
// machine has memory for, a negative number of threads.
func CheckCompile(net nn.Net, batch int, o Options) error {
	if err := net.Validate(); err != nil {
		return err
	}
	switch {
	case batch < 1:
		return fmt.Errorf("batch of %d samples; want at least 1", batch)
	case o.Threads < 0:
		return fmt.Errorf("%d threads; want 1 or more, or 0 for those that the process may use", o.Threads)
	}
	shapes, err := net.Shapes()
	for _, shape := range append(shapes, net.Input) {
		if batch > most/nn.Size(shape) {
			return fmt.Errorf("batch of %d samples, of each of which %s has %d values in one layer: more than %d GB; use a smaller batch", batch, net.Name, nn.Size(shape), most*4>>30)
		}
	}
	return err
}

// CheckStep refuses a step that a model of net for batches of up to batch samples, compiled with o, cannot
// make: one of a model for evaluation, a batch or a mask of another size, a label that is no class or not
// an active one, a target that is no share of an active class, batch norm over one value per channel.
func CheckStep(net nn.Net, batch int, o Options, b data.Batch, h Hyper) error {
	n, size := b.Len(), nn.Size(net.Input)
	switch {
	case o.Evaluation:
		return errors.New("a model that was compiled for evaluation takes no step; compile it without Options.Evaluation")
	case n < 1 || n > batch:
		return fmt.Errorf("batch of %d samples; the model takes 1..%d", n, batch)
	case len(b.X) != n*size:
		return fmt.Errorf("batch of %d samples has %d values; want %d of shape %v for each", n, len(b.X), size, net.Input)
	case b.Weight != nil && len(b.Weight) != n:
		return fmt.Errorf("batch of %d samples has %d weights", n, len(b.Weight))
	case b.Targets != nil && len(b.Targets) != n*net.Classes:
		return fmt.Errorf("batch of %d samples has %d targets; want %d, one for each of the %d classes", n, len(b.Targets), n*net.Classes, net.Classes)
	case h.Active != nil && len(h.Active) != net.Classes:
		return fmt.Errorf("active-class mask of %d entries; the network has %d classes", len(h.Active), net.Classes)
	}
	return errors.Join(checkLabels(net, b, h), checkTargets(net, b, h), checkNorm(net, n))
}

func checkLabels(net nn.Net, b data.Batch, h Hyper) error {
	for i, y := range b.Y {
		if y < 0 || int(y) >= net.Classes {
			return fmt.Errorf("label %d of sample %d of the batch; want 0..%d", y, i, net.Classes-1)
		}
		if h.Active != nil && !h.Active[y] {
			return fmt.Errorf("label %d of sample %d of the batch is not an active class", y, i)
		}
	}
	return nil
}

func checkTargets(net nn.Net, b data.Batch, h Hyper) error {
	for at, t := range b.Targets {
		i, k := at/net.Classes, at%net.Classes
		if !(t >= 0 && t <= math.MaxFloat32) {
			return fmt.Errorf("target %v of class %d of sample %d of the batch; want a finite number of 0 or more", t, k, i)
		}
		if t != 0 && h.Active != nil && !h.Active[k] {
			return fmt.Errorf("target %v of class %d of sample %d of the batch, which is not an active class; want 0", t, k, i)
		}
	}
	return nil
}

func checkNorm(net nn.Net, n int) error {
	if n > 1 {
		return nil
	}
	shapes, err := net.Shapes()
	for i, l := range net.Layers {
		if _, ok := l.Op.(nn.BatchNorm); ok && err == nil && nn.Size(shapes[i][1:]) == 1 {
			return fmt.Errorf("batch norm %s cannot train on a batch of one sample: one value per channel has no variance; want at least 2 samples", l.Name)
		}
	}
	return err
}

// CheckLogits refuses an evaluation that a model of net for batches of up to batch samples cannot
// make, and returns the number of samples.
func CheckLogits(net nn.Net, batch int, b data.Batch, dst []float32) (n int, err error) {
	size := nn.Size(net.Input)
	n = len(b.X) / size
	switch {
	case n < 1 || n > batch || len(b.X) != n*size:
		return 0, fmt.Errorf("batch of %d values; the model takes 1..%d samples of %d", len(b.X), batch, size)
	case len(dst) != n*net.Classes:
		return 0, fmt.Errorf("room for %d logits; %d samples have %d", len(dst), n, n*net.Classes)
	}
	return n, nil
}
