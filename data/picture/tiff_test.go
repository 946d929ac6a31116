package picture

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// A TIFF that golang.org/x/image would decode wrongly is refused, with a way out, by its header already.
func TestMisread(t *testing.T) {
	for name, want := range map[string]string{
		"planar.tif":    "planar.tif: TIFF: its kind is not read (planar: each colour stands in a plane of its own); convert it to PNG",
		"fillorder.tif": "fillorder.tif: TIFF: its kind is not read (FillOrder 2: the bits of each byte are reversed); convert it to PNG",
	} {
		path := filepath.Join("testdata/refused", name)
		_, decoded := Decode(path)
		_, _, _, peeked := Peek(path)
		for _, err := range []error{decoded, peeked, Sound(path)} {
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("error %v; want %q", err, want)
			}
		}
	}
}

// A TIFF of one plane may be called planar.
func TestOnePlane(t *testing.T) {
	b := read(t, "packbitswhite1.tif")
	planar := bytes.Replace(b, []byte("\x1c\x01\x03\x00\x01\x00\x00\x00\x01"), []byte("\x1c\x01\x03\x00\x01\x00\x00\x00\x02"), 1)
	got, err := DecodeBytes(planar)
	if err != nil || bytes.Equal(b, planar) {
		t.Fatalf("%v, or it has no such tag", err)
	}
	differ(t, got, wanted(t, "testdata/want/packbitswhite1.tif.rgb.png"), 0)
}
