package report

import (
	"strconv"
	"strings"
)

// resultColumns name the columns of the Data of Results. Shares are 0..1; differences are the
// method's top-1 minus the baseline's.
var resultColumns = []string{"method", "n", "seeds", "top1", "top1_sd", "cost", "samples", "samples_probed", "train_seconds",
	"vs_baseline", "vs_baseline_low", "vs_baseline_high", "vs_baseline_p", "vs_baseline_n",
	"vs_equal", "vs_equal_low", "vs_equal_high", "vs_equal_p", "vs_equal_n",
	"data", "train", "test", "model", "epochs", "batch", "carry", "engine", "machine", "revision"}

// Results is the table of runs with the differences from both baselines. Its Data hold, row by row,
// what a number rests on, too.
func Results(runs []Run) Sheet {
	s := Sheet{
		Header: []string{"method", "n", "top-1 %", "spread", "cost", "samples", "seconds", "vs baseline", "vs baseline-equal"},
		Left:   []string{"vs baseline", "vs baseline-equal"}, Data: [][]string{resultColumns},
	}
	if len(runs) == 0 {
		s.Notes = Notes(runs)
		return s
	}
	all := groups(runs)
	var rows []Row
	for _, g := range all {
		row := g.row(all)
		rows = append(rows, row)
		cells := row.cells()
		s.Rows = append(s.Rows, append(cells[:7:7], row.Plain.String(), row.Diff.String()))
		s.Data = append(s.Data, append(row.data(), g.basis()...))
	}
	s.Notes = notes(runs, all, spreadNote(all), costNote(all), "vs baseline, vs baseline-equal (which sees as many samples): mean "+
		"difference of top-1 in points over common seeds, with its 95% paired t interval, each by itself; ~ not significant; n too small: "+
		"fewer than 3 common seeds"+alikeNote(rows)+".")
	return s
}

// Basis returns the notes on what the numbers of runs rest on: data, sizes, model, epochs and seeds;
// engine, machine and revision; and what is left out.
func Basis(runs []Run) []string {
	if len(runs) == 0 {
		return nil
	}
	return append([]string{setting(runs), machine(runs)}, remarks(groups(runs))...)
}

// data prints a row for other programs.
func (r Row) data() []string {
	seconds := r.Seconds
	out := []string{r.Label, strconv.Itoa(r.N), strings.Join(r.Seeds, " "), number(r.Top1), number(r.Spread), number(r.Cost),
		strconv.FormatInt(r.Samples, 10), strconv.FormatInt(r.Probed, 10), number(&seconds)}
	for _, d := range []*Diff{r.Plain, r.Diff} {
		if d == nil {
			out = append(out, "", "", "", "", "")
			continue
		}
		out = append(out, number(&d.Mean), number(d.Low), number(d.High), number(d.P), strconv.Itoa(d.N))
	}
	return out
}

// basis says what the numbers of g rest on.
func (g *group) basis() []string {
	each := func(f func(Run) string) string { return distinct(g.runs, f) }
	setting := func(key string) string { return each(func(r Run) string { return configText(r, key) }) }
	return []string{
		each(func(r Run) string { return r.Started.Data.Name }), each(func(r Run) string { return strconv.Itoa(r.Started.Data.Train) }),
		each(func(r Run) string { return strconv.Itoa(r.Started.Data.Test) }), each(func(r Run) string { return r.Started.Model.Name }),
		setting("epochs"), setting("batch"), setting("carry"),
		each(func(r Run) string { return engineName(r.Started.Engine) }),
		each(func(r Run) string {
			return told(", ", r.Started.Machine.CPU, counted(r.Started.Machine.Cores, "core"))
		}),
		each(func(r Run) string { return r.Started.Revision }),
	}
}

// Insert puts a column into the table at an index, and into its Data under the name given there.
func (s *Sheet) Insert(at int, header, data string, cells, values []string) {
	put := func(line []string, cell string) []string {
		return append(append(append([]string{}, line[:at]...), cell), line[at:]...)
	}
	s.Header = put(s.Header, header)
	for i := range s.Rows {
		s.Rows[i] = put(s.Rows[i], cells[i])
	}
	if s.Data != nil {
		s.Data[0] = put(s.Data[0], data)
		for i := range s.Data[1:] {
			s.Data[i+1] = put(s.Data[i+1], values[i])
		}
	}
}
