package enginetest

import (
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

//go:embed testdata/losses.py
var lossesScript []byte

// TorchVariable is the environment variable that names a Python with torch and torchvision, for
// tests that train full-size networks beside PyTorch. They take minutes, so they run only if it is set.
const TorchVariable = "LGL_TORCH"

// TorchRun is a training of ten steps that PyTorch makes, too.
type TorchRun struct {
	Model     string  // of zoo, with 3x224x224 inputs and 1000 classes
	Batch     int     // samples of a step
	Device    string  // PyTorch's: cpu, cuda
	Precision string  // PyTorch's: f32, tf32, bf16
	LR        float32 // learning rate; momentum 0.9, weight decay 5e-4, no dropout
	Tolerance         // Forward: of the first step's mean loss; Run: of the others'
}

// Losses holds engine e to PyTorch at full size: the same weights and ten batches give the same
// losses, as far as the network lets rounding grow: PyTorch's own losses of ResNet-50 in float32 and
// in float64 are 1% apart after five steps at batch 4.
func Losses(t *testing.T, e engine.Engine, r TorchRun) {
	python := os.Getenv(TorchVariable)
	if python == "" {
		t.Skip(TorchVariable + " names no Python with torch and torchvision")
	}
	net := withoutDropout(build(r.Model, zoo.Options{Input: []int{3, 224, 224}, Classes: 1000}))
	g := generator(400)
	s, err := net.Init(nn.Default, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	var batches []data.Batch
	for range 10 {
		batches = append(batches, g.batch(net, r.Batch, nil, false))
	}
	want := r.train(t, python, net, s, batches)
	m := compile(t, e, net, r.Batch, s)
	var got []float32
	for _, b := range batches {
		got = append(got, float32(mean(step(t, m, b, engine.Hyper{LR: r.LR, Momentum: 0.9, WeightDecay: 5e-4}), nil)))
	}
	t.Logf("%s, batch %d, losses of PyTorch, %s: %v", r.Model, r.Batch, r.Precision, want)
	t.Logf("%s, batch %d, losses of %s: %v", r.Model, r.Batch, e.Name(), got)
	compare(t, "loss of the first step", got[:1], want[:1], r.Forward)
	compare(t, "losses of the others", got[1:], want[1:], r.Run)
}

// withoutDropout returns the network with dropout switched off, since PyTorch draws other masks.
func withoutDropout(net nn.Net) nn.Net {
	layers := append([]nn.Layer(nil), net.Layers...)
	for i, l := range layers {
		if _, ok := l.Op.(nn.Dropout); ok {
			layers[i].Op = nn.Dropout{}
		}
	}
	net.Layers = layers
	return net
}

// train has PyTorch make the steps, and returns its losses.
func (r TorchRun) train(t *testing.T, python string, net nn.Net, s nn.State, batches []data.Batch) []float32 {
	t.Helper()
	dir := t.TempDir()
	r.write(t, dir, net, s, batches)
	script := filepath.Join(dir, "losses.py")
	if err := os.WriteFile(script, lossesScript, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, script, dir)
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, &failed)
	}
	var losses []float32
	if err := json.Unmarshal(out, &losses); err != nil {
		t.Fatalf("%s printed %q: %v", script, out, err)
	}
	return losses
}

// write lays out what losses.py reads.
func (r TorchRun) write(t *testing.T, dir string, net nn.Net, s nn.State, batches []data.Batch) {
	t.Helper()
	type tensor struct {
		Name  string `json:"name"`
		Shape []int  `json:"shape"`
	}
	var tensors []tensor
	var w, x []float32
	var y []int32
	for _, p := range net.Params() {
		tensors = append(tensors, tensor{p.Name, p.Shape})
		w = append(w, s[p.Name].Data...)
	}
	for _, b := range batches {
		x, y = append(x, b.X...), append(y, b.Y...)
	}
	run, err := json.Marshal(map[string]any{"model": strings.TrimSuffix(r.Model, "-imagenet"), "batch": r.Batch,
		"steps": len(batches), "device": r.Device, "precision": r.Precision, "lr": r.LR, "tensors": tensors})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "run.json"), run, 0o644)
	}
	for name, values := range map[string]any{"weights.f32": w, "x.f32": x, "y.i32": y} {
		if err != nil {
			break
		}
		var raw []byte
		if raw, err = binary.Append(nil, binary.LittleEndian, values); err == nil {
			err = os.WriteFile(filepath.Join(dir, name), raw, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
