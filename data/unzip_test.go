package data

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

// What comes out of a file of 1 kB may be 64 MiB long, and not a byte more.
func TestUnzip(t *testing.T) {
	if testing.Short() {
		t.Skip("zips 128 MB")
	}
	for n, ok := range map[int]bool{1000: true, unzippedBytes: true, unzippedBytes + 1: false} {
		var file bytes.Buffer
		w := gzip.NewWriter(&file)
		w.Write(make([]byte, n))
		w.Close()
		r, err := Unzip(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.Copy(io.Discard, r)
		if ok != (err == nil) || ok && got != int64(n) || !ok && !strings.Contains(err.Error(), "unzip it (gunzip)") {
			t.Errorf("%d bytes of %d, %v", got, n, err)
		}
	}
	if _, err := Unzip(strings.NewReader("plain text"), 10); err == nil {
		t.Error("no gzip file was unzipped")
	}
}
