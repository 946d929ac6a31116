// Package reference computes networks in plain Go: the definition that every other engine must
// match, and the engine on machines where no other runs.
//
//  1. Compile gives every layer a tensor for its output (NCHW, as the input; ReLU works in place
//     where it alone reads its input) and turns it into kernels: small loops over samples or
//     channels, one list each for the training pass, the evaluation pass and the backward pass;
//  2. Step runs the training pass, the loss, and the backward pass, in which every kernel adds to
//     the gradients of its inputs, so that a layer which feeds several receives the sum;
//  3. the gradients are checked, offered to Options.Reduce, and applied by SGD; running statistics
//     move last;
//  4. Logits runs the evaluation pass.
//
// Matrix products are gonum's; a convolution is one product for each tile of its input, laid out
// as columns. A kernel is split over goroutines into parts that share no sum, so the bits of a
// result do not depend on the number of threads.
package reference

import (
	"cmp"
	"fmt"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/nn"
)

// New returns the engine. It holds nothing.
func New() engine.Engine { return reference{} }

type reference struct{}

// Name returns "reference".
func (reference) Name() string { return "reference" }

// Close does nothing.
func (reference) Close() error { return nil }

// Compile allocates the memory of a model. It fails on what engine.CheckCompile refuses.
func (reference) Compile(net nn.Net, batch int, o engine.Options) (engine.Model, error) {
	if err := engine.CheckCompile(net, batch, o); err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	o.Threads = cmp.Or(o.Threads, platform.Cores())
	return newModel(net, batch, o)
}
