// Package picture reads a picture from its file, and takes the views of it that networks see.
//
//  1. Peek tells by a file's first bytes, whatever its name, of which format and size it is (header.go), and Sound
//     whether it is all there (whole.go);
//  2. Decode makes it 8-bit RGB, upright, as PIL's exif_transpose and convert("RGB") do, to the byte: of each format
//     (jpeg.go, gif.go, tiff.go, webp.go, and here) the pixels are taken (rgb.go, ycbcr.go), and turned (exif.go);
//  3. Centre, Random and Fit are torchvision's views on PIL images (view.go, resize.go), again to the byte;
//  4. Planes and Split write a view channel by channel.
//
// JPEG is decoded by libjpeg-turbo where that is found, else by image/jpeg, which rounds differently.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/sync/semaphore"

	"github.com/local-to-global/lgl/internal/steadyfile"
)

// MaxBytes is what a file may have at most, maxPixels what a picture may, both checked before memory is taken.
// PIL warns of more pixels.
const (
	MaxBytes  = 256 << 20
	maxPixels = 89_478_485
)

// decoding is the memory for the pictures that are decoded at once.
var decoding = semaphore.NewWeighted(mostDecoding)

// A pixel takes up to pixelBytes while it is decoded: 8 of a PNG with 16 bits, 6 of a progressive JPEG, and 3 of the
// result, turned or not. In a TIFF with 16 bits and alpha it takes more: what is unpacked, 8, goes into a buffer that is
// doubled as it fills and copied from the one before it.
const (
	mostDecoding   = 4 << 30
	pixelBytes     = 14
	tiffPixelBytes = 32
)

// memory is what a picture may take while it is decoded; one always fits.
func (h header) memory() int64 {
	pixel := int64(pixelBytes)
	if h.format == "TIFF" {
		pixel = tiffPixelBytes
	}
	return min(pixel*int64(h.w)*int64(h.h), mostDecoding)
}

// Picture is a picture of W x H pixels in 8-bit RGB.
type Picture struct {
	W, H int
	Pix  []byte // [H W 3]
}

// Decode reads a picture: JPEG, PNG, GIF (the first frame), BMP, TIFF or WebP, by what is in the
// file and not by its name. The result is what PIL's exif_transpose and convert("RGB") give:
//
//   - upright, as the EXIF orientation says (that of XMP, which PIL minds in a PNG, is not read);
//   - grey and palettes become colours;
//   - alpha is dropped, and the colours beneath it show, unblended;
//   - CMYK is (255 - C)(255 - K)/255 and so on, without a colour profile;
//   - 16 bits become the upper 8. (PIL does that to colours; 16-bit grey it clips to white.)
//
// An error names the file.
func Decode(path string) (Picture, error) {
	b, err := steadyfile.ReadAll(path, MaxBytes)
	if err != nil {
		return Picture{}, err
	}
	p, err := DecodeBytes(b)
	if err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// DecodeBytes is Decode for the bytes of a file.
func DecodeBytes(b []byte) (Picture, error) { return DecodeAtLeast(b, 0) }

// DecodeAtLeast is DecodeBytes for a picture of which no more is needed than a shorter side of least
// pixels; 0: all of it. A JPEG may come out smaller (decodeJPEG).
func DecodeAtLeast(b []byte, least int) (p Picture, err error) {
	defer caught(&err)
	h, err := readHeader(bytes.NewReader(b))
	if err != nil {
		return p, err
	}
	memory := h.memory()
	if err := decoding.Acquire(context.Background(), memory); err != nil { // never: one fits, and there is no end to wait for
		return p, err
	}
	defer decoding.Release(memory)
	if h.format == "JPEG" {
		p, err = decodeJPEG(b, h, least)
	} else {
		p, err = formats[h.format].decode(b)
	}
	if short(err) {
		err = truncated(b)
	}
	if err != nil {
		return Picture{}, fmt.Errorf("%s: %w", h.format, wayOut(err))
	}
	return p.upright(orientation(h.format, b)), nil
}

// caught makes an error of a decoder's panic, when it is deferred: a bug there is the file's fault here.
func caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("damaged: the decoder failed: %v", r)
	}
}

// short reports a decoder's error that means that the file ends too early; some have one of their own
// for that.
func short(err error) bool {
	if err == nil {
		return false
	}
	own := []string{"short Huffman data", "not enough pixel data", "not enough image data"}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		slices.ContainsFunc(own, func(end string) bool { return strings.HasSuffix(err.Error(), end) })
}

// truncated is the error of a file that ends within its picture.
func truncated(b []byte) error {
	return fmt.Errorf("truncated: it ends after %d bytes, within the picture", len(b))
}

// wayOut adds to a decoder's error for what it does not read, which is no damage, what to do.
func wayOut(err error) error {
	var inTIFF tiff.UnsupportedError
	var inPNG png.UnsupportedError
	var inJPEG jpeg.UnsupportedError
	switch {
	case errors.Is(err, bmp.ErrUnsupported):
		return errors.New("its kind is not read (want 1 to 8, 24 or 32 bits a pixel, uncompressed, Windows' header, pixels right behind the header); convert it to PNG")
	case errors.As(err, &inTIFF), errors.As(err, &inPNG):
		return fmt.Errorf("its kind is not read; convert it to PNG of 8 bits (%w)", err)
	case strings.HasPrefix(err.Error(), "Unsupported JPEG"): // libjpeg-turbo
		return fmt.Errorf("its kind is not read; convert it to PNG (%w)", err)
	case errors.As(err, &inJPEG):
		return fmt.Errorf("its kind is not read without libjpeg-turbo; install that, or convert it to PNG (%w)", err)
	}
	return err
}

// decodeWith returns a function that decodes with one of a library's.
func decodeWith(decode func(io.Reader) (image.Image, error)) func(b []byte) (Picture, error) {
	return func(b []byte) (Picture, error) {
		m, err := decode(bytes.NewReader(b))
		if err != nil {
			return Picture{}, err
		}
		return toRGB(m), nil
	}
}
