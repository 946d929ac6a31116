package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"golang.org/x/image/tiff"
)

// Tags of TIFF.
const (
	tiffCompression, tiffPhotometric, tiffFillOrder = 259, 262, 266
	tiffTurned, tiffPlanar                          = 274, 284
)

// decodeTIFF knows that golang.org/x/image takes the white of a fax for white where the file says that
// it is black: its runs are bits of 0 then, to libtiff and PIL.
func decodeTIFF(b []byte) (Picture, error) {
	p, err := decodeWith(tiff.Decode)(b)
	tags := tiffTags(bytes.NewReader(b))
	const blackIsZero = 1
	if err == nil && tags[tiffPhotometric] == blackIsZero && isFax(tags) {
		for i := range p.Pix {
			p.Pix[i] = ^p.Pix[i]
		}
	}
	return p, err
}

// isFax reports the compressions of a fax, group 3 and group 4.
func isFax(tags map[uint16]int) bool {
	return tags[tiffCompression] == 3 || tags[tiffCompression] == 4
}

// misread refuses a TIFF of which golang.org/x/image would make a wrong picture, without an error: it does not read
// the tag that says that it is planar, and that of the order of the bits for faxes alone.
func misread(r io.ReaderAt) error {
	const rgb, planes, reversed = 2, 2, 2
	tags := tiffTags(r)
	switch {
	case tags[tiffPlanar] == planes && tags[tiffPhotometric] == rgb:
		return errors.New("its kind is not read (planar: each colour stands in a plane of its own); convert it to PNG")
	case tags[tiffFillOrder] == reversed && !isFax(tags):
		return errors.New("its kind is not read (FillOrder 2: the bits of each byte are reversed); convert it to PNG")
	}
	return nil
}

// tiffTags returns the tags in the first directory of a TIFF that are numbers of 16 or 32 bits: at the
// beginning stand the byte order and, at byte 4, the directory's position; there the number of entries,
// and each entry's tag, type, count and value, in 12 bytes.
func tiffTags(r io.ReaderAt) map[uint16]int {
	var begin [8]byte
	if _, err := r.ReadAt(begin[:], 0); err != nil {
		return nil
	}
	order := binary.ByteOrder(binary.BigEndian)
	if begin[0] == 'I' {
		order = binary.LittleEndian
	}
	const entry = 12
	from := io.NewSectionReader(r, int64(order.Uint32(begin[4:])), 2+entry*math.MaxUint16)
	var n [2]byte
	if _, err := io.ReadFull(from, n[:]); err != nil {
		return nil
	}
	tags := map[uint16]int{}
	entries, _ := io.ReadAll(io.LimitReader(from, entry*int64(order.Uint16(n[:])))) // as many as there are
	for ; len(entries) >= entry; entries = entries[entry:] {
		if v, ok := tiffNumber(order, entries); ok {
			tags[order.Uint16(entries)] = v
		}
	}
	return tags
}

// tiffNumber returns the value of an entry, if it is a number of 16 or 32 bits.
func tiffNumber(order binary.ByteOrder, entry []byte) (value int, ok bool) {
	const two, four, signedTwo, signedFour = 3, 4, 8, 9 // types, by their bytes
	switch order.Uint16(entry[2:]) {
	case two, signedTwo: // a negative one becomes large, and means nothing here
		return int(order.Uint16(entry[8:])), true
	case four, signedFour:
		return int(order.Uint32(entry[8:])), true
	}
	return 0, false
}
