package onednn

import (
	"errors"
	"fmt"
	"math/bits"
	"syscall"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/nn"
)

// errShort is the error of memory that the system has not.
var errShort = errors.New("more than the memory that is available")

// short reports whether err says that there is too little memory.
func short(err error) bool {
	return errors.Is(err, syscall.ENOMEM) || errors.Is(err, errShort) || errors.Is(err, dnnl.OutOfMemory)
}

// available returns the bytes of memory that can be taken, 0 if the system does not say. Tests change it.
var available = platform.Available

// fits returns the largest batch of a valid network below batch, a power of two, whose activations
// and their gradients take no more than free bytes; 0 if there is none. Memory that is used twice is
// not counted once, so it is on the safe side.
func fits(net nn.Net, batch int, free int64) int {
	_, sample := net.Activations()
	n := min(int(free/int64(4*sample)), batch-1)
	if n < 1 {
		return 0
	}
	return 1 << (bits.Len(uint(n)) - 1)
}

// checkMemory refuses a batch whose kept activations alone are more than is available, or, for evaluation, those of
// one layer: before seconds go into timing.
func checkMemory(net nn.Net, batch int, evaluation bool) error {
	values, _ := net.Activations()
	if evaluation {
		values = largest(net)
	}
	bytes := 4 * int64(batch) * int64(values)
	if free := available(); free > 0 && bytes > free {
		return fmt.Errorf("onednn: at least %d MB for the activations of %s at batch %d: %w", bytes>>20, net.Name, batch, errShort)
	}
	return nil
}

// largest is the number of values of the largest output of a layer of a valid network.
func largest(net nn.Net) int {
	shapes, _ := net.Shapes()
	n := 0
	for _, shape := range shapes {
		n = max(n, nn.Size(shape))
	}
	return n
}

// explain adds to an error of memory what is free, if the system says it, and the way out: where the model is to train, which
// batch would fit.
func (m *model) explain(err error) error {
	if !short(err) {
		return err
	}
	free := available()
	if free > 0 {
		err = fmt.Errorf("%w (%d MB are available)", err, free>>20)
	}
	if m.options.Evaluation {
		return fmt.Errorf("%w; end other programs that hold memory, or take a machine that has more", err)
	}
	if n := fits(m.net, m.batch, free); n > 0 {
		return fmt.Errorf("%w; --batch %d would fit", err, n)
	}
	return fmt.Errorf("%w; use a smaller batch or network", err)
}
