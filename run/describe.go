package run

import (
	"io"
	"path/filepath"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/task"
)

// started is the first event.
func (x *execution) started() record.RunStarted {
	t := x.task
	init, order, classes := t.Config.Seeds()
	d := record.Data{
		Name: t.Set.Name, Train: t.Train.Len(), Test: t.Set.Test.Len(), Classes: t.Set.Train.Classes(),
		PerClass: t.PerClass, Shape: t.Net.Input, Mean: t.Plain.Mean, Std: t.Plain.Std,
		Decoder: t.Decoder(), SHA256: t.Pictures,
	}
	if t.Held != nil {
		d.Validation = t.Held.Len()
	}
	return record.RunStarted{
		Format: record.Format, Run: nameOf(x.dir), Method: t.Config.Method, Label: t.Config.Label(), Config: t.Config.Map(),
		Data: d, Model: record.Model{Name: t.Net.Name, Params: t.Net.TrainableValues(), MACs: t.Net.MACs(), InitSHA256: x.initial.SHA256},
		Engine: x.engine.Info, Machine: x.o.Machine, Revision: x.o.Revision,
		Seeds:           map[string]uint64{"init": init, "order": order, "classes": classes},
		StagesPredicted: len(x.plan.Stages), EpochsPredicted: x.plan.Epochs(), SamplesPredicted: x.plan.Samples, CostPredicted: x.plan.Cost,
		Extends: x.extends,
	}
}

// nameOf is the base name of a run directory, that of the current one, too.
func nameOf(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	return filepath.Base(dir)
}

// metaOf is what the weights files of t say of themselves.
func metaOf(t task.Task) checkpoint.Meta {
	m := checkpoint.Meta{
		Net: t.Net.Name, Input: t.Net.Input, Classes: t.Set.Train.Classes(),
		Mean: t.Plain.Mean, Std: t.Plain.Std, Config: t.Config.Map(),
	}
	delete(m.Config, "tags") // with which the weights would have another digest
	if t.Plain.Size > 0 {
		m.Image = t.Set.Train.Shape()
	}
	return m
}

// writeConfig writes config.yaml.
func writeConfig(dir string, c config.Config) error {
	text, err := c.YAML()
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, settingsFile), func(w io.Writer) error { _, err := w.Write(text); return err })
}
