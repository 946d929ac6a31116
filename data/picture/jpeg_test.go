package picture

import (
	"bytes"
	"fmt"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/internal/turbojpeg"
)

// withTurbo skips a test where libjpeg-turbo is not installed.
func withTurbo(t *testing.T) {
	t.Helper()
	if _, err := turbojpeg.Load(); err != nil {
		if os.Getenv("LGL_REQUIRE_TURBOJPEG") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// read reads a picture of the test data.
func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/pictures", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A picture that is larger than it needs to be is decoded at a half, a quarter or an eighth, to PIL's
// pixels, and never to less than is needed.
func TestDraft(t *testing.T) {
	withTurbo(t)
	for _, name := range []string{"large.jpg", "damaged.jpg"} { // 331 x 240
		b := read(t, name)
		for least, scale := range map[int]int{240: 1, 121: 1, 120: 2, 61: 2, 60: 4, 31: 4, 30: 8, 16: 8, 1: 8} {
			got, err := DecodeAtLeast(b, least)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("testdata/draft/%s.%d.png", name, scale)
			if scale == 1 {
				want = "testdata/want/" + name + ".rgb.png"
			}
			differ(t, got, wanted(t, want), 0)
			if min(got.W, got.H) < least {
				t.Errorf("%dx%d; want at least %d", got.W, got.H, least)
			}
		}
	}
	if p, err := DecodeAtLeast(read(t, "420.jpg"), 1); err != nil || p.W != 31 || p.H != 20 {
		t.Errorf("%dx%d, %v; want no less than 16 pixels of 61x40", p.W, p.H, err)
	}
}

// A JPEG whose shorter side exceeds 3N keeps 2N to 3N of it for random views: what libjpeg-turbo leaves, if that is no
// more than 3N.
func TestDraftReduced(t *testing.T) {
	withTurbo(t)
	for n, want := range map[int]int{80: 240, 79: 158, 60: 120, 48: 120, 39: 78, 20: 60, 19: 38} {
		p, err := DecodeAtLeast(read(t, "large.jpg"), 2*n) // 331 x 240
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Reduced(2 * n).H; got != want {
			t.Errorf("N = %d: %d; want %d", n, got, want)
		}
	}
}

// Go's decoder gives the same picture, within the rounding that JPEG leaves open.
func TestDecodersAgree(t *testing.T) {
	withTurbo(t)
	for _, name := range []string{"420.jpg", "422.jpg", "444.jpg", "grey.jpg", "cmyk.jpg", "progressive.jpg", "odd420.jpg", "440.jpg", "large.jpg", "cmykprogressive.jpg", "ycck.jpg"} {
		b := read(t, name)
		want, err := DecodeBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeWith(jpeg.Decode)(b)
		if err != nil {
			t.Fatal(err)
		}
		differ(t, got, want, 3)
	}
}

// TestJPEGConfig reads the size that Go's decoder reads, and refuses the same cuts.
func TestJPEGConfig(t *testing.T) {
	for _, name := range []string{"420.jpg", "grey.jpg", "cmyk.jpg", "progressive.jpg", "turned6.jpg"} {
		b := read(t, name)
		want, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := jpegConfig(bytes.NewReader(b))
		if err != nil || got.Width != want.Width || got.Height != want.Height || (got.ColorModel == color.CMYKModel) != (name == "cmyk.jpg") {
			t.Errorf("%s: %dx%d, %v; want %dx%d", name, got.Width, got.Height, err, want.Width, want.Height)
		}
		frame := max(bytes.Index(b, []byte{0xff, 0xc0}), bytes.Index(b, []byte{0xff, 0xc2}))
		for n := range frame + 10 {
			if _, err := jpegConfig(bytes.NewReader(b[:n])); err == nil {
				t.Errorf("%s: a size in the first %d bytes", name, n)
			}
		}
	}
	deep := bytes.Replace(read(t, "420.jpg"), []byte("\xff\xc0\x00\x11\x08"), []byte("\xff\xc0\x00\x11\x0c"), 1)
	if _, err := DecodeBytes(deep); err == nil || !strings.Contains(err.Error(), "JPEG: has 12 bits a channel; want 8") {
		t.Errorf("12 bits: %v", err)
	}
}

// A JPEG without its end is refused, wherever it was cut, and one with more behind it is not.
func TestEnds(t *testing.T) {
	for _, name := range []string{"420.jpg", "progressive.jpg", "grey.jpg"} {
		b := read(t, name)
		for n := range b {
			if _, err := DecodeBytes(b[:n]); err == nil {
				t.Fatalf("%s was decoded from %d of %d bytes", name, n, len(b))
			}
		}
		want, err := DecodeBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeBytes(append(bytes.Clone(b), "and more"...))
		if err != nil {
			t.Fatal(err)
		}
		differ(t, got, want, 0)
	}
}
