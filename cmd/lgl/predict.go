package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/evaluate"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/metric"
	"github.com/local-to-global/lgl/run"
)

// predictFlags are the run and the flags of `lgl predict`, and stdin.
type predictFlags struct {
	run        string
	stage, top int
	csv        bool
	stdin      io.Reader
}

func (a *app) predict() *cobra.Command {
	p := predictFlags{top: 5}
	cmd := &cobra.Command{
		Use:   "predict RUN PICTURE|FOLDER|-...",
		Short: "Say what is on pictures, by a run's network",
		Long: `Say what is on pictures, by a run's network: the most likely classes and their
probabilities. Pictures are JPEG, PNG, GIF, BMP, TIFF or WebP files; of a folder those in
it and below are taken, by their extensions; - is one picture on stdin.

A picture becomes what the run was evaluated on: as a picture of its folder was, or
scaled and cut to the size of its images, grey where these are, padded and normalised.
With weights of a masked head, only the classes trained so far are considered.

--csv has a line for each class, --json an object for each picture. Files that cannot be
read are named, the others predicted, and the exit code is 1.`,
		Example: "  lgl predict runs/a cat.jpg\n  lgl predict runs/a photos --top 1 --csv > predictions.csv\n  lgl predict runs/a - --json < cat.jpg",
		Args:    runAndPictures,
		RunE: func(cmd *cobra.Command, args []string) error {
			p.run, p.stdin = args[0], cmd.InOrStdin()
			return a.predictAll(cmd.Context(), p, args[1:])
		},
	}
	cmd.Flags().IntVar(&p.top, "top", p.top, "list the `n` most likely classes")
	cmd.Flags().BoolVar(&p.csv, "csv", false, "print CSV: file, rank, class, probability")
	addStage(cmd, &p.stage)
	cmd.Flags().BoolVar(&a.json, "json", false, "print one JSON object for each picture, on a line of its own")
	return cmd
}

// predicted is the JSON of one picture.
type predicted struct {
	File  string  `json:"file"`
	Top   []guess `json:"top,omitempty"`   // most likely first
	Error string  `json:"error,omitempty"` // why it could not be read
}

// guess is a class and its probability.
type guess struct {
	Class       string  `json:"class"`
	Probability float32 `json:"probability"`
}

// share is the probability in CSV, as JSON has it.
func (g guess) share() string { return strconv.FormatFloat(float64(g.Probability), 'g', -1, 32) }

func (a *app) predictAll(ctx context.Context, p predictFlags, paths []string) (err error) {
	if p.top < 1 {
		return failure.Usage(fmt.Errorf("--top %d: want at least 1", p.top))
	}
	if err := a.oneFormat(p.csv); err != nil {
		return err
	}
	s, err := run.LoadSaved(p.run, p.stage)
	if err != nil {
		return swapped(p.run, paths, err)
	}
	a.warnUnfinished(s)
	src, err := s.Pictures(paths, p.stdin, a.say)
	if err != nil {
		return err
	}
	e, done, err := s.Probe(ctx, src, openEngine, a.say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	begun := time.Now()
	if err := a.predictEach(ctx, p, s.Considered(), src, e); err != nil {
		return err
	}
	if took, n := time.Since(begun), src.Len(); n > 1 {
		a.say(fmt.Sprintf("%s pictures in %s, %.0f a second", count(n), duration(took), float64(n)/took.Seconds()))
	}
	return src.Unread()
}

// swapped is err, of reading the run first, or says that pictures stand where the run should.
func swapped(first string, others []string, err error) error {
	_, settings := os.Stat(filepath.Join(first, "config.yaml")) // a run has a picture, too
	found, _, _ := folder.Find(first)
	i := slices.IndexFunc(others, run.IsRun)
	if settings == nil || i < 0 && len(found) == 0 {
		return err
	}
	is, meant := "no run", "RUN"
	if len(found) > 0 {
		is = "a folder of pictures"
	}
	if i >= 0 {
		meant = shell.Quoted(others[i])
	}
	return failure.Hint(failure.Usage(fmt.Errorf("%s: is %s; the run comes first, then the pictures", first, is)),
		"lgl predict %s %s", meant, shell.Quoted(first))
}

// predictEach predicts and writes, and names each picture that could not be read.
func (a *app) predictEach(ctx context.Context, p predictFlags, active []bool, src *folder.Loose, e *evaluate.Probe) error {
	write, flush := a.predictions(p)
	e.Batch = a.screen.meter("", "picture")
	err := e.Predict(ctx, active, func(i int, softmax []float64) error {
		v := predicted{File: src.Path(i)}
		if err := src.Err(i); err != nil {
			v.Error = strings.TrimPrefix(err.Error(), v.File+": ")
			a.say(strings.TrimSuffix(v.File+": "+v.Error+"; "+a.nearTo(err), "; "))
		} else {
			v.Top = guesses(src.Classes(), softmax, active, p.top)
		}
		return write(v)
	})
	return errors.Join(err, flush())
}

// guesses are the n likeliest classes of those that count.
func guesses(classes []string, softmax []float64, active []bool, n int) (top []guess) {
	for _, k := range metric.Top(softmax, active, n) {
		top = append(top, guess{classes[k], float32(softmax[k])})
	}
	return top
}

// predictions returns what writes predictions: lines of JSON or CSV as they come, or an aligned table
// at the end.
func (a *app) predictions(p predictFlags) (write func(predicted) error, flush func() error) {
	switch {
	case a.json:
		encoder := json.NewEncoder(a.stdout)
		return func(v predicted) error { return encoder.Encode(v) }, func() error { return nil }
	case p.csv:
		line, flush := a.csvLines("file", "rank", "class", "probability")
		return func(v predicted) error { return writeGuesses(line, v) }, flush
	}
	var all []predicted
	return func(v predicted) error { all = append(all, v); return nil },
		func() error { return writeTable(printable{a.stdout}, all) }
}

// writeGuesses writes a line of CSV for each class.
func writeGuesses(line func(fields ...string) error, v predicted) error {
	for i, g := range v.Top {
		if err := line(v.File, strconv.Itoa(i+1), g.Class, g.share()); err != nil {
			return err
		}
	}
	return nil
}

// writeTable writes a line for each picture that was read: the likeliest class, and the next where they were asked for.
func writeTable(w io.Writer, all []predicted) error {
	all = slices.DeleteFunc(all, func(v predicted) bool { return len(v.Top) == 0 })
	if len(all) == 0 {
		return nil
	}
	return columns(w, func(w io.Writer) {
		head := "FILE\tCLASS\tPROBABILITY"
		if len(all[0].Top) > 1 {
			head += "\tNEXT"
		}
		fmt.Fprintln(w, head)
		for _, v := range all {
			fmt.Fprintf(w, "%s\t%s\t%.4f", inTable(v.File), inList(v.Top[0].Class), v.Top[0].Probability)
			var next []string
			for _, g := range v.Top[1:] {
				next = append(next, fmt.Sprintf("%s %.4f", inList(g.Class), g.Probability))
			}
			if len(next) > 0 {
				fmt.Fprint(w, "\t", strings.Join(next, ", "))
			}
			fmt.Fprintln(w)
		}
	})
}
