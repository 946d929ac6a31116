package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/augment"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
)

// dataResult is the JSON of a benchmark of loading.
type dataResult struct {
	Mode        string  `json:"mode"`
	Batch       int     `json:"batch"`
	MSMean      float64 `json:"ms_mean"` // of a batch
	SamplesPS   float64 `json:"samples_per_s"`
	SamplesCore float64 `json:"samples_per_s_core"`
	Cores       int     `json:"cores"`
	Revision    string  `json:"revision"`
}

func (r dataResult) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "loading with crop and flip, batch %d: %.3f ms, %.0f samples/s, %.0f on each of %d cores\n", r.Batch, r.MSMean, r.SamplesPS, r.SamplesCore, r.Cores)
	return err
}

// epochResult is the JSON of a benchmark of an epoch: its times are those of a step with its batch.
type epochResult struct {
	benchResult
	StepMS float64 `json:"ms_step"`    // median of a step on a batch that is there
	Ratio  float64 `json:"over_steps"` // time of all steps with loading over that of as many without
}

func (r epochResult) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s, batch %d, steps with loading: %.3f ms; without: %.3f ms; all of the one over all of the other: %.3f\n%s\n",
		r.Model, r.Batch, r.MSMedian, r.StepMS, r.Ratio, r.engineLine)
	return err
}

// benchLoader loads synthetic images as training loads CIFAR's: shuffled, shifted, flipped.
func benchLoader(net nn.Net, batch, batches int) (*data.Loader, []int, error) {
	r := seed.Stream(1, "synthetic images")
	n, size := batch*batches, nn.Size(net.Input)
	some := min(n, 10_000) // images; more of them only take memory
	pixels, labels := make([]byte, some*size), make([]byte, some)
	for i := range pixels {
		pixels[i] = byte(r.Uint32())
	}
	classes := make([]string, min(net.Classes, 256))
	src, err := data.NewImages(pixels, labels, classes, net.Input...)
	if err != nil {
		return nil, nil, err
	}
	p := augment.Pipeline{}
	for range net.Input[0] {
		p.Mean, p.Std = append(p.Mean, 0.5), append(p.Std, 0.25)
	}
	if len(net.Input) == 3 {
		p.Crop, p.Flip = 4, true
	}
	order := make([]int, n)
	for i := range order {
		order[i] = r.IntN(some)
	}
	l, err := data.NewLoader(src, p, batch, 0)
	return l, order, err
}

// benchData times the loader alone.
func (a *app) benchData(ctx context.Context, o benchOptions) error {
	in, err := o.check()
	if err != nil {
		return failure.Usage(err)
	}
	l, order, err := benchLoader(nn.Net{Input: in, Classes: o.classes}, o.config.Batch, o.steps)
	if err != nil {
		return failure.Usage(err)
	}
	begun := time.Now()
	for _, err := range l.Epoch(ctx, order, nil, 1) {
		if err != nil {
			return err
		}
	}
	all := time.Since(begun)
	r := dataResult{Mode: "data", Batch: o.config.Batch, MSMean: ms(all / time.Duration(o.steps)), SamplesPS: float64(len(order)) / all.Seconds(), Cores: runtime.GOMAXPROCS(0), Revision: build()}
	r.SamplesCore = r.SamplesPS / float64(r.Cores)
	return a.result(r, r.write)
}

// benchEpoch times steps with loading, and as many without, in turn.
func (a *app) benchEpoch(ctx context.Context, o benchOptions) (err error) {
	b, err := a.openBench(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	l, order, err := benchLoader(b.net, o.config.Batch, o.steps)
	if err != nil {
		return failure.Usage(err)
	}
	bare, err := timeModel(ctx, b.Model, synthetic(b.net, o.config.Batch), b.net.Classes, o.steps, true)
	if err != nil {
		return err
	}
	loaded, err := b.loaded(ctx, l, order)
	if err != nil {
		return err
	}
	r := epochResult{benchResult: b.result("epoch", loaded), StepMS: ms(median(bare))}
	r.Ratio = total(loaded).Seconds() / total(bare).Seconds()
	return a.result(r, r.write)
}

// loaded trains on the batches of an epoch and returns the times from one step's end to the next.
func (b *benched) loaded(ctx context.Context, l *data.Loader, order []int) ([]time.Duration, error) {
	var took []time.Duration
	pipe := engine.Pipeline{Model: b.Model}
	begun := time.Now()
	for batch, err := range l.Epoch(ctx, order, nil, 1) {
		if err != nil {
			return nil, errors.Join(pipe.Drain(), err)
		}
		if err := pipe.Step(batch, engine.Hyper{LR: 0.01, Momentum: 0.9, WeightDecay: 5e-4}, stepped); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
		begun = time.Now()
	}
	if err := pipe.Drain(); err != nil {
		return nil, err
	}
	took[len(took)-1] += time.Since(begun)
	return took, nil
}

func total(d []time.Duration) (sum time.Duration) {
	for _, t := range d {
		sum += t
	}
	return sum
}
