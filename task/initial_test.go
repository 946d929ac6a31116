package task

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/seed"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/nn/zoo"
)

// mlp draws the weights of the network for points, with so many classes, or without a head.
func mlp(t *testing.T, classes int) nn.State {
	t.Helper()
	net, err := zoo.Build("mlp", zoo.Options{Input: []int{2}, Classes: max(classes, 2), Width: points().Width})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Init(nn.Default, seed.Stream(9, "init"))
	if err != nil {
		t.Fatal(err)
	}
	if classes == nn.NoHead {
		delete(s, "classifier.weight")
		delete(s, "classifier.bias")
	}
	return s
}

// writePlain writes a safetensors file as other tools do, which say nothing of classes.
func writePlain(t *testing.T, path string, s nn.State) {
	t.Helper()
	writeTensors(t, path, s, map[string]any{})
}

// writeTensors writes a safetensors file with more in its header, head.
func writeTensors(t *testing.T, path string, s nn.State, head map[string]any) {
	t.Helper()
	var body []byte
	for _, name := range s.Names() {
		from := len(body)
		for _, v := range s[name].Data {
			body = binary.LittleEndian.AppendUint32(body, math.Float32bits(v))
		}
		head[name] = map[string]any{"dtype": "F32", "shape": s[name].Shape, "data_offsets": []int{from, len(body)}}
	}
	text, err := json.Marshal(head)
	if err == nil {
		err = os.WriteFile(path, slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, body), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Head rows of a file with classes go by the names of these; of one without, by their numbers, if there are as many.
func TestReadInitial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "init.safetensors")
	c := points()
	c.Init = path
	for _, test := range []struct {
		what    string
		had     int
		classes []string // of the file; nil: it is another tool's
		rows    []int    // of the file, for the data's; -1: drawn; nil: the trainer sees to it
		said    string
	}{
		{"the same classes", 3, []string{"0", "1", "2"}, []int{0, 1, 2}, ""},
		{"in another order", 3, []string{"2", "0", "1"}, []int{1, 2, 0}, ""},
		{"one of another name", 3, []string{"0", "x", "2"}, []int{0, -1, 2}, "knows 2 of the data's 3 classes; the head rows of the others are drawn anew: 1"},
		{"more", 4, []string{"x", "2", "1", "0"}, []int{3, 2, 1}, ""},
		{"another tool's", 3, nil, []int{0, 1, 2}, ""},
		{"another tool's, without a head", nn.NoHead, nil, nil, "there is no head in " + path + "; the data have 3 classes, so it is drawn anew"},
		{"another tool's, of more", 4, nil, nil, "is for 4 classes; the data have 3, so it is drawn anew"},
	} {
		s, said := mlp(t, test.had), ""
		if test.classes == nil {
			writePlain(t, path, s)
		} else if _, err := checkpoint.SaveWeights(path, s, checkpoint.Meta{Net: "mlp", Input: []int{2}, Stage: 1, Trained: []int{0}, Classes: test.classes, Mean: []float32{0, 0}, Std: []float32{1, 1}}); err != nil {
			t.Fatal(err)
		} else if _, _, _, err := checkpoint.LoadWeightsSum(path); err != nil {
			t.Fatal(err)
		}
		made, err := NewSets(nil).Prepare(t.Context(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		i, err := made.ReadInitial(func(line string) { said += line })
		if err != nil || !strings.HasSuffix(said, test.said) || said != "" && test.said == "" {
			t.Errorf("%s: %v, said %q; want %q", test.what, err, said, test.said)
		}
		drawn, err := made.Net.Init(nn.Default, seed.Stream(c.Seed, "init"))
		if err != nil {
			t.Fatal(err)
		}
		bias := "classifier.bias"
		for k, row := range test.rows {
			want := drawn[bias].Data[k]
			if row >= 0 {
				want = s[bias].Data[row]
			}
			if got := i.State[bias].Data[k]; got != want {
				t.Errorf("%s: bias of class %d is %v; want %v", test.what, k, got, want)
			}
		}
		if !slices.Equal(i.State["features.0.weight"].Data, s["features.0.weight"].Data) {
			t.Errorf("%s: the weights below the head are others", test.what)
		}
	}
}

// A file that names its classes, and that this lgl cannot read, is no other tool's: its head rows would go by their numbers.
func TestReadInitialOfALaterVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "init.safetensors")
	c := points()
	c.Init = path
	made, err := NewSets(nil).Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := checkpoint.Meta{Format: 1, Net: "mlp", Input: []int{2}, Stage: 1, Trained: []int{0}, Classes: []string{"2", "0", "1"}}
	for key, want := range map[string]string{"format": "format 2", "later": "later"} {
		info, err := m.Fields()
		if err != nil {
			t.Fatal(err)
		}
		info[key] = "2"
		writeTensors(t, path, mlp(t, 3), map[string]any{"__metadata__": info})
		_, err = made.ReadInitial(func(string) {})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(failure.HintOf(err), "later lgl") {
			t.Errorf("%s: error %v; want one with %q", key, err, want)
		}
	}
	writeTensors(t, path, mlp(t, 3), map[string]any{"__metadata__": map[string]string{"format": "pt"}})
	if _, err := made.ReadInitial(func(string) {}); err != nil {
		t.Errorf("another tool's with metadata: %v", err)
	}
}

