package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/engine/enginetest"
)

// replayed are runs that scripts/torch_run.py has trained anew, with PyTorch and by the paper alone, and their flags.
var replayed = map[string][]string{
	"dissimilar":   {"--select", "dissimilar"},
	"similar":      {"--select", "similar", "--stages", "3", "--warm", "shrink-perturb", "--noise", "0"},
	"one-a-stage":  {"--select", "dissimilar", "--stages", "10", "--epochs", "2", "--reinit", "none"},
	"random":       {"--reinit", "all", "--lr-step", "2"},
	"masked":       {"--select", "dissimilar", "--head", "masked"},
	"baseline":     {"--method", "baseline", "--epochs", "10"},
	"smallcnn":     {"--model", "smallcnn", "--select", "similar", "--stages", "2", "--epochs", "2", "--batch", "60", "--lr", "0.002"},
	"spl":          {"--method", "spl", "--epochs", "10"},
	"spl-linear":   {"--method", "spl", "--epochs", "8", "--weighting", "linear"},
	"spl-inv-log":  {"--method", "spl-inv", "--epochs", "8", "--weighting", "log"},
	"spld":         {"--method", "spld", "--epochs", "10"},
	"spl-running":  {"--method", "spl", "--epochs", "10", "--losses", "running"},
	"converged":    {"--stages", "3", "--until", "converged", "--patience", "2", "--min-delta", "0.1", "--epochs", "30"},
	"momentum":     {"--stages", "4", "--partition", "ceil", "--keep-momentum"},
	"spl-pace":     {"--method", "spl", "--epochs", "10", "--pace", "baseline-loss", "--pace-start", "0.3"},
	"spl-inv-pace": {"--method", "spl-inv", "--epochs", "10", "--pace", "baseline-loss", "--pace-start", "0.3"},

	"weighted":            {"--balance", "weights"},
	"weighted-masked":     {"--balance", "weights", "--head", "masked", "--select", "dissimilar"},
	"weighted-spl-linear": {"--balance", "weights", "--method", "spl", "--epochs", "8", "--weighting", "linear"},
}

// vector is what torch_run.py makes of a run: events with the fields that it knows, and of the last weights some values.
type vector struct {
	Events  []map[string]any
	Weights map[string]struct {
		Mean, RMS float64
		First     []float64
	}
}

// Whole runs come out as an implementation in PyTorch has them that has nothing of lgl but the settings: the choice of
// classes and samples, H(T|X), losses, accuracies and weights. With the path of a Python in LGL_TORCH the vectors are
// made anew.
func TestTorchRun(t *testing.T) {
	const vectors = "testdata/torch_run.json"
	dir := t.TempDir()
	tenBands(t, filepath.Join(dir, "pictures"), func(int) int { return 12 })
	tenBands(t, filepath.Join(dir, "uneven"), func(k int) int { return 3 + 2*k })
	names := slices.Sorted(maps.Keys(replayed))
	for _, name := range names { // baseline is the first, of which the pace baseline-loss has its losses
		flags := replayed[name]
		if slices.Contains(flags, "baseline-loss") {
			flags = append(slices.Clone(flags), "--pace-run", filepath.Join(dir, "baseline"))
		}
		if slices.Contains(flags, "--balance") {
			flags = append(slices.Clone(flags), "--data", filepath.Join(dir, "uneven"))
		}
		lgl(t, append([]string{"train", "--preset", "paper", "--data", filepath.Join(dir, "pictures"), "--image-size", "28", "--augment", "none",
			"--model", "mlp", "--batch", "32", "--epochs", "4", "--stages", "4", "--lr", "0.02", "--entropy-samples", "0", "--out", filepath.Join(dir, name)}, flags...)...)
	}
	if python := os.Getenv(enginetest.TorchVariable); python != "" {
		args := []string{"../../scripts/torch_run.py", "--json", vectors}
		for _, name := range names {
			args = append(args, filepath.Join(dir, name))
		}
		out, err := exec.Command(python, args...).CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Fatal(err)
		}
		doctored := withNaN(t, filepath.Join(dir, "random"))
		if out, err := exec.Command(python, "../../scripts/torch_run.py", doctored).CombinedOutput(); err == nil {
			t.Errorf("a run with losses of NaN passes:\n%s", out)
		}
	}
	text, err := os.ReadFile(vectors)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]vector
	if err := json.Unmarshal(text, &all); err != nil || len(all) != len(replayed) {
		t.Fatalf("%d runs, %v; want %d", len(all), err, len(replayed))
	}
	for name, want := range all {
		t.Run(name, func(t *testing.T) { want.compare(t, filepath.Join(dir, name)) })
	}
}

