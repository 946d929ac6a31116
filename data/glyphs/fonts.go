package glyphs

import (
	"fmt"

	"codeberg.org/go-fonts/dejavu/dejavusansextralight"
	"codeberg.org/go-fonts/dejavu/dejavusansmonobold"
	"codeberg.org/go-fonts/dejavu/dejavuserifbold"
	"codeberg.org/go-fonts/dejavu/dejavuserifcondensed"
	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"codeberg.org/go-fonts/stix/stix2textbolditalic"
	"codeberg.org/go-fonts/stix/stix2textregular"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// part is the training or the test part of the data set.
type part int

const (
	train part = iota
	test
)

// typeface is a font file. Every one has all classes.
type typeface struct {
	family, style string
	file          []byte // TrueType or OpenType
}

// typefaces are the fonts of each part. The parts share no family: what a network learns of the
// training fonts' hands must carry over to the test fonts'. Licences: Liberation and STIX Two are
// under the SIL Open Font License 1.1, DejaVu under Bitstream Vera's, the Go fonts under BSD's.
var typefaces = [...][]typeface{
	train: {
		{"Liberation", "Sans Regular", liberationsansregular.TTF},
		{"Liberation", "Serif Regular", liberationserifregular.TTF},
		{"Liberation", "Mono Regular", liberationmonoregular.TTF},
		{"DejaVu", "Sans ExtraLight", dejavusansextralight.TTF},
		{"DejaVu", "Sans Mono Bold", dejavusansmonobold.TTF},
		{"DejaVu", "Serif Bold", dejavuserifbold.TTF},
		{"DejaVu", "Serif Condensed", dejavuserifcondensed.TTF},
	},
	test: {
		{"Go", "Regular", goregular.TTF},
		{"Go", "Bold Italic", gobolditalic.TTF},
		{"Go", "Mono", gomono.TTF},
		{"STIX Two", "Text Regular", stix2textregular.TTF},
		{"STIX Two", "Text Bold Italic", stix2textbolditalic.TTF},
	},
}

// em is the side of the em square in the units of an outline; y grows downwards.
const em = 1 << 16

// point is a point of an outline, or of an image in units of 1/one pixel.
type point struct{ x, y int64 }

// outline is a glyph as closed polygons, to be filled where their winding number is not zero.
type outline [][]point

// load returns the outline of every class in each typeface: [typeface][class].
func load(faces []typeface) ([][]outline, error) {
	all := make([][]outline, len(faces))
	for i, face := range faces {
		f, err := opentype.Parse(face.file)
		if err != nil {
			return nil, fmt.Errorf("font %s %s: %w", face.family, face.style, err)
		}
		var b sfnt.Buffer
		for _, c := range classes {
			o, err := glyph(f, &b, c.char)
			if err != nil {
				return nil, fmt.Errorf("font %s %s: %c: %w", face.family, face.style, c.char, err)
			}
			all[i] = append(all[i], o)
		}
	}
	return all, nil
}

// glyph returns the outline of a character. sfnt scales in integers.
func glyph(f *sfnt.Font, b *sfnt.Buffer, char rune) (outline, error) {
	index, err := f.GlyphIndex(b, char)
	if err != nil {
		return nil, err
	}
	if index == 0 {
		return nil, fmt.Errorf("the font has no such character")
	}
	segments, err := f.LoadGlyph(b, index, fixed.Int26_6(em), &sfnt.LoadGlyphOptions{})
	if err != nil {
		return nil, err
	}
	return flatten(segments), nil
}

// sides is the number of straight lines that stand for a curve, or for a line, which may be bent.
const sides = 8

// flatten turns lines and curves into polygons.
func flatten(segments sfnt.Segments) outline {
	var o outline
	var at point
	for _, s := range segments {
		p := [3]point{}
		for i, a := range s.Args {
			p[i] = point{int64(a.X), int64(a.Y)}
		}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			o, at = append(o, []point{p[0]}), p[0]
		case sfnt.SegmentOpLineTo:
			at = o.curve(at, p[:1])
		case sfnt.SegmentOpQuadTo:
			at = o.curve(at, p[:2])
		case sfnt.SegmentOpCubeTo:
			at = o.curve(at, p[:3])
		}
	}
	return o
}

// curve adds a line or curve, given by the control points after its start, to the last polygon,
// and returns its end.
func (o outline) curve(start point, control []point) point {
	last := &o[len(o)-1]
	for i := int64(1); i < sides; i++ {
		*last = append(*last, bezier(i, start, control))
	}
	end := control[len(control)-1]
	*last = append(*last, end)
	return end
}

// bezier returns the point at t = i/sides of a Bezier curve, by de Casteljau's algorithm with all
// values times a power of sides, so that one division is left.
func bezier(i int64, start point, control []point) point {
	p := append([]point{start}, control...)
	scale := int64(1)
	for n := len(control); n > 0; n-- {
		for k := range n {
			p[k] = point{(sides-i)*p[k].x + i*p[k+1].x, (sides-i)*p[k].y + i*p[k+1].y}
		}
		scale *= sides
	}
	return point{p[0].x / scale, p[0].y / scale}
}
