// Package turbojpeg binds the decoder of libjpeg-turbo (the TurboJPEG API, libturbojpeg), found at run
// time and called without cgo. It knows bytes and pixels, and nothing of folders or networks.
//
//  1. Load finds the library, once for the process, and says which file it is;
//  2. Decode decodes one JPEG, whole or scaled down by 2, 4 or 8 while its blocks are transformed.
//
// The arithmetic is the library's default, which is also PIL's: the exact integer transform and
// colours enlarged by a triangle.
package turbojpeg

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Layout is how a pixel lies in memory.
type Layout int32

// The layouts that Decode writes, and the bytes of a pixel in each.
const (
	RGB  Layout = 0
	CMYK Layout = 11 // as the file has it, which is inverted in those of Adobe
)

func (l Layout) bytes() int {
	if l == CMYK {
		return 4
	}
	return 3
}

// limitScans refuses a progressive picture of more than 500 scans, each of which takes the time of a
// whole one.
const limitScans = 32768

// Scaled returns the length of a side that is scaled down by scale, rounded up.
func Scaled(n, scale int) int { return (n + scale - 1) / scale }

// Decode decodes a JPEG that must be of w x h pixels, scaled down by scale (1, 2, 4 or 8), into rows of
// Scaled(w) pixels. What the library only warns of, damage that it could decode over, is no error, as
// with PIL. The memory that it writes to is for so many pixels, whatever the file says.
func Decode(file []byte, w, h, scale int, l Layout) ([]byte, error) {
	if _, err := Load(); err != nil {
		return nil, err
	}
	if len(file) == 0 || w < 1 || h < 1 || w > 1<<16 || h > 1<<16 || scale != 1 && scale != 2 && scale != 4 && scale != 8 {
		return nil, fmt.Errorf("a JPEG of %d bytes and %dx%d pixels, scaled by 1/%d", len(file), w, h, scale)
	}
	// The messages are kept for each thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	d := c.initDecompress()
	if d == 0 {
		return nil, errors.New("libjpeg-turbo: no memory for a decoder")
	}
	defer c.destroy(d)
	if err := agrees(d, file, w, h); err != nil {
		return nil, err
	}
	ow, oh := int32(Scaled(w, scale)), int32(Scaled(h, scale))
	pitch := ow * int32(l.bytes())
	dst := make([]byte, int(pitch)*int(oh))
	// The library takes the largest scale that fits into ow x oh, so it writes no more than dst.
	if c.decompress(d, &file[0], uintptr(len(file)), &dst[0], ow, pitch, oh, int32(l), limitScans) == 0 {
		return dst, nil
	}
	if text := c.errorText(d); !isWarning(text) {
		return nil, errors.New(text)
	}
	return dst, nil
}

// warnings are how libjpeg's messages begin that do not end the decoding (JWRN_* in its jerror.h). The
// library's own code for a warning also stands where an error came after one, so the message is asked.
var warnings = []string{
	"Application transferred too many scanlines", "Corrupt JPEG data", "Inconsistent progression sequence",
	"Invalid SOS parameters for sequential JPEG", "Premature end of JPEG file", "Unknown Adobe color transform code", "Warning: ",
}

func isWarning(text string) bool {
	return slices.ContainsFunc(warnings, func(begin string) bool { return strings.HasPrefix(text, begin) })
}

// agrees reports a file that the library sees another size in.
func agrees(d uintptr, file []byte, w, h int) error {
	var size, kind [2]int32 // of kind it may know nothing, and fail
	failed := c.header(d, &file[0], uintptr(len(file)), &size[0], &size[1], &kind[0], &kind[1]) != 0
	if int(size[0]) == w && int(size[1]) == h {
		return nil
	}
	if failed && size == [2]int32{} {
		return errors.New(c.errorText(d))
	}
	return fmt.Errorf("damaged: its header is of %dx%d pixels, and of %dx%d to libjpeg-turbo", w, h, size[0], size[1])
}

// c holds the library's functions. The order and types of arguments are those of turbojpeg.h 2.0; its
// unsigned long is as wide as a pointer on Linux; on Windows it is the lower half of one, which a file fits in.
var c struct {
	initDecompress func() uintptr
	destroy        func(d uintptr) int32
	header         func(d uintptr, file *byte, bytes uintptr, w, h, subsampling, colours *int32) int32
	decompress     func(d uintptr, file *byte, bytes uintptr, dst *byte, w, pitch, h, layout, flags int32) int32
	errorText      func(d uintptr) string
}

// functions are the library's names of what c holds.
func functions() map[string]any {
	return map[string]any{
		"tjInitDecompress": &c.initDecompress, "tjDestroy": &c.destroy, "tjDecompressHeader3": &c.header,
		"tjDecompress2": &c.decompress, "tjGetErrorStr2": &c.errorText,
	}
}