// A file that names classes, and has no head for them, is not what lgl wrote.
func TestReadInitialOfClassesWithoutAHead(t *testing.T) {
	c := points()
	c.Init = filepath.Join(t.TempDir(), "init.safetensors")
	made, err := NewSets(nil).Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, classes := range [][]string{{"0", "1", "2"}, {"2", "x", "1"}} {
		if _, err := checkpoint.SaveWeights(c.Init, mlp(t, nn.NoHead), checkpoint.Meta{Net: "mlp", Input: []int{2}, Stage: 1, Trained: []int{0}, Classes: classes}); err != nil {
			t.Fatal(err)
		}
		_, err = made.ReadInitial(func(line string) { t.Error(line) })
		if err == nil || !strings.Contains(err.Error(), "its metadata name 3 classes, and it has no head for them") || !strings.Contains(failure.HintOf(err), "without its metadata") {
			t.Errorf("%v: error %v", classes, err)
		}
	}
}

// A prefix of all names is left off if they are the network's then, and only of another tool's weights.
func TestReadInitialOfAWrappedNetwork(t *testing.T) {
	c := points()
	c.Init = filepath.Join(t.TempDir(), "init.safetensors")
	made, err := NewSets(nil).Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	left := func(prefix string) string {
		return "all names in " + c.Init + " begin with " + prefix + ", which is left off"
	}
	for _, test := range []struct {
		prefix, other string // of all names but the last one, and of that
		head          int
		said, fault   string
	}{
		{"module.", "module.", 3, left("module."), ""},
		{"_orig_mod.module.", "_orig_mod.module.", 3, left("_orig_mod.module."), ""},
		{"model.", "model.", nn.NoHead, left("model.") + "\nthere is no head in " + c.Init + "; the data have 3 classes, so it is drawn anew", ""},
		{"net.", "net.", 3, "", "have beside its own net.classifier.bias"},
		{"module.", "", 3, "", "have beside its own module.classifier.bias"},
		{"module.", "module.aux.", 3, "", "have beside its own module.aux."},
	} {
		s, wrapped, said := mlp(t, test.head), nn.State{}, []string{}
		names := s.Names()
		for k, name := range names {
			prefix := test.prefix
			if k == len(names)-1 {
				prefix = test.other
			}
			wrapped[prefix+name] = s[name]
		}
		writePlain(t, c.Init, wrapped)
		i, err := made.ReadInitial(func(line string) { said = append(said, line) })
		if got := strings.Join(said, "\n"); got != test.said {
			t.Errorf("%s: said %q; want %q", test.prefix, got, test.said)
		}
		switch {
		case test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)):
			t.Errorf("%s and %s: error %v; want %q", test.prefix, test.other, err, test.fault)
		case test.fault == "" && (err != nil || !slices.Equal(i.State["features.0.weight"].Data, s["features.0.weight"].Data)):
			t.Errorf("%s: %v, or other weights", test.prefix, err)
		}
	}
	s := nn.State{}
	for name, tensor := range mlp(t, 3) {
		s["module."+name] = tensor
	}
	if _, err := checkpoint.SaveWeights(c.Init, s, checkpoint.Meta{Net: "mlp", Input: []int{2}, Stage: 1, Trained: []int{0}, Classes: []string{"0", "1", "2"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := made.ReadInitial(func(line string) { t.Error(line) }); err == nil || !strings.Contains(err.Error(), "have beside its own module.") {
		t.Errorf("of lgl: error %v", err)
	}
}

// What keeps the weights from fitting is said of those that have no head and a prefix, too.
func TestReadInitialOfAnotherWidth(t *testing.T) {
	c := points()
	c.Init = filepath.Join(t.TempDir(), "init.safetensors")
	width, s := 2*c.Width, nn.State{}
	net, err := zoo.Build("mlp", zoo.Options{Input: []int{2}, Classes: 3, Width: width})
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := net.Init(nn.Default, seed.Stream(9, "init"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tensor := range drawn {
		if !strings.HasPrefix(name, "classifier.") {
			s["module."+name] = tensor
		}
	}
	writePlain(t, c.Init, s)
	made, err := NewSets(nil).Prepare(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.ReadInitial(func(string) {}); err == nil || failure.HintOf(err) != fmt.Sprintf("these are weights of mlp with --width %v", width) {
		t.Errorf("error %v, hint %q", err, failure.HintOf(err))
	}
}
