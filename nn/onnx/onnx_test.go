package onnx_test

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/reference"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/onnx"
	"github.com/local-to-global/lgl/nn/zoo"
)

//go:embed testdata/onnxruntime.json
var vectors []byte // by testdata/vectors.sh

// about is what testdata/check.py wants to find.
var about = onnx.About{Version: "test", Doc: "a test", Metadata: map[string]string{"classes": `["a","ü\n"]`}}

// networks are those of the zoo, narrow, with both stems of ResNet, and one with what they lack.
func networks(t *testing.T) []nn.Net {
	all := []nn.Net{odds()}
	for _, n := range []struct {
		name  string
		input []int
		width float64
	}{
		{"mlp", []int{2}, 1}, {"mlp", []int{1, 5, 4}, 0.25}, {"smallcnn", []int{1, 28, 28}, 0.25}, {"vgg11", []int{3, 32, 32}, 0.125},
		{"vgg16_bn-imagenet", []int{1, 224, 224}, 0.015}, {"vgg11-imagenet", []int{1, 448, 448}, 0.015},
		{"resnet18", []int{3, 32, 32}, 0.125}, {"resnet18", []int{3, 65, 70}, 0.125}, {"resnet50", []int{3, 64, 64}, 0.0625},
	} {
		net, err := zoo.Build(n.name, zoo.Options{Input: n.input, Classes: 3, Width: n.width, Hidden: 2})
		if err != nil {
			t.Fatal(err)
		}
		net.Name += "-" + strings.ReplaceAll(strings.Trim(fmt.Sprint(n.input), "[]"), " ", "x")
		all = append(all, net)
	}
	return all
}

// odds has batch norm over features with an eps of its own, linear layers and convolutions without
// bias and with, and windows that overlap, are padded, or leave a rest.
func odds() nn.Net {
	return nn.Net{Name: "odds", Input: []int{2, 9, 8}, Classes: 3, Layers: []nn.Layer{
		{Name: "input", Op: nn.Conv2D{Out: 4, Kernel: 3, Stride: 2, Pad: 1}},
		{Name: "max", Op: nn.MaxPool{Kernel: 2, Stride: 1, Pad: 1}},
		{Name: "mean", Op: nn.AvgPool{Kernel: 3, Stride: 2, Pad: 1}},
		{Name: "drop", Op: nn.Dropout{P: 0.5}},
		{Name: "one", Op: nn.Conv2D{Out: 4, Kernel: 1, Stride: 1, Bias: true}, Inputs: []int{3}},
		{Name: "sum", Op: nn.Add{}, Inputs: []int{4, 3}},
		{Name: "flatten", Op: nn.Flatten{}},
		{Name: "linear", Op: nn.Linear{Out: 6}},
		{Name: "norm", Op: nn.BatchNorm{Eps: 0.25, Momentum: 0.1}},
		{Name: "logits", Op: nn.Linear{Out: 3, Bias: true}},
	}}
}

// weights draws weights that are the same on every machine: multiples of 1/1024, scaled by powers
// of two so that outputs keep the size of inputs, and none of them what an operator would do without.
func weights(net nn.Net, r *rand.Rand) nn.State {
	s := nn.State{}
	for _, p := range net.Params() {
		values := draw(p.Len(), r)
		scale := math.Exp2(math.Round(math.Log2(3/float64(max(p.FanIn, 1))) / 2))
		for i, v := range values {
			switch p.Role {
			case nn.Scale, nn.RunningVar:
				values[i] = 1 + v/2
			case nn.Weight:
				values[i] = v * float32(scale)
			}
		}
		s[p.Name] = nn.Tensor{Shape: p.Shape, Data: values}
	}
	return s
}

func draw(n int, r *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.IntN(2047)-1023) / 1024
	}
	return x
}

