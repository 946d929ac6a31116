package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/nn/onnx"
	"github.com/local-to-global/lgl/run"
)

// networkFormats are what lgl export makes of a run's network, which are also the extensions of the files.
var networkFormats = []string{"onnx", "safetensors"}

// formats are all that lgl export writes.
var formats = slices.Concat(networkFormats, logFormats)

// extensions are the formats that are those of files.
var extensions = append(slices.Clone(networkFormats), "csv")

// exportFlags are the run and the flags of `lgl export`.
type exportFlags struct {
	run, to, out string
	stage        int
}

// export is `lgl export`.
func (a *app) export() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run's network or its log for other tools: ONNX, CSV, TensorBoard ...",
		Long: `Write the network that a run trained as one file for other tools, or its log.

onnx is network and weights, in evaluation mode: input "input" [N C H W] (or [N F]),
float32, any N; output "logits" [N K]. ONNX Runtime and many others compute with it.
safetensors is the weights alone, under PyTorch's names.

Both hold, as JSON in their metadata: the class names in the order of the outputs, the
shape of the input, the mean and deviation of each channel, and the settings of the run.
An input is a picture's pixels in 0..1, padded with 0 to the input's shape, minus the
mean, over the deviation. Pictures of a folder are first turned upright, resized to a
shorter side of 256 N/224, and cropped to the middle N x N.

csv is the log as a table, a line for each epoch, its columns named as in events.jsonl.
tensorboard is the log as an event file in the folder --out, tensorboard/RUN if there is
none: tensorboard --logdir tensorboard shows it.
mlflow sends the log to the tracking server at --out, a URL, or env for that in
$MLFLOW_TRACKING_URI. Of a run that the server knows it gets what it lacks.
All three also take a run that still goes on, mlflow unless it sends there by itself.`,
		Example: `  lgl export runs/a
  lgl export runs/a --stage 1 --out first.onnx
  lgl export runs/a --to safetensors --json
  lgl export runs/a --to csv
  lgl export runs/a --to tensorboard --out boards/a
  lgl export runs/a --to mlflow --out http://localhost:5000`,
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.run = args[0]
			return a.exportOne(cmd.Context(), f)
		},
	}
	cmd.Flags().StringVar(&f.to, "to", "", "format: "+strings.Join(formats, ", ")+" (default that of --out's extension, or onnx)")
	cmd.Flags().StringVar(&f.out, "out", "", "`file` to write; one that is there is replaced (default RUN's name with the format, here); tensorboard: folder; mlflow: URL")
	addStage(cmd, &f.stage)
	a.jsonFlag(cmd)
	completeFlag(cmd, "to", oneOf(formats))
	return cmd
}

