package enginetest

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

//go:embed testdata/*.gz
var testdata embed.FS

// vectorCase is one of CASES in testdata/make_vectors.py, in the same order: the generator's
// seed is the index.
type vectorCase struct {
	name             string
	net              nn.Net
	batch            int
	masked, weighted bool
	soft             bool    // by targets instead of labels
	lr               float32 // of ten steps; 0: only one pass, without gradients, at the bound of Run
}

func vectorCases() []vectorCase {
	image := func(c, h, w int) []int { return []int{c, h, w} }
	return []vectorCase{
		{"mlp", build("mlp", zoo.Options{Input: []int{6}, Classes: 4, Width: 0.5, Hidden: 2}), 7, false, false, false, 0.125},
		{"mlp-masked-weighted", build("mlp", zoo.Options{Input: image(3, 2, 2), Classes: 5, Width: 0.25}), 9, true, true, false, 0.125},
		{"smallcnn", build("smallcnn", zoo.Options{Input: image(1, 12, 12), Classes: 5, Width: 0.25}), 6, false, false, false, 0.0625},
		{"smallcnn-masked-weighted", build("smallcnn", zoo.Options{Input: image(3, 9, 9), Classes: 7, Width: 0.25}), 8, true, true, false, 0.0625},
		{"vgg16", build("vgg16", zoo.Options{Input: image(3, 32, 32), Classes: 10, Width: 1.0 / 16}), 8, false, false, false, 1.0 / 1024},
		{"residual", residual(), 7, false, true, false, 0.0625},
		{"resnet18", build("resnet18", zoo.Options{Input: image(3, 32, 32), Classes: 5, Width: 1.0 / 32}), 6, false, true, false, 1.0 / 1024},
		{"resnet50", build("resnet50", zoo.Options{Input: image(3, 64, 64), Classes: 6, Width: 1.0 / 32}), 6, true, false, false, 0},
		{"vgg16-imagenet", build("vgg16-imagenet", zoo.Options{Input: image(3, 224, 224), Classes: 4, Width: 1.0 / 64}), 4, false, false, false, 1.0 / 65536},
		{"vgg16_bn-imagenet", build("vgg16_bn-imagenet", zoo.Options{Input: image(3, 224, 224), Classes: 4, Width: 1.0 / 64}), 4, false, false, false, 0},
		{"mlp-soft", build("mlp", zoo.Options{Input: []int{6}, Classes: 5, Width: 0.25, Hidden: 1}), 7, false, false, true, 0.125},
		{"smallcnn-soft-masked-weighted", build("smallcnn", zoo.Options{Input: image(3, 9, 9), Classes: 7, Width: 0.25}), 8, true, true, true, 0.0625},
	}
}

// vectors holds the engine to PyTorch.
func vectors(t *testing.T, e engine.Engine, tol Tolerance) {
	for i, c := range vectorCases() {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && slices.Max(c.net.Input) == 224 {
				t.Skip("takes ten seconds under the race detector")
			}
			want, err := readVectors("testdata/" + c.name + ".gz")
			if err != nil {
				t.Fatal(err)
			}
			c.replay(t, e, generator(i), want, tol)
		})
	}
}

// replay computes what make_vectors.py computed.
func (c vectorCase) replay(t *testing.T, e engine.Engine, g generator, want map[string][]float32, tol Tolerance) {
	h := engine.Hyper{}
	if c.masked {
		h.Active = even(c.net.Classes)
	}
	start := g.state(c.net)
	var batches []data.Batch
	for _, n := range []int{c.batch, c.batch, c.batch - 2} {
		b := g.batch(c.net, n, h.Active, c.weighted)
		if c.soft {
			b = g.soften(c.net, b, h.Active)
		}
		batches = append(batches, b)
	}
	m := compile(t, e, c.net, c.batch, start)
	if c.lr == 0 {
		tol.Forward = tol.Run
	}
	c.pass(t, m, start, batches[0], h, want, tol)
	if c.lr > 0 {
		load(t, m, start)
		c.steps(t, m, batches, h, want, tol)
	}
}

// pass evaluates a batch, and trains on it.
func (c vectorCase) pass(t *testing.T, m engine.Model, start nn.State, b data.Batch, h engine.Hyper, want map[string][]float32, tol Tolerance) {
	compare(t, "logits", logits(t, m, c.net, b), want["logits"], tol.Forward)
	grads, losses, after := gradient(t, m, c.net, start, b, h)
	compare(t, "losses", losses, want["losses"], tol.Forward)
	for _, p := range c.net.Params() {
		if !p.Trainable() {
			compare(t, p.Name, after[p.Name].Data, want["after."+p.Name], tol.Forward)
		} else if c.lr > 0 {
			compare(t, "gradient of "+p.Name, grads[p.Name], want["grad."+p.Name], tol.Gradient)
		}
	}
}

// steps trains ten times.
func (c vectorCase) steps(t *testing.T, m engine.Model, batches []data.Batch, h engine.Hyper, want map[string][]float32, tol Tolerance) {
	h.LR, h.Momentum, h.WeightDecay = c.lr, 0.9, 5e-4
	steps := make([]float32, 10)
	for i := range steps {
		b := batches[i%3]
		steps[i] = float32(mean(step(t, m, b, h), b.Weight))
	}
	compare(t, "ten losses in a row", steps, want["steps"], tol.Run)
	end := save(t, m)
	for _, name := range end.Names() {
		values := end[name].Data
		compare(t, name+" after ten steps", values[:min(16, len(values))], want["end."+name], tol.Run)
		compare(t, "norm of "+name+" after ten steps", []float32{length(values)}, want["norm."+name], tol.Run)
	}
}

// length is the Euclidean norm.
func length(values []float32) float32 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return float32(math.Sqrt(sum))
}

// readVectors reads a file whose format make_vectors.py describes.
func readVectors(path string) (map[string][]float32, error) {
	packed, err := testdata.ReadFile(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	records := map[string][]float32{}
	for {
		name, values, err := readRecord(z)
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
		records[name] = values
	}
}

// readRecord returns io.EOF only before a record.
func readRecord(r io.Reader) (string, []float32, error) {
	var n uint32
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return "", nil, err
	}
	name := make([]byte, n)
	err := binary.Read(r, binary.LittleEndian, name)
	if err == nil {
		err = binary.Read(r, binary.LittleEndian, &n)
	}
	if err != nil {
		return "", nil, fmt.Errorf("torn record: %v", err)
	}
	values := make([]float32, n)
	if err := binary.Read(r, binary.LittleEndian, values); err != nil {
		return "", nil, fmt.Errorf("torn record: %v", err)
	}
	return string(name), values, nil
}