// TestOnnxruntime holds each model to the file that onnx's checker passed, bit for bit, and the logits
// that onnxruntime computed of it to the reference engine's.
func TestOnnxruntime(t *testing.T) {
	var want struct {
		Models map[string]struct {
			Inputs, Outputs []string
			SHA256          string
			Logits          []float32
		}
	}
	if err := json.Unmarshal(vectors, &want); err != nil {
		t.Fatal(err)
	}
	nets := networks(t)
	if len(want.Models) != len(nets) {
		t.Errorf("onnxruntime.json has %d models; want %d", len(want.Models), len(nets))
	}
	for _, net := range nets {
		r := rand.New(rand.NewPCG(1, 2))
		s, x := weights(net, r), draw(2*nn.Size(net.Input), r)
		var file bytes.Buffer
		if err := onnx.Write(&file, net, s, about); err != nil {
			t.Fatal(err)
		}
		keep(t, net, file.Bytes(), x)
		ours, theirs := logits(t, net, s, x), want.Models[net.Name]
		if sum := fmt.Sprintf("%x", sha256.Sum256(file.Bytes())); sum != theirs.SHA256 {
			t.Errorf("%s: the model's SHA-256 is %s; onnxruntime had %s: run testdata/vectors.sh", net.Name, sum, theirs.SHA256)
		}
		if !slices.Equal(theirs.Inputs, []string{"input"}) || !slices.Equal(theirs.Outputs, []string{"logits"}) {
			t.Errorf("%s: onnxruntime found inputs %q and outputs %q", net.Name, theirs.Inputs, theirs.Outputs)
		}
		if d := differ(ours, theirs.Logits); !(d < 1e-4) {
			t.Errorf("%s: logits %v; onnxruntime has %v", net.Name, ours, theirs.Logits)
		}
		if spread := slices.Max(ours) - slices.Min(ours); spread < 0.01 {
			t.Errorf("%s: logits %v are all the same: they tell nothing", net.Name, ours)
		}
	}
}

// keep writes model and samples for testdata/vectors.sh, when that asks for them.
func keep(t *testing.T, net nn.Net, model []byte, x []float32) {
	dir := os.Getenv("LGL_ONNX_MODELS")
	if dir == "" {
		return
	}
	samples, err := json.Marshal(map[string]any{"shape": net.Input, "values": x})
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, net.Name+".json"), samples, 0o644),
		os.WriteFile(filepath.Join(dir, net.Name+".onnx"), model, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// logits are those of the reference engine, of two samples.
func logits(t *testing.T, net nn.Net, s nn.State, x []float32) []float32 {
	m, err := reference.New().Compile(net, 2, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	dst := make([]float32, 2*net.Classes)
	if err := errors.Join(m.Load(s), m.Logits(data.Batch{X: x}, dst)); err != nil {
		t.Fatal(err)
	}
	return dst
}

// differ is the largest difference.
func differ(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	most := 0.0
	for i := range a {
		most = max(most, math.Abs(float64(a[i]-b[i])))
	}
	return most
}

// TestRefuses checks that what cannot be a model is said, and nothing written.
func TestRefuses(t *testing.T) {
	net := odds()
	s := weights(net, rand.New(rand.NewPCG(1, 2)))
	odd, lost := net, s.Clone()
	odd.Layers = slices.Clone(net.Layers)
	odd.Layers[3].Op = struct{ nn.Op }{nn.ReLU{}} // an operator that this package does not know
	delete(lost, "norm.running_var")
	for _, c := range []struct {
		net  nn.Net
		s    nn.State
		want string
	}{
		{odd, s, "network odds: layer drop: ONNX has no operator"},
		{net, lost, "norm.running_var is missing"},
		{nn.Net{Name: "none"}, s, "has no layers"},
	} {
		var file bytes.Buffer
		err := onnx.Write(&file, c.net, c.s, about)
		if err == nil || !strings.Contains(err.Error(), c.want) || file.Len() > 0 {
			t.Errorf("error %v, %d bytes written; want %q and none", err, file.Len(), c.want)
		}
	}
}
