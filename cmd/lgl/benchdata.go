package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/timing"
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
	what        string  // was timed
}

func (r dataResult) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s, batch %d: %.3f ms, %.0f samples/s, %.0f on each of %d cores\n", r.what, r.Batch, r.MSMean, r.SamplesPS, r.SamplesCore, r.Cores)
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

// benchLoading times the decoding of pictures where there are --data, else the loader alone.
func (a *app) benchLoading(ctx context.Context, o benchFlags) error {
	if o.given.Changed("data") {
		for _, name := range []string{"model", "input", "classes"} {
			if o.given.Changed(name) {
				return failure.Usage(fmt.Errorf("--%s is for synthetic data; with --data DIR the pictures have their own", name))
			}
		}
		return a.benchPictures(ctx, o)
	}
	for _, name := range []string{"augment", "image-size", "peer"} {
		if o.given.Changed(name) {
			return failure.Usage(fmt.Errorf("--%s is for --data DIR, a folder of pictures; add that", name))
		}
	}
	return a.benchData(ctx, o)
}

// benchData times the loader alone.
func (a *app) benchData(ctx context.Context, o benchFlags) error {
	in, err := o.check()
	if err != nil {
		return failure.Usage(err)
	}
	if need, free := 8*int64(o.config.Batch)*int64(nn.Size(in)), platform.Available(); free > 0 && need > free { // two batches of float32
		return failure.Usage(fmt.Errorf("--batch %d: batches of --input %s take %s of memory; %s are available", o.config.Batch, o.input, megabytes(need), megabytes(free)))
	}
	l, order, err := timing.Images(nn.Net{Input: in, Classes: o.classes}, o.config.Batch, o.steps)
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
	what := "loading"
	if len(in) == 3 {
		what += " with crop and flip"
	}
	r := dataResult{what: what, Mode: "data", Batch: o.config.Batch, MSMean: timing.Milliseconds(all / time.Duration(o.steps)), SamplesPS: float64(len(order)) / all.Seconds(), Cores: runtime.GOMAXPROCS(0), Revision: build()}
	r.SamplesCore = r.SamplesPS / float64(r.Cores)
	return a.result(r, r.write)
}

// benchEpoch times steps with loading, and as many without, in turn.
func (a *app) benchEpoch(ctx context.Context, o benchFlags) (err error) {
	b, err := a.openBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	l, order, err := timing.Images(b.net, o.config.Batch, o.steps)
	if err != nil {
		return failure.Usage(err)
	}
	bare, err := timing.Steps(ctx, b.Model, timing.Synthetic(b.net, o.config.Batch), o.steps)
	if err != nil {
		return err
	}
	loaded, err := timing.Loaded(ctx, b.Model, l, order)
	if err != nil {
		return err
	}
	r := epochResult{benchResult: b.result("epoch", loaded), StepMS: timing.Milliseconds(timing.Median(bare))}
	r.Ratio = total(loaded).Seconds() / total(bare).Seconds()
	return a.result(r, r.write)
}

func total(d []time.Duration) (sum time.Duration) {
	for _, t := range d {
		sum += t
	}
	return sum
}
