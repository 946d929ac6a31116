package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/local-to-global/lgl/internal/steadyfile"
)

// Peek reads what the file at path announces: its format, and its width and height before it is turned. An error names
// the file.
func Peek(path string) (format string, w, h int, err error) {
	header, err := peek(path)
	return header.format, header.w, header.h, err
}

// header is what a file announces.
type header struct {
	format string
	w, h   int
	cmyk   bool // a JPEG of four channels
	tail   bool // peek: the file ends as whole ones of its format do, or of the format that cannot be told
}

// format is how files of one format are known and read.
type format struct {
	magic  []string // a ? stands for any byte
	config func(io.Reader) (image.Config, error)
	decode func(b []byte) (Picture, error) // nil: decodeJPEG
}

var formats = map[string]format{
	"JPEG": {[]string{"\xff\xd8"}, jpegConfig, nil},
	"PNG":  {[]string{"\x89PNG\r\n\x1a\n"}, png.DecodeConfig, decodeWith(png.Decode)},
	"GIF":  {[]string{"GIF87a", "GIF89a"}, gif.DecodeConfig, decodeGIF},
	"BMP":  {bmpMagic(), bmp.DecodeConfig, decodeWith(bmp.Decode)},
	"TIFF": {[]string{"II\x2a\x00", "MM\x00\x2a"}, tiff.DecodeConfig, decodeTIFF},
	"WebP": {[]string{"RIFF????WEBPVP8"}, webpConfig, decodeWebP},
}

// magicBytes is the length of the longest magic.
const magicBytes = 18

// bmpMagic tells a BMP by the size of its second header, at byte 14, too, since its two letters may begin a text.
func bmpMagic() (magic []string) {
	for _, size := range []byte{12, 40, 52, 56, 64, 108, 124} {
		magic = append(magic, "BM????????????"+string(rune(size))+"\x00\x00\x00")
	}
	return magic
}

// file is what a header is read from: of most formats it is the beginning, of a TIFF it may be anywhere.
type file interface {
	io.ReadSeeker
	io.ReaderAt
}

// readHeader reads what a file announces, and refuses what is no picture, not read or too large.
func readHeader(r file) (h header, err error) {
	defer caught(&err)
	begin := make([]byte, magicBytes)
	n, err := io.ReadFull(r, begin)
	if n == 0 && err == io.EOF {
		return h, errors.New("is empty: it has 0 bytes")
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return h, err
	}
	if h.format = sniff(begin[:n]); h.format == "" {
		return h, fmt.Errorf("is no picture: it begins with %q; want JPEG, PNG, GIF, BMP, TIFF or WebP", begin[:n])
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return h, err
	}
	c, err := formats[h.format].config(r)
	if err == nil && h.format == "TIFF" {
		err = misread(r)
	}
	if short(err) {
		err = errors.New("truncated: it ends before the picture")
	}
	if err != nil {
		return h, fmt.Errorf("%s: %w", h.format, wayOut(err))
	}
	h.w, h.h, h.cmyk = c.Width, c.Height, c.ColorModel == color.CMYKModel
	if h.w < 1 || h.h < 1 || h.w > maxPixels/h.h {
		return h, fmt.Errorf("%s of %dx%d pixels; want at least 1 and at most %d", h.format, h.w, h.h, maxPixels)
	}
	return h, nil
}

// sniff returns the format of a file that begins so, "" if it has none.
func sniff(begin []byte) string {
	for name, f := range formats {
		for _, magic := range f.magic {
			if matches(begin, magic) {
				return name
			}
		}
	}
	return ""
}

func matches(begin []byte, magic string) bool {
	if len(begin) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != begin[i] {
			return false
		}
	}
	return true
}

// peek reads the header of the file at path, which must not be too large to be decoded, and whether it ends as it
// should; an error names it.
func peek(path string) (header, error) {
	f, err := steadyfile.Open(path)
	if err != nil {
		return header{}, err
	}
	defer f.Close()
	if err := f.AtMost(MaxBytes); err != nil {
		return header{}, err
	}
	h, err := readHeader(f)
	if err != nil {
		return h, fmt.Errorf("%s: %w", path, err)
	}
	h.tail = hasTail(f, f.Size(), h.format)
	return h, nil
}
