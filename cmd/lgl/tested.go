package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/evaluate"
)

// tested is a test sample: what it is, and what it is taken for.
type tested struct {
	File        string  `json:"file"` // or its number, where the data are no files
	Label       string  `json:"label"`
	Prediction  string  `json:"prediction"` // the likeliest class
	Probability float32 `json:"probability"`
}

// eachTested calls do with each sample of src, in its order.
func eachTested(ctx context.Context, e *evaluate.Probe, src data.Source, do func(tested) error) error {
	classes := src.Classes()
	return e.Predict(ctx, nil, func(i int, softmax []float64) error {
		file := strconv.Itoa(i)
		if p, ok := src.(data.Pictures); ok {
			file = p.Path(i)
		}
		g := guesses(classes, softmax, nil, 1)[0]
		return do(tested{file, classes[src.Label(i)], g.Class, g.Probability})
	})
}

// testedLines returns what writes samples as lines of CSV.
func (a *app) testedLines() (line func(tested) error, flush func() error) {
	write, flush := a.csvLines("file", "label", "prediction", "probability")
	return func(t tested) error {
		return write(t.File, t.Label, t.Prediction, guess{t.Prediction, t.Probability}.share())
	}, flush
}

// writeTested writes a line of CSV for each sample of src.
func (a *app) writeTested(ctx context.Context, e *evaluate.Probe, src data.Source) error {
	line, flush := a.testedLines()
	return errors.Join(eachTested(ctx, e, src, line), flush())
}

// mistakes are the samples that are taken for another class than theirs, the surest first.
type mistakes struct {
	Run      string   `json:"run"`
	Stage    int      `json:"stage"`
	Data     string   `json:"data"`
	Samples  int      `json:"samples"`
	Mistakes []tested `json:"mistakes"`
}

// writeMistakes writes the mistakes in src.
func (a *app) writeMistakes(ctx context.Context, q evalFlags, e *evaluate.Probe, src data.Source, m mistakes) error {
	m.Samples, m.Mistakes = src.Len(), []tested{}
	err := eachTested(ctx, e, src, func(t tested) error {
		if t.Label != t.Prediction {
			m.Mistakes = append(m.Mistakes, t)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(m.Mistakes, func(a, b tested) int { return cmp.Compare(b.Probability, a.Probability) })
	if !q.csv {
		return a.result(m, m.write)
	}
	line, flush := a.testedLines()
	for _, t := range m.Mistakes {
		err = errors.Join(err, line(t))
	}
	return errors.Join(err, flush())
}

// write prints the surest for people.
func (m mistakes) write(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s of the %s test samples of %s are taken for another class; weights of stage %d\n", count(len(m.Mistakes)), count(m.Samples), m.Data, m.Stage); err != nil {
		return err
	}
	if len(m.Mistakes) == 0 {
		return nil
	}
	return columns(w, func(w io.Writer) {
		fmt.Fprintln(w, "\nPROBABILITY\tPREDICTION\tLABEL\tFILE")
		shown, left := listed(m.Mistakes)
		for _, t := range shown {
			fmt.Fprintf(w, "%.4f\t%s\t%s\t%s\n", t.Probability, inList(t.Prediction), inList(t.Label), inTable(t.File))
		}
		if left > 0 {
			fmt.Fprintf(w, "... and %s more; --csv and --json have all\n", count(left))
		}
	})
}