// exported is the JSON of an export.
type exported struct {
	Run     string    `json:"run"`
	Stage   int       `json:"stage"`
	File    string    `json:"file"`
	Format  string    `json:"format"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	Input   []int     `json:"input"` // shape of a sample
	Classes []string  `json:"classes"`
	Mean    []float32 `json:"mean"`
	Std     []float32 `json:"std"`
	size    int       // to which pictures of a folder were brought; 0: the data were no folder of pictures
}

// settle fills in the format and where it goes.
func (f *exportFlags) settle() (err error) {
	if f.to, err = exportFormat(f.to, f.out); err == nil {
		f.out, err = exportPath(f.run, f.to, f.out)
	}
	return err
}

func (a *app) exportOne(ctx context.Context, f exportFlags) error {
	if err := f.settle(); err != nil {
		return failure.Usage(err)
	}
	if err := f.fits(); err != nil {
		return err
	}
	if slices.Contains(logFormats, f.to) {
		return a.exportLog(ctx, f)
	}
	return a.exportNetwork(f)
}

// exportNetwork writes the network of a stage.
func (a *app) exportNetwork(f exportFlags) error {
	s, err := run.LoadSaved(f.run, f.stage)
	if err != nil {
		return err
	}
	a.warnUnfinished(s)
	v := exported{
		Run: f.run, Stage: s.Meta.Stage, File: f.out, Format: f.to,
		Input: s.Meta.Input, Classes: s.Meta.Classes, Mean: s.Meta.Mean, Std: s.Meta.Std, size: s.Config.ImageSize,
	}
	if f.to == "onnx" {
		v.SHA256, err = writeONNX(s, f.out)
	} else {
		v.SHA256, err = checkpoint.SaveWeights(f.out, s.State, s.Meta)
	}
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	info, err := os.Stat(f.out)
	if err != nil {
		return err
	}
	v.Bytes = info.Size()
	return a.result(v, v.write)
}

// exportFormat returns the format that the flags ask for.
func exportFormat(to, out string) (string, error) {
	ext := strings.TrimPrefix(filepath.Ext(out), ".")
	named := slices.Contains(extensions, ext)
	switch {
	case to == "" && named:
		return ext, nil
	case to == "" && ext != "":
		return "", fmt.Errorf("--out %s: no format has the extension .%s; use .%s, or add --to", out, ext, strings.Join(extensions, " or ."))
	case to == "":
		return formats[0], nil
	case !slices.Contains(formats, to):
		return "", fmt.Errorf("--to %q: want one of %s", to, strings.Join(formats, ", "))
	case named && ext != to:
		return "", fmt.Errorf("--out %s with --to %s: the extension is that of another format", out, to)
	}
	return to, nil
}

// exportPath returns where an export of the run in dir goes, and refuses what is a run's own.
func exportPath(dir, to, out string) (string, error) {
	whole, err := filepath.Abs(dir)
	switch {
	case err != nil:
		return "", err
	case to == "mlflow" && out == "":
		return "", errors.New("--to mlflow: want --out with the server's URL, or env")
	case to == "mlflow":
		return out, nil
	case to == "tensorboard":
		out = cmp.Or(out, filepath.Join("tensorboard", filepath.Base(whole)))
		return out, run.OutsideRuns(out, out)
	}
	out = cmp.Or(out, filepath.Base(whole)+"."+to)
	return out, run.OutsideRuns(out, filepath.Dir(out))
}

// fits reports an out at which nothing can be written.
func (f exportFlags) fits() error {
	switch f.to {
	case "mlflow":
		return nil
	case "tensorboard":
		return dirFits(f.out)
	}
	return fileFits(f.out)
}

// writeONNX writes the network as an ONNX model and returns the SHA-256 of the file.
func writeONNX(s run.Saved, path string) (sum string, err error) {
	net, err := s.Network()
	if err != nil {
		return "", err
	}
	fields, err := s.Meta.Fields()
	if err != nil {
		return "", err
	}
	about := onnx.About{Version: build(), Metadata: fields,
		Doc: "Input: pixels in 0..1, padded with 0 to the input's shape, minus mean, over std (see the metadata). Output: a logit for each of classes."}
	return atomicfile.WriteSum(path, func(w io.Writer) error { return onnx.Write(w, net, s.State, about) })
}

// write prints the export for people.
func (v exported) write(w io.Writer) error {
	return columns(w, func(w io.Writer) {
		fmt.Fprintf(w, "file\t%s\n", v.File)
		fmt.Fprintf(w, "size\t%s bytes, of the weights of stage %d\n", count(v.Bytes), v.Stage)
		what := "values"
		if len(v.Input) == 3 {
			what = "pixels in 0..1"
		}
		fmt.Fprintf(w, "input\tN x %s: %s, minus mean %v, over deviation %v\n", data.ShapeText(v.Input), what, v.Mean, v.Std)
		if n := v.size; n > 0 {
			fmt.Fprintf(w, "pictures\tturned upright, resized to a shorter side of %d, of that the middle %dx%d\n", picture.Around(n), n, n)
		}
		fmt.Fprintf(w, "output\tN x %d logits\n", len(v.Classes))
		fmt.Fprintf(w, "classes\t%s\n", plural.Names(v.Classes))
	})
}
