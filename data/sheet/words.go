package sheet

import (
	"image"
	"image/color"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// lettering writes words in a size of DejaVu Sans, which is under Bitstream Vera's licence. A
// character that it does not have is drawn as a box.
type lettering struct{ size float64 }

var large, small = lettering{15}, lettering{12}

// dejaVu is the font.
var dejaVu = sync.OnceValue(func() *opentype.Font {
	f, err := opentype.Parse(dejavusans.TTF)
	if err != nil {
		panic(err) // the font is part of the program
	}
	return f
})

// face returns the font in its size, for one goroutine.
func (l lettering) face() font.Face {
	face, err := opentype.NewFace(dejaVu(), &opentype.FaceOptions{Size: l.size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic(err) // only for options that are not valid
	}
	return unkerned{face}
}

// unkerned sets no letters closer: opentype measures kerning in units of the font, not of its size, and so sets the r of "Tr" into the T.
type unkerned struct{ font.Face }

// Kern is always 0.
func (unkerned) Kern(rune, rune) fixed.Int26_6 { return 0 }

// writes reports whether the font of a sheet has all characters of a text; the others are drawn as boxes.
func writes(text string) bool {
	var buffer sfnt.Buffer
	return !strings.ContainsFunc(text, func(r rune) bool {
		glyph, err := dejaVu().GlyphIndex(&buffer, r)
		return err != nil || glyph == 0
	})
}

// width is that of a text in pixels.
func (l lettering) width(text string) int { return font.MeasureString(l.face(), text).Ceil() }

// clipped shortens a text to a width, and has an ellipsis in its middle then: names of classes may begin alike.
func (l lettering) clipped(text string, width int) string {
	if l.width(text) <= width {
		return text
	}
	face, runes := l.face(), []rune(text)
	n := min(len(runes)-1, width) // a character takes a pixel or more
	for n > 0 && font.MeasureString(face, cut(runes, n)).Ceil() > width {
		n--
	}
	return cut(runes, n)
}

// cut is a text with n of its characters, half of them from its end.
func cut(runes []rune, n int) string {
	return string(runes[:n-n/2]) + "…" + string(runes[len(runes)-n/2:])
}

// draw writes a text whose base line begins at x, y.
func (l lettering) draw(dst draw.Image, x, y int, text string, c color.Color) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: l.face(), Dot: fixed.P(x, y)}
	d.DrawString(text)
}
