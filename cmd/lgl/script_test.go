package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/local-to-global/lgl/data/picture"
)

func TestMain(m *testing.M) {
	if os.Getenv("GOMAXPROCS") == "" {
		os.Setenv("GOMAXPROCS", "1") // of commands that tests run: threads that share cores with other tests wait for each other
	}
	testscript.Main(m, map[string]func(){"lgl": main, "stopat": stopAt})
}

// TestScripts runs testdata/script/*.txtar: what a user types, and what must come of it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, "cache"))
			e.Setenv("LGL_DNNL", "/nonexistent/libdnnl.so.2") // the scripts are about the command, not the library
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "turbojpeg" {
				return false, fmt.Errorf("no condition %q", cond)
			}
			_, err := picture.JPEGLibrary()
			return err == nil, nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "json": jsonLast, "idx": writeIDX, "idxpng": writeIDXPictures, "pictures": writePictures,
		},
	})
}

// exits runs `exits CODE PROGRAM ARG...` and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		code, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = fmt.Sprint(code.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("exit code %s; want %s", got, args[0])
	}
}

// jsonLast runs `json FILE KEY[=VALUE]...`: the last line of FILE (stdout for the last command's)
// must be one JSON object with these keys, and nothing may stand before it.
func jsonLast(ts *testscript.TestScript, neg bool, args []string) {
	text := strings.TrimSuffix(ts.ReadFile(args[0]), "\n")
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(text), &object); err != nil || strings.Contains(text, "\n") {
		ts.Fatalf("not one JSON object on one line: %v\n%s", err, text)
	}
	for _, want := range args[1:] {
		key, value, valued := strings.Cut(want, "=")
		got, ok := object[key]
		if !ok {
			ts.Fatalf("no key %q in %s", key, text)
		}
		if same := string(got) == value; valued && same == neg {
			ts.Fatalf("%s is %s; %s", key, got, want)
		}
	}
}

// writeIDX runs `idx DIR PER-CLASS... [FAULT]`: MNIST's four files with 8x8 images, PER-CLASS of
// each class in both parts, in class k bright in column k; and maybe a fault.
func writeIDX(ts *testscript.TestScript, neg bool, args []string) {
	dir, fault := ts.MkAbs(args[0]), ""
	var labels, pixels []byte
	for k, word := range args[1:] {
		n := 0
		if _, err := fmt.Sscan(word, &n); err != nil {
			fault = word
			break
		}
		for i := range n {
			labels = append(labels, byte(k))
			pixels = append(pixels, idxImage(k, i)...)
		}
	}
	images := idxFile(3, []int{len(labels), 8, 8}, pixels)
	switch fault {
	case "truncated":
		images = images[:len(images)-10]
	case "magic":
		images[0] = 'P'
	case "label":
		labels[0] = 77
	}
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, part := range []string{"train", "t10k"} {
		ts.Check(os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte"), images, 0o644))
		ts.Check(os.WriteFile(filepath.Join(dir, part+"-labels-idx1-ubyte"), idxFile(1, []int{len(labels)}, labels), 0o644))
	}
	if fault == "untested" { // the test part has no sample of the last class
		n := slices.Index(labels, labels[len(labels)-1])
		ts.Check(os.WriteFile(filepath.Join(dir, "t10k-images-idx3-ubyte"), idxFile(3, []int{n, 8, 8}, pixels[:64*n]), 0o644))
		ts.Check(os.WriteFile(filepath.Join(dir, "t10k-labels-idx1-ubyte"), idxFile(1, []int{n}, labels[:n]), 0o644))
	}
	if fault == "uneven" {
		ts.Check(os.WriteFile(filepath.Join(dir, "train-labels-idx1-ubyte"), idxFile(1, []int{len(labels) - 1}, labels[1:]), 0o644))
	}
	if fault == "missing" {
		ts.Check(os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte")))
	}
}

// writeIDXPictures runs `idxpng DIR PER-CLASS...`: the images of idx as DIR/CLASS-NUMBER.png, those of
// class 3 in DIR/deep.
func writeIDXPictures(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Join(dir, "deep"), 0o755))
	for k, word := range args[1:] {
		n, err := strconv.Atoi(word)
		ts.Check(err)
		for i := range n {
			img := image.NewGray(image.Rect(0, 0, 8, 8))
			copy(img.Pix, idxImage(k, i))
			name := fmt.Sprintf("%d-%d.png", k, i)
			if k == 3 {
				name = filepath.Join("deep", name)
			}
			var b bytes.Buffer
			ts.Check(png.Encode(&b, img))
			ts.Check(os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644))
		}
	}
}

// idxImage is image i of class k.
func idxImage(k, i int) []byte {
	image := make([]byte, 64)
	for row := range 8 {
		image[8*row+k%8] = byte(200 + (i+row)%50)
	}
	return image
}

// idxFile returns an IDX file of bytes.
func idxFile(magic byte, dims []int, content []byte) []byte {
	head := []byte{0, 0, 8, magic}
	for _, d := range dims {
		head = binary.BigEndian.AppendUint32(head, uint32(d))
	}
	return slices.Concat(head, content)
}

// writePictures runs `pictures DIR N CLASS...`: N pictures of each class, of several sizes, every
// other one a PNG and a JPEG, in class k bright in the kth of as many bands.
func writePictures(ts *testscript.TestScript, neg bool, args []string) {
	n := 0
	if _, err := fmt.Sscan(args[1], &n); err != nil {
		ts.Fatalf("usage: pictures DIR N CLASS...")
	}
	classes := args[2:]
	for k, class := range classes {
		dir := filepath.Join(ts.MkAbs(args[0]), class)
		ts.Check(os.MkdirAll(dir, 0o755))
		for i := range n {
			m := image.NewNRGBA(image.Rect(0, 0, 24+i, 40-i))
			for j := range m.Pix {
				x := j / 4 % m.Rect.Dx()
				m.Pix[j] = byte(40 + 7*i%30)
				if j%4 == 3 || x*len(classes)/m.Rect.Dx() == k {
					m.Pix[j] = 255
				}
			}
			m.Set(0, 0, color.NRGBA{byte(i), byte(k), 0, 255}) // no two are the same
			f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.%s", i, []string{"png", "jpg"}[i%2])))
			ts.Check(err)
			if i%2 == 0 {
				ts.Check(png.Encode(f, m))
			} else {
				ts.Check(jpeg.Encode(f, m, &jpeg.Options{Quality: 95}))
			}
			ts.Check(f.Close())
		}
	}
}
