package turbojpeg

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/local-to-global/lgl/internal/mutate"
)

// load loads the library, or skips the test where it is not installed.
func load(t *testing.T) Info {
	t.Helper()
	info, err := Load()
	if err != nil {
		if os.Getenv("LGL_REQUIRE_TURBOJPEG") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return info
}

// file is a JPEG of w x h pixels, grey or in colours, with an edge in the middle.
func file(t *testing.T, w, h int, grey bool) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	g := image.NewGray(m.Rect)
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 90, 255}
			if x > w/2 {
				c = color.RGBA{250, 20, uint8(x), 255}
			}
			m.Set(x, y, c)
			g.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	from := image.Image(m)
	if grey {
		from = g
	}
	if err := jpeg.Encode(&b, from, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A library that is not there, or another one, is said in one line, with the way out.
func TestNotFound(t *testing.T) {
	for path, want := range map[string]string{
		"/nowhere/libturbojpeg.so.0": "not found (tried /nowhere/libturbojpeg.so.0)",
		"libm.so.6":                  "libm.so.6: is no libturbojpeg 2.0 or newer",
	} {
		_, err := search([]string{path})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "apt install libturbojpeg0") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

// The name is that of the file, by its content.
func TestName(t *testing.T) {
	info := load(t)
	if !strings.HasPrefix(info.Path, "/") || len(info.SHA256) != 64 || !strings.Contains(info.Name(), info.SHA256[:16]) {
		t.Errorf("%+v, %s", info, info.Name())
	}
	again, err := search([]string{info.Path})
	if err != nil || again != info {
		t.Errorf("%+v by its path; want %+v (%v)", again, info, err)
	}
}

// Every scale gives its size, grey files too; the values are those of Go's decoder, within rounding,
// and of its mean over a block.
func TestDecode(t *testing.T) {
	load(t)
	for _, grey := range []bool{false, true} {
		b := file(t, 67, 45, grey)
		m, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []int{1, 2, 4, 8} {
			got, err := Decode(b, 67, 45, scale, RGB)
			w, h := Scaled(67, scale), Scaled(45, scale)
			if err != nil || len(got) != 3*w*h {
				t.Fatalf("1/%d: %d bytes, %v; want %dx%d pixels", scale, len(got), err, w, h)
			}
			for i := range w * h {
				x, y := i%w*scale, i/w*scale
				if x+scale > 67 || y+scale > 45 || x+2*scale > 31 && x < 36+scale { // the rim; the edge, whose colours the two enlarge in other ways
					continue
				}
				var sum int
				for dy := range scale {
					for dx := range scale {
						r, _, _, _ := m.At(x+dx, y+dy).RGBA()
						sum += int(r >> 8)
					}
				}
				if d := int(got[3*i]) - sum/scale/scale; d < -12 || d > 12 { // a block's mean, its ringing cut off
					t.Fatalf("1/%d, pixel %d, %d: red %d; want about %d", scale, i%w, i/w, got[3*i], sum/scale/scale)
				}
			}
		}
	}
}

// What does not fit is refused before or by the library, with its words, and another size than was
// announced, too.
func TestRefused(t *testing.T) {
	load(t)
	b := file(t, 67, 45, false)
	for want, try := range map[string]func() error{
		"of 67x44 pixels, and of 67x45": func() error { _, err := Decode(b, 67, 44, 1, RGB); return err },
		"of 5000x5000 pixels, and of":   func() error { _, err := Decode(b, 5000, 5000, 1, RGB); return err },
		"scaled by 1/3":                 func() error { _, err := Decode(b, 67, 45, 3, RGB); return err },
		"of 0 bytes":                    func() error { _, err := Decode(nil, 67, 45, 1, RGB); return err },
		"and 0x45 pixels":               func() error { _, err := Decode(b, 0, 45, 1, RGB); return err },
		"Not a JPEG file":               func() error { _, err := Decode([]byte("no picture"), 67, 45, 1, RGB); return err },
		"Unsupported color conversion":  func() error { _, err := Decode(b, 67, 45, 1, CMYK); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v; want %q", err, want)
		}
	}
}

// Damage in the scan is decoded over; an error after a warning is one all the same.
func TestWarnings(t *testing.T) {
	load(t)
	b := file(t, 67, 45, false)
	scan := bytes.Index(b, []byte{0xff, 0xda})
	b = slices.Delete(b, len(b)-100, len(b)-50)
	if _, err := Decode(b, 67, 45, 1, RGB); err != nil {
		t.Error(err)
	}
	again := append(b[:len(b)-2:len(b)-2], b[scan:]...) // a second scan
	if _, err := Decode(again, 67, 45, 1, RGB); err == nil || !strings.Contains(err.Error(), "more than one scan") {
		t.Errorf("two scans: error %v", err)
	}
}

// Many at once give what one at a time gives.
func TestAtOnce(t *testing.T) {
	load(t)
	b := file(t, 200, 150, false)
	want, err := Decode(b, 200, 150, 2, RGB)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 20 {
				if got, err := Decode(b, 200, 150, 2, RGB); err != nil || !bytes.Equal(got, want) {
					t.Errorf("other pixels, or %v", err)
				}
				if _, err := Decode(b[:30], 200, 150, 1, RGB); err == nil {
					t.Error("30 bytes were decoded")
				}
			}
		})
	}
	all.Wait()
}

// Damaged files, of whatever size they claim to be, are refused or decoded, and nothing beyond the
// memory for the size that was asked for is written to.
func TestDamaged(t *testing.T) {
	load(t)
	files := [][]byte{file(t, 67, 45, false), file(t, 67, 45, true), file(t, 16, 16, false)}
	mutate.Each(t, 1<<20, files, func(t *testing.T, b []byte) error {
		decoded := false
		for _, scale := range []int{1, 2, 8} {
			for _, l := range []Layout{RGB, CMYK} {
				for _, size := range [][2]int{{67, 45}, {16, 16}} {
					if _, err := Decode(b, size[0], size[1], scale, l); err == nil {
						decoded = true
					}
				}
			}
		}
		if !decoded {
			return errors.New("refused")
		}
		return nil
	})
}
