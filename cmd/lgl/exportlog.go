package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/run"
	"github.com/local-to-global/lgl/sink"
	"github.com/local-to-global/lgl/sink/tensorboard"
)

// logFormats are what lgl export makes of a run's log.
var logFormats = []string{"csv", "tensorboard", "mlflow"}

// exportedLog is the JSON of the export of a log.
type exportedLog struct {
	Run    string `json:"run"`
	Format string `json:"format"`
	File   string `json:"file"`   // or the address of the server
	Epochs int    `json:"epochs"` // that the log has
}

// exportLog gives the log of a run, which may still go on, to another tool.
func (a *app) exportLog(ctx context.Context, f exportFlags) error {
	if f.stage != 0 {
		return failure.Usage(fmt.Errorf("--stage %d with --to %s: a log is of all stages", f.stage, f.to))
	}
	events, err := run.ReadLog(f.run)
	if err != nil {
		return err
	}
	v := exportedLog{Run: f.run, Format: f.to, File: f.out}
	for _, e := range events {
		if _, ok := e.Event.(record.EpochEnded); ok {
			v.Epochs++
		}
	}
	switch f.to {
	case "csv":
		if err = atomicfile.Write(f.out, func(w io.Writer) error { return sink.WriteCSV(w, events) }); err != nil {
			err = fmt.Errorf("--out: %w", err)
		}
	case "tensorboard":
		v.File, err = exportBoard(f.out, events)
	case "mlflow":
		v.File, err = sendLog(ctx, f.run, f.out, events)
	}
	if err != nil {
		return err
	}
	return a.result(v, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n%s\n", v.File, plural.Count(v.Epochs, "epoch"))
		return err
	})
}

// exportBoard writes an event file into a folder that has none.
func exportBoard(dir string, events []record.Stamped) (path string, err error) {
	if has := tensorboard.Files(dir); len(has) > 0 {
		return "", failure.Usage(fmt.Errorf("--out %s: holds an event file, %s, and a second would double its points; choose another folder", dir, filepath.Base(has[0])))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("--out: %w", err)
	}
	w, err := tensorboard.Open(dir, events)
	if err != nil {
		return "", err
	}
	return w.Path(), w.Close()
}

// sendLog sends a server what it lacks of a run.
func sendLog(ctx context.Context, dir, address string, events []record.Stamped) (string, error) {
	s, err := run.MLflowServer("--out", address)
	if err != nil {
		return "", err
	}
	return s.String(), run.SendLog(ctx, dir, s, events)
}
