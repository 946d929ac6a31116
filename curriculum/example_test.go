package curriculum_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/local-to-global/lgl/curriculum"
)

// network stands for one's own: all that a curriculum asks of it.
type network struct{ labels []int }

// Entropy is how unsure the network is of each sample, in nats, over the active classes: here 0.3 of class 3,
// 0.2 of class 2 and so on.
func (n network) Entropy(_ context.Context, samples, active []int) ([]float64, error) {
	h := make([]float64, len(samples))
	for i, s := range samples {
		h[i] = float64(n.labels[s]) / 10
	}
	return h, nil
}

// LGL asks for entropies only; self-paced methods ask for losses.
func (network) Losses(context.Context, []int) ([]float64, error) { return nil, errors.ErrUnsupported }
func (network) MeanSoftmax(context.Context, []int, []int) ([]float64, error) {
	return nil, errors.ErrUnsupported
}
func (network) LastLosses() []float64 { return nil }

// LGL(d,3) around a trainer of one's own, which does what each stage says.
func ExampleLGL() {
	labels := []int{0, 0, 1, 1, 2, 2, 3, 3} // of the training samples
	lgl := curriculum.LGL{Classes: 4, Stages: 3, Select: curriculum.Dissimilar, Partition: curriculum.Even, Reinit: curriculum.Untrained,
		Seed: 1, Stop: curriculum.StopRule{Epochs: 10}}
	var done []curriculum.Stage
	for {
		stage, err := lgl.Next(context.Background(), labels, done, network{labels})
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("draw head rows %v anew, train classes %v for %d epochs\n", stage.Fresh, stage.Classes, stage.Stop.Epochs)
		done = append(done, stage) // after training
	}
	// Output:
	// draw head rows [] anew, train classes [1 0] for 10 epochs
	// draw head rows [2 3] anew, train classes [1 0 3] for 10 epochs
	// draw head rows [2] anew, train classes [1 0 3 2] for 10 epochs
}