// withNaN copies a run, with NaN for the losses in its log, which no lgl writes.
func withNaN(t *testing.T, run string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nan")
	if err := os.CopyFS(dir, os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "events.jsonl")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`"train_loss":[^,]+`).ReplaceAll(text, []byte(`"train_loss":NaN`))
	if err := os.WriteFile(log, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tenBands writes pictures of 32x32 pixels of ten classes, so many of each for training and 12 for the test: a band in a
// place of the class, and noise all over, so that no two pixels next to each other are alike.
func tenBands(t *testing.T, dir string, training func(class int) int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	train := bands(t, r, training)
	test := bands(t, r, func(int) int { return 12 })
	if _, _, err := folder.Write(t.Context(), dir, train, test, 0); err != nil {
		t.Fatal(err)
	}
}

// bands draws so many pictures of each of ten classes.
func bands(t *testing.T, r *rand.Rand, n func(class int) int) data.Pixels {
	var pixels, labels []byte
	classes := make([]string, 10)
	for k := range classes {
		classes[k] = fmt.Sprintf("band-%d", k)
		for range n(k) {
			pixels, labels = append(pixels, band(k, r)...), append(labels, byte(k))
		}
	}
	images, err := data.NewImages(pixels, labels, classes, 3, 32, 32)
	if err != nil {
		t.Fatal(err)
	}
	return images
}

// band draws a picture of class k, [3 32 32].
func band(k int, r *rand.Rand) []byte {
	pixels := make([]byte, 3*32*32)
	for i := range pixels {
		c, y, x := i/1024, i/32%32, i%32
		pixels[i] = byte(40 + r.IntN(120))
		if at := (x + c*y*(k%2)) % 32; at/3 == k {
			pixels[i] += 60
		}
	}
	return pixels
}

// compare holds a run to its vector.
func (v vector) compare(t *testing.T, dir string) {
	var logged []map[string]any
	for _, e := range events(t, dir) {
		if kind := e["type"]; kind == "run_started" || kind == "stage_started" || kind == "epoch_ended" {
			logged = append(logged, e)
		}
	}
	if len(logged) != len(v.Events) {
		t.Fatalf("%d events; want %d", len(logged), len(v.Events))
	}
	stage := 0
	for i, want := range v.Events {
		near(t, fmt.Sprintf("event %d, %s", i+1, want["type"]), logged[i], want)
		if want["type"] == "stage_started" {
			stage++
		}
	}
	state, _, err := checkpoint.LoadTensors(filepath.Join(dir, fmt.Sprintf("weights/stage-%d.safetensors", stage)))
	if err != nil || len(state) != len(v.Weights) {
		t.Fatalf("%d tensors, %v; want %d", len(state), err, len(v.Weights))
	}
	for name, want := range v.Weights {
		mean, square, n := 0.0, 0.0, float64(len(state[name].Data))
		for _, x := range state[name].Data {
			mean, square = mean+float64(x)/n, square+float64(x)*float64(x)/n
		}
		near(t, name+" mean", mean, want.Mean)
		near(t, name+" rms", math.Sqrt(square), want.RMS)
		for i, x := range want.First {
			near(t, fmt.Sprint(name, i), float64(state[name].Data[i]), x)
		}
	}
}

// near fails where got, of a log, lacks what want has, or a number is not the same but for the rounding of float32.
func near(t *testing.T, what string, got, want any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for key := range w {
			near(t, what+" "+key, g[key], w[key])
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			for i := range w {
				near(t, fmt.Sprint(what, " ", i), g[i], w[i])
			}
			return
		}
		t.Errorf("%s: %v; want %v", what, got, want)
	case float64:
		if g, ok := got.(float64); !ok || !(math.Abs(g-w) <= 1e-5*max(1, math.Abs(w))) {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
	default:
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v; want %v", what, got, want)
		}
	}
}
