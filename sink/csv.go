package sink

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/local-to-global/lgl/record"
)

// column is one of the table: a name as in record/FORMAT.md, and what stands in it.
type column struct {
	name string
	cell func(line) string
}

// line is what a line of the table is made of.
type line struct {
	record.EpochEnded
	run     record.RunStarted
	at      time.Time
	classes int // active
}

// columns are those of the table, in order.
var columns = func() []column {
	all := []column{
		{"run", func(l line) string { return l.run.Run }},
		{"label", func(l line) string { return l.run.Label }},
		{"data", func(l line) string { return l.run.Data.Name }},
		{"seed_init", func(l line) string { return strconv.FormatUint(l.run.Seeds["init"], 10) }},
		{"seed_order", func(l line) string { return strconv.FormatUint(l.run.Seeds["order"], 10) }},
		{"seed_classes", func(l line) string { return strconv.FormatUint(l.run.Seeds["classes"], 10) }},
		{"time", func(l line) string { return l.at.UTC().Format(time.RFC3339Nano) }},
		{"stage", func(l line) string { return strconv.Itoa(l.Stage) }},
		{"stage_epoch", func(l line) string { return strconv.Itoa(l.StageEpoch) }},
		{"epoch", func(l line) string { return strconv.Itoa(l.Epoch) }},
		{"classes", func(l line) string { return strconv.Itoa(l.classes) }},
		{"samples_seen", func(l line) string { return strconv.FormatInt(l.SamplesSeen, 10) }},
		{"samples_probed", func(l line) string { return strconv.FormatInt(l.SamplesProbed, 10) }},
		{"lr", func(l line) string { return number(&l.LR) }},
		{"train_loss", func(l line) string { return number(&l.TrainLoss) }},
		{"entropy_active", func(l line) string { return number(l.EntropyActive) }},
	}
	all = append(all, evaluation("test", func(l line) *record.Accuracy { return l.Test })...)
	all = append(all, evaluation("validation", func(l line) *record.Accuracy { return l.Validation })...)
	return append(all,
		column{"selected", func(l line) string { return number(l.Selected) }},
		column{"lambda", func(l line) string { return number(l.Lambda) }},
		column{"gamma", func(l line) string { return number(l.Gamma) }},
		column{"train_seconds", func(l line) string { return number(&l.TrainSeconds) }},
		column{"select_seconds", func(l line) string { return number(&l.SelectSeconds) }},
		column{"seconds", func(l line) string { return number(&l.Seconds) }},
	)
}()

// evaluation are the columns of an evaluation on some data, empty where there was none.
func evaluation(on string, of func(line) *record.Accuracy) []column {
	part := func(name string, value func(record.Accuracy) *float64) column {
		return column{on + "_" + name, func(l line) string {
			if a := of(l); a != nil {
				return number(value(*a))
			}
			return ""
		}}
	}
	return []column{
		part("loss", func(a record.Accuracy) *float64 { return &a.Loss }),
		part("top1", func(a record.Accuracy) *float64 { return &a.Top1 }),
		part("top1_active", func(a record.Accuracy) *float64 { return &a.Top1Active }),
		part("top1_new", func(a record.Accuracy) *float64 { return a.Top1New }),
		part("top1_old", func(a record.Accuracy) *float64 { return a.Top1Old }),
	}
}

// number writes a value to its last bit; one that is not known is empty.
func number(x *float64) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(*x, 'g', -1, 64)
}

// WriteCSV writes the epochs of a run's events as a table (RFC 4180): a line each, and before them
// the names of the columns.
func WriteCSV(w io.Writer, events []record.Stamped) error {
	out := csv.NewWriter(w)
	write := func(cell func(column) string) {
		var cells []string
		for _, c := range columns {
			cells = append(cells, cell(c))
		}
		out.Write(cells) // an error stays with out
	}
	write(func(c column) string { return c.name })
	var l line
	for _, s := range events {
		switch e := s.Event.(type) {
		case record.RunStarted:
			l.run = e
		case record.StageStarted:
			l.classes = len(e.Classes)
		case record.EpochEnded:
			l.EpochEnded, l.at = e, s.Time
			write(func(c column) string { return c.cell(l) })
		}
	}
	out.Flush()
	return out.Error()
}
