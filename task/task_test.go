package task

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data/folder"
	"github.com/local-to-global/lgl/internal/failure"
)

// points are settings of a small network on the generated points.
func points() config.Config {
	c := config.Default()
	c.Data, c.Model = "toy", "mlp"
	return c
}

// A task has the subset without the part held out, and a plan of its samples.
func TestPrepare(t *testing.T) {
	c := points()
	c.Method, c.TrainSamples, c.ValFraction, c.Epochs = "baseline", 100, 0.2, 2
	made, err := NewSets(nil).Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := made.Plan()
	if err != nil || made.Train.Len() != 80 || made.Held.Len() != 20 || p.Samples != 160 {
		t.Errorf("%d samples to train on, %d held out, %d in the plan, %v; want 80, 20, 160", made.Train.Len(), made.Held.Len(), p.Samples, err)
	}
	if got := made.Forwarded(p); got != 2*(3000+20+80)+80 { // after each epoch test set, held-out data and H(T|X), and that once more
		t.Errorf("%v samples forwarded", got)
	}
	if made.Net.Classes != len(made.Set.Train.Classes()) || len(made.Plain.Mean) == 0 {
		t.Errorf("a network of %d classes, normalised by %v", made.Net.Classes, made.Plain.Mean)
	}
}

// What is wrong with the data is told from what is wrong with the settings.
func TestPrepareErrors(t *testing.T) {
	for _, test := range []struct {
		set         func(c *config.Config)
		data, usage bool
	}{
		{func(c *config.Config) { c.Data = "/nonexistent" }, true, false},
		{func(c *config.Config) { c.Labels = "labels.csv" }, true, true},
		{func(c *config.Config) { c.TrainSamples = 1e9 }, true, true},
		{func(c *config.Config) { c.Augment = "flip" }, false, true},
		{func(c *config.Config) { c.Method = "none" }, false, true},
	} {
		c := points()
		test.set(&c)
		_, err := NewSets(nil).Prepare(t.Context(), c, nil)
		var bad *DataError
		if err == nil || errors.As(err, &bad) != test.data || failure.IsUsage(err) != test.usage {
			t.Errorf("%v: want of the data %v, of usage %v", err, test.data, test.usage)
		}
	}
}

// A data set is read once, but a generated one for each seed.
func TestSetsOnce(t *testing.T) {
	s, c := NewSets(nil), points()
	first, err := s.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	same := func(c config.Config) bool {
		again, err := s.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return again.Train == first.Train
	}
	other := c
	other.SeedOrder = 7
	if !same(c) || same(other) {
		t.Error("want the same points for one seed, others for another")
	}
}

// draw makes a folder of two classes of pictures.
func draw(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range 20 {
		m := image.NewGray(image.Rect(0, 0, 40, 40))
		for j := range 40 {
			m.SetGray(j, i, color.Gray{Y: uint8(12 * i)})
		}
		path := filepath.Join(dir, []string{"a", "b"}[i%2], fmt.Sprint(i, ".png"))
		os.MkdirAll(filepath.Dir(path), 0o755)
		f, err := os.Create(path)
		if err == nil {
			err = errors.Join(png.Encode(f, m), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Runs on the same samples of pictures have these measured once, those on others anew.
func TestMeasuredOnce(t *testing.T) {
	s, c := NewSets(nil), config.Default()
	c.Data, c.Model = draw(t), "smallcnn"
	set, err := s.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	set.Train.(*folder.Source).KeepNone()
	first, err := s.Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(c.Data, "b", "1.png")); err != nil {
		t.Fatal(err)
	}
	small := c
	small.ImageSize = 32
	if later, err := s.Prepare(t.Context(), small, nil); err != nil || later.Pictures == first.Pictures {
		t.Errorf("of another size, read when a picture was gone: %v, the fingerprint of before", err)
	}
	if err := os.RemoveAll(filepath.Join(c.Data, "a")); err != nil {
		t.Fatal(err)
	}
	c.Method = "baseline"
	again, err := s.Prepare(t.Context(), c, nil)
	if err != nil || !reflect.DeepEqual(again.Plain, first.Plain) || again.Pictures != first.Pictures {
		t.Errorf("%v, %v %s; want %v %s", err, again.Plain, again.Pictures, first.Plain, first.Pictures)
	}
	c.TrainSamples = 8
	if _, err := s.Prepare(t.Context(), c, nil); err == nil {
		t.Error("other samples were not measured")
	}
}
