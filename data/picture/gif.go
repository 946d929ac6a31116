package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"slices"
)

// decodeGIF decodes the first frame, on a canvas of the transparent colour, else of colour 0, as PIL
// does. image/gif forgets what the transparent colour is, so it is not told which one that is.
func decodeGIF(b []byte) (Picture, error) {
	b, background, err := opaque(slices.Clone(b))
	if err != nil {
		return Picture{}, err
	}
	m, err := gif.Decode(bytes.NewReader(b))
	if err != nil {
		return Picture{}, err
	}
	frame, ok := m.(*image.Paletted)
	if !ok || len(frame.Palette) == 0 {
		return Picture{}, errors.New("has no palette")
	}
	w, h := int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
	canvas := image.NewPaletted(image.Rect(0, 0, w, h), frame.Palette)
	for i := range canvas.Pix {
		canvas.Pix[i] = background
	}
	for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
		copy(canvas.Pix[canvas.PixOffset(frame.Rect.Min.X, y):], frame.Pix[frame.PixOffset(frame.Rect.Min.X, y):][:frame.Rect.Dx()])
	}
	return fromPalette(canvas), nil
}

// opaque takes the transparency from the first frame of a GIF, in place, and returns the index of
// the colour that was transparent, else 0.
//
// After 13 bytes of header, width and height from the seventh on, and the palette stand blocks: 0x21, a kind, and
// sub-blocks, each with its length before it, until one of length 0. Kind 0xf9 has flags, two bytes of delay and the
// index. The frame begins with 0x2c.
func opaque(b []byte) (_ []byte, index byte, err error) {
	damaged := errors.New("truncated: it ends before the picture")
	if len(b) < 13 {
		return nil, 0, damaged
	}
	at := 13
	if b[10]&0x80 != 0 {
		at += 3 << (1 + b[10]&7)
	}
	for at+2 < len(b) && b[at] == 0x21 {
		control := b[at+1] == 0xf9
		at += 2
		for at < len(b) && b[at] != 0 {
			if control && b[at] == 4 && at+4 < len(b) && b[at+1]&1 != 0 {
				index = b[at+4]
				b[at+1] &^= 1
			}
			at += 1 + int(b[at])
		}
		at++
	}
	if at >= len(b) {
		return nil, 0, damaged
	}
	return b, index, nil
}
