package picture

import (
	"fmt"
	"io"

	"github.com/local-to-global/lgl/internal/steadyfile"
)

// tails are how whole files of a format end; of the others it cannot be told.
var tails = map[string]string{"JPEG": "\xff\xd9", "PNG": "IEND\xaeB`\x82", "GIF": ";"}

// hasTail reports whether a file of so many bytes ends as whole ones of its format do.
func hasTail(r io.ReaderAt, bytes int64, format string) bool {
	want := tails[format]
	got := make([]byte, len(want))
	_, err := r.ReadAt(got, bytes-int64(len(want)))
	return err == nil && string(got) == want
}

// Sound reads the header of a file and looks at its end, so that one that was cut short is told before the training: to
// be decoded first may be the turn of a class that enters late, and without the file the run could not go on. A file that
// goes on behind its picture, as some cameras write it, is looked through.
func Sound(path string) error {
	h, err := peek(path)
	if err != nil || h.tail {
		return err
	}
	b, err := steadyfile.ReadAll(path, MaxBytes)
	if err != nil {
		return err
	}
	if h.format != "JPEG" {
		_, err = DecodeBytes(b)
	} else if !ends(b) {
		err = fmt.Errorf("JPEG: %w", truncated(b))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
