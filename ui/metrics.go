package ui

import (
	"math"
	"slices"

	"github.com/local-to-global/lgl/record"
)

// measure is something that is measured each epoch.
type measure struct {
	name  string
	gaps  bool // what it is measured on changes with the stage: its curve has a gap there
	value func(record.EpochEnded) *float64
}

// metrics are all that curves are drawn of.
var metrics = [...]measure{
	{"top1", false, onTest(func(a *record.Accuracy) *float64 { return &a.Top1 })},
	{"top1_active", true, onTest(func(a *record.Accuracy) *float64 { return &a.Top1Active })},
	{"top1_new", true, onTest(func(a *record.Accuracy) *float64 { return a.Top1New })},
	{"top1_old", true, onTest(func(a *record.Accuracy) *float64 { return a.Top1Old })},
	{"test_loss", false, onTest(func(a *record.Accuracy) *float64 { return &a.Loss })},
	{"train_loss", true, func(e record.EpochEnded) *float64 { return &e.TrainLoss }},
	{"entropy_active", true, func(e record.EpochEnded) *float64 { return e.EntropyActive }},
	{"lr", false, func(e record.EpochEnded) *float64 { return &e.LR }},
	{"samples_per_second", false, nil}, // from two epochs: see momentOf
	{"selected", false, func(e record.EpochEnded) *float64 { return e.Selected }},
}

const samplesPerSecond = 8 // its index in metrics

// onTest measures the test set.
func onTest(f func(*record.Accuracy) *float64) func(record.EpochEnded) *float64 {
	return func(e record.EpochEnded) *float64 {
		if e.Test == nil {
			return nil
		}
		return f(e.Test)
	}
}

// metricNamed returns the index of a metric, -1 for none.
func metricNamed(name string) int {
	return slices.IndexFunc(metrics[:], func(m measure) bool { return m.name == name })
}

// momentOf returns what curves take of an epoch, before which the run had seen so many samples.
func momentOf(e record.EpochEnded, before int64) moment {
	m := moment{epoch: int32(e.Epoch), samples: e.SamplesSeen, seconds: float32(e.Seconds)}
	for i, metric := range metrics {
		v := float64(e.SamplesSeen-before) / e.TrainSeconds
		if i != samplesPerSecond {
			v = record.Value(metric.value(e))
		}
		if math.IsInf(v, 0) || math.Abs(v) > math.MaxFloat32 {
			v = math.NaN()
		}
		m.values[i] = float32(v)
	}
	return m
}
