package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/nn/onnx"
)

// formats are what lgl export writes, which are also the extensions of the files.
var formats = []string{"onnx", "safetensors"}

// export is `lgl export`.
func (a *app) export() *cobra.Command {
	to, out, stage := "", "", 0
	cmd := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a run's network for other tools: ONNX or safetensors",
		Long: `Write the network that a run trained as one file for other tools.

onnx is network and weights, in evaluation mode: input "input" [N C H W] (or [N F]),
float32, any N; output "logits" [N K]. ONNX Runtime and many others compute with it.
safetensors is the weights alone, under PyTorch's names.

Both hold, as JSON in their metadata: the class names in the order of the outputs, the
shape of the input, the mean and deviation of each channel, and the settings of the run.
An input is a picture's pixels in 0..1, padded with 0 to the input's shape, minus the
mean, over the deviation.`,
		Example: "  lgl export runs/a\n  lgl export runs/a --stage 1 --out first.onnx\n  lgl export runs/a --to safetensors --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.exportOne(args[0], to, out, stage)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "format: "+strings.Join(formats, "|")+" (default that of --out's extension, or onnx)")
	cmd.Flags().StringVar(&out, "out", "", "`file` to write; one that is there is replaced (default RUN's name with the format, here)")
	addStage(cmd, &stage)
	a.jsonFlag(cmd)
	if err := cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // only for a flag that is not there
	}
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
}

func (a *app) exportOne(dir, to, out string, stage int) error {
	to, out, err := exportPath(dir, to, out)
	if err != nil {
		return &usageError{err}
	}
	s, err := loadSaved(dir, stage)
	if err != nil {
		return err
	}
	v := exported{
		Run: dir, Stage: s.meta.Stage, File: out, Format: to,
		Input: s.meta.Input, Classes: s.meta.Classes, Mean: s.meta.Mean, Std: s.meta.Std,
	}
	if to == "onnx" {
		v.SHA256, err = s.writeONNX(out)
	} else {
		v.SHA256, err = checkpoint.SaveWeights(out, s.state, s.meta)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	v.Bytes = info.Size()
	return a.result(v, v.write)
}

// exportPath returns the format and the file that the flags ask for, and refuses one of a run's own.
func exportPath(dir, to, out string) (format, path string, err error) {
	ext := strings.TrimPrefix(filepath.Ext(out), ".")
	if to == "" && slices.Contains(formats, ext) {
		to = ext
	}
	switch {
	case to == "" && ext != "":
		return "", "", fmt.Errorf("--out %s: no format has the extension .%s; use .%s, or add --to", out, ext, strings.Join(formats, " or ."))
	case to == "":
		to = formats[0]
	case !slices.Contains(formats, to):
		return "", "", fmt.Errorf("--to %q: want %s", to, strings.Join(formats, " or "))
	case slices.Contains(formats, ext) && ext != to:
		return "", "", fmt.Errorf("--out %s with --to %s: the extension is that of another format", out, to)
	}
	if out == "" {
		whole, err := filepath.Abs(dir)
		if err != nil {
			return "", "", err
		}
		out = filepath.Base(whole) + "." + to
	}
	return to, out, outsideRuns(out)
}

// outsideRuns refuses a file in a run directory, or below one, where all files are the run's.
func outsideRuns(out string) error {
	dir, err := filepath.Abs(filepath.Dir(out))
	if err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	for ; ; dir = filepath.Dir(dir) {
		_, settings := os.Stat(filepath.Join(dir, "config.yaml"))
		_, log := os.Stat(filepath.Join(dir, "events.jsonl"))
		if settings == nil && log == nil {
			return fmt.Errorf("--out %s: is in the run directory %s, whose files stay as they are; choose another place", out, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// writeONNX writes the network as an ONNX model and returns the SHA-256 of the file.
func (s saved) writeONNX(path string) (sum string, err error) {
	net, err := s.network()
	if err != nil {
		return "", err
	}
	fields, err := s.meta.Fields()
	if err != nil {
		return "", err
	}
	about := onnx.About{Version: build(), Metadata: fields,
		Doc: "Input: pixels in 0..1, padded with 0 to the input's shape, minus mean, over std (see the metadata). Output: a logit for each of classes."}
	return atomicfile.WriteSum(path, func(w io.Writer) error { return onnx.Write(w, net, s.state, about) })
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
		fmt.Fprintf(w, "input\tN x %s: %s, minus mean %v, over deviation %v\n", shape(v.Input), what, v.Mean, v.Std)
		fmt.Fprintf(w, "output\tN x %d logits\n", len(v.Classes))
		fmt.Fprintf(w, "classes\t%s\n", strings.Join(v.Classes, ", "))
	})
}
