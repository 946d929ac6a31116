package picture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/local-to-global/lgl/internal/turbojpeg"
)

// JPEGDecoder names what decodes JPEG in this process: libjpeg-turbo where it is found, else Go's
// image/jpeg. They round differently, so a run's bits rest on it.
var JPEGDecoder = sync.OnceValue(func() string {
	info, err := turbojpeg.Load()
	if err == nil {
		return info.Name()
	}
	version := strings.SplitN(runtime.Version(), ".", 3)
	return "image/jpeg (" + strings.Join(version[:min(2, len(version))], ".") + ")"
})

// JPEGLibrary returns the file of libjpeg-turbo, or why it is not used.
func JPEGLibrary() (path string, err error) {
	info, err := turbojpeg.Load()
	return info.Path, err
}

// turbo reports whether libjpeg-turbo decodes.
func turbo() bool {
	_, err := turbojpeg.Load()
	return err == nil
}

// decodeJPEG decodes a JPEG of w x h pixels. If its shorter side is several times least, libjpeg-turbo
// may scale it down by 2, 4 or 8 to no less than that: PIL's Image.draft. least 0: it is decoded whole.
func decodeJPEG(b []byte, h header, least int) (Picture, error) {
	if !turbo() {
		return decodeWith(jpeg.Decode)(b)
	}
	if !ends(b) {
		return Picture{}, io.ErrUnexpectedEOF
	}
	scale := draft(min(h.w, h.h), least)
	p := Picture{W: turbojpeg.Scaled(h.w, scale), H: turbojpeg.Scaled(h.h, scale)}
	layout := turbojpeg.RGB
	if h.cmyk {
		layout = turbojpeg.CMYK
	}
	pixels, err := turbojpeg.Decode(b, h.w, h.h, scale, layout)
	switch {
	case err != nil:
		return p, err
	case !h.cmyk:
		p.Pix = pixels
		return p, nil
	}
	p.Pix = make([]byte, 0, 3*p.W*p.H)
	for at := 0; at < len(pixels); at += 4 {
		c := pixels[at : at+4 : at+4]
		pixel := fromCMYK([4]byte{^c[0], ^c[1], ^c[2], ^c[3]}) // Adobe's, as PIL takes all to be
		p.Pix = append(p.Pix, pixel[0], pixel[1], pixel[2])
	}
	return p, nil
}

// leastDraft is the least side that a picture is scaled down to: PIL's scales are those of
// libjpeg-turbo's sixteen that are a half, a quarter and an eighth, and a side of few pixels does not
// tell them apart.
const leastDraft = 16

// draft returns the largest scale that leaves a side of n pixels no less than least.
func draft(n, least int) int {
	if least > 0 {
		for _, scale := range []int{8, 4, 2} {
			if n/scale >= max(least, leastDraft) {
				return scale
			}
		}
	}
	return 1
}

// The markers of JPEG that stand alone, without two bytes of length behind them, are 0x01 and 0xd0 to
// 0xd9; 0xda begins a scan, whose length is not known.
const (
	startOfImage, endOfImage, startOfScan = 0xd8, 0xd9, 0xda
	firstRestart, lastRestart             = 0xd0, 0xd7
)

// isFrame reports the marker of a frame header.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

func alone(marker byte) bool {
	return marker == 0x01 || marker >= firstRestart && marker <= endOfImage
}

// jpegConfig reads the size of a JPEG from its frame header, whatever the kind of the frame: behind the
// length a byte of bits, two of height, two of width, one of components.
func jpegConfig(from io.Reader) (image.Config, error) {
	r := bufio.NewReader(from)
	if err := toFrame(r); err != nil {
		return image.Config{}, err
	}
	var f [6]byte
	if _, err := io.ReadFull(r, f[:]); err != nil {
		return image.Config{}, err
	}
	if f[0] != 8 {
		return image.Config{}, fmt.Errorf("has %d bits a channel; want 8; convert it to PNG", f[0])
	}
	c := image.Config{ColorModel: color.YCbCrModel, Height: int(f[1])<<8 | int(f[2]), Width: int(f[3])<<8 | int(f[4])}
	if f[5] == 4 {
		c.ColorModel = color.CMYKModel
	}
	return c, nil
}

// toFrame reads to the frame header, behind its marker and length.
func toFrame(r *bufio.Reader) error {
	for {
		marker, n, err := nextSegment(r)
		switch {
		case err != nil || isFrame(marker):
			return err
		case marker == startOfScan || marker == endOfImage:
			return errors.New("damaged: it has no frame header")
		}
		if _, err := r.Discard(n); err != nil {
			return err
		}
	}
}

// nextSegment reads to the next segment, or the end of the picture, behind its marker and two bytes of length, which
// count themselves; n are left.
func nextSegment(r io.ByteReader) (marker byte, n int, err error) {
	for marker == 0 || alone(marker) {
		if marker, err = nextMarker(r); err != nil || marker == endOfImage {
			return marker, 0, err
		}
	}
	high, err := r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	low, err := r.ReadByte()
	return marker, max(int(high)<<8|int(low), 2) - 2, err
}

// nextMarker reads to the next marker: a byte 0xff and one that is neither 0 nor 0xff. What stands
// before it is passed over, as libjpeg does.
func nextMarker(r io.ByteReader) (byte, error) {
	for before := byte(0); ; {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if before == 0xff && b != 0 && b != 0xff {
			return b, nil
		}
		before = b
	}
}

// ends reports whether a JPEG has its end marker. libjpeg makes the rest of one that was cut grey, with a
// warning; PIL, whose reader waits for more, refuses it unless no row is missing; image/jpeg and this
// package refuse it.
func ends(b []byte) bool {
	for at := 0; ; {
		next := bytes.IndexByte(b[at:], 0xff)
		if next < 0 || at+next+1 >= len(b) {
			return false
		}
		at += next + 1
		switch marker := b[at]; {
		case marker == endOfImage:
			return true
		case marker == 0 || marker == 0xff || alone(marker) || at+3 > len(b):
			continue
		default:
			at += 1 + int(b[at+1])<<8 + int(b[at+2])
		}
		if at > len(b) {
			return false
		}
	}
}
