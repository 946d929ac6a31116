package picture

import (
	"image"
	"image/color"
)

// toRGB converts a decoded image.
func toRGB(m image.Image) Picture {
	switch m := m.(type) {
	case *image.YCbCr:
		return fromYCbCr(m)
	case *image.Paletted:
		return fromPalette(m)
	}
	return fromPixels(m.Bounds(), pixelOf(m))
}

// rgb is a pixel.
type rgb [3]byte

// fromPixels asks for every pixel.
func fromPixels(b image.Rectangle, at func(x, y int) rgb) Picture {
	p := Picture{b.Dx(), b.Dy(), make([]byte, 0, 3*b.Dx()*b.Dy())}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			p.Pix = append(p.Pix, c[0], c[1], c[2])
		}
	}
	return p
}

// pixelOf returns how to ask m for a pixel, without its alpha.
func pixelOf(m image.Image) func(x, y int) rgb {
	switch m := m.(type) {
	case *image.Gray:
		return func(x, y int) rgb { v := m.Pix[m.PixOffset(x, y)]; return rgb{v, v, v} }
	case *image.Gray16:
		return func(x, y int) rgb { v := m.Pix[m.PixOffset(x, y)]; return rgb{v, v, v} }
	case *image.NRGBA:
		return func(x, y int) rgb { i := m.PixOffset(x, y); return rgb(m.Pix[i : i+3]) }
	case *image.NRGBA64:
		return func(x, y int) rgb { i := m.PixOffset(x, y); return rgb{m.Pix[i], m.Pix[i+2], m.Pix[i+4]} }
	case *image.CMYK:
		return func(x, y int) rgb { i := m.PixOffset(x, y); return fromCMYK([4]byte(m.Pix[i : i+4])) }
	case *image.RGBA:
		return func(x, y int) rgb { return plain(m.RGBAAt(x, y)) }
	case *image.RGBA64:
		if m.Opaque() {
			return func(x, y int) rgb { i := m.PixOffset(x, y); return rgb{m.Pix[i], m.Pix[i+2], m.Pix[i+4]} }
		}
	}
	return func(x, y int) rgb { return plain(m.At(x, y)) }
}

// plain drops the alpha of a colour.
func plain(c color.Color) rgb {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return rgb{n.R, n.G, n.B}
}

// fromCMYK rounds as PIL does.
func fromCMYK(c [4]byte) (out rgb) {
	light := 255 - int(c[3])
	for i := range out {
		product := int(c[i])*light + 128
		out[i] = byte(light - (product+product>>8)>>8)
	}
	return out
}

// fromPalette looks every pixel up.
func fromPalette(m *image.Paletted) Picture {
	var table [256]rgb
	for i, c := range m.Palette {
		table[i] = plain(c)
		if n, ok := c.(color.NRGBA); ok { // also where it is transparent
			table[i] = rgb{n.R, n.G, n.B}
		}
	}
	return fromPixels(m.Rect, func(x, y int) rgb { return table[m.Pix[m.PixOffset(x, y)]] })
}
