package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// exifMark stands before EXIF in a JPEG, and may elsewhere.
var exifMark = []byte("Exif\x00\x00")

// orientation returns the EXIF orientation of a file, 1..8; 1, upright, if it has none or what it
// has is damaged.
func orientation(format string, b []byte) int {
	var exif []byte
	switch format {
	case "JPEG":
		exif = jpegEXIF(b)
	case "PNG":
		exif = pngEXIF(b)
	case "WebP":
		exif = webpChunk(b, "EXIF")
	case "TIFF":
		exif = b
	}
	return tiffOrientation(bytes.TrimPrefix(exif, exifMark))
}

// jpegEXIF returns the EXIF of a JPEG: of its segments before the first scan, the one with marker 0xe1 that begins
// with exifMark.
func jpegEXIF(b []byte) []byte {
	for r := bytes.NewReader(b); ; {
		marker, n, err := nextSegment(r)
		if err != nil || marker == startOfScan || marker == endOfImage || n > r.Len() {
			return nil
		}
		rest := b[len(b)-r.Len():]
		if segment := rest[:n]; marker == 0xe1 && bytes.HasPrefix(segment, exifMark) {
			return segment
		}
		r.Reset(rest[n:])
	}
}

// rawProfile begins the text in which a PNG has EXIF that was written before there was the chunk eXIf, by
// ImageMagick: hexadecimal digits, behind a blank line, a name and a length, each in a line.
const rawProfile = "Raw profile type exif\x00"

// pngEXIF returns the EXIF of a PNG, from its chunk eXIf, or else a text, compressed or not.
func pngEXIF(b []byte) []byte {
	if exif := pngChunk(b, "eXIf", ""); exif != nil {
		return exif
	}
	text := pngChunk(b, "tEXt", rawProfile)
	if packed, err := zlib.NewReader(bytes.NewReader(pngChunk(b, "zTXt", rawProfile+"\x00"))); err == nil {
		text, _ = io.ReadAll(io.LimitReader(packed, 1<<20)) // PIL's limit
	}
	lines := bytes.SplitN(text, []byte("\n"), 4)
	exif, _ := hex.DecodeString(string(bytes.Join(bytes.Fields(lines[len(lines)-1]), nil)))
	return exif
}

// pngChunk returns the content, behind begin, of the first chunk of a PNG that has this name and begins so. A chunk
// is four bytes of length, a name, the content, and four bytes of checksum.
func pngChunk(b []byte, name, begin string) []byte {
	return chunk(b, 8, name, begin, func(b []byte) (int64, string, int64) {
		return int64(binary.BigEndian.Uint32(b)), string(b[4:8]), 4
	})
}

// webpChunk returns the first chunk of a WebP that has this name: a chunk is a name, four bytes of length, the
// content, and a byte if that is odd.
func webpChunk(b []byte, name string) []byte {
	return chunk(b, 12, name, "", func(b []byte) (int64, string, int64) {
		n := int64(binary.LittleEndian.Uint32(b[4:]))
		return n, string(b[:4]), n % 2
	})
}

// chunk returns the content, behind begin, of the first chunk that has this name and begins so, from position at on;
// read takes apart the eight bytes before a chunk: its length, its name, and how many bytes follow.
func chunk(b []byte, at int64, name, begin string, read func(b []byte) (n int64, name string, after int64)) []byte {
	for at+8 <= int64(len(b)) {
		n, is, after := read(b[at:])
		at += 8
		if at+n > int64(len(b)) {
			return nil
		}
		if content, ok := bytes.CutPrefix(b[at:at+n], []byte(begin)); ok && is == name {
			return content
		}
		at += n + after
	}
	return nil
}

// tiffOrientation returns the orientation in a TIFF, or in EXIF, which is one; 1 if there is none.
func tiffOrientation(b []byte) int {
	if v := tiffTags(bytes.NewReader(b))[tiffTurned]; v >= 1 && v <= 8 {
		return v
	}
	return 1
}

// upright turns a picture by its EXIF orientation: 2, 4, 5 and 7 are mirrored; 3, 6 and 8 turned by
// 180, 90 and 270 degrees; 5 and 7 as well, after 2.
func (p Picture) upright(orientation int) Picture {
	if orientation == 1 {
		return p
	}
	q := Picture{p.W, p.H, make([]byte, len(p.Pix))}
	if orientation >= 5 {
		q.W, q.H = p.H, p.W
	}
	right, bottom := p.W-1, p.H-1
	for y := range q.H {
		for x := range q.W {
			from := [2]int{}
			switch orientation {
			case 2:
				from = [2]int{right - x, y}
			case 3:
				from = [2]int{right - x, bottom - y}
			case 4:
				from = [2]int{x, bottom - y}
			case 5:
				from = [2]int{y, x}
			case 6:
				from = [2]int{y, bottom - x}
			case 7:
				from = [2]int{right - y, bottom - x}
			case 8:
				from = [2]int{right - y, x}
			}
			copy(q.Pix[3*(y*q.W+x):][:3], p.Pix[3*(from[1]*p.W+from[0]):])
		}
	}
	return q
}
