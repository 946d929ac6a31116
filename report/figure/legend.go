package figure

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Measures of the legend.
const (
	sample   = 22 // length of a line of the legend, in points
	lineStep = 15 // from line to line
	gutter   = 16 // between entries
)

// sans is the font of all text.
func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// legendText is the style of the legend's words.
func legendText() text.Style {
	return text.Style{Color: Style{Color: Ink}.color(), Font: sans(9), YAlign: text.YCenter, Handler: plot.DefaultTextHandler}
}

// entry is one name of the legend.
type entry struct {
	name  string
	style Style
	point bool // shown as a dot, not as a line
}

// entries are the names of all panels, each once, the curves first.
func (f Figure) entries() []entry {
	var all []entry
	add := func(e entry) {
		if e.name != "" && !slices.ContainsFunc(all, func(o entry) bool { return o.name == e.name }) {
			all = append(all, e)
		}
	}
	for _, p := range f.Panels {
		for _, c := range p.Curves {
			add(entry{c.Name, c.Style, false})
		}
	}
	for _, p := range f.Panels {
		for _, l := range p.Levels {
			add(entry{l.Name, l.Style, false})
		}
		for _, c := range p.Clouds {
			add(entry{c.Name, c.Style, true})
		}
	}
	return all
}

// legendLines breaks the legend into lines that fit the width.
func (f Figure) legendLines(width vg.Length) [][]entry {
	var lines [][]entry
	left := vg.Length(0)
	for _, e := range f.entries() {
		if w := e.width(); len(lines) == 0 || w > left {
			lines = append(lines, nil)
			left = width - vg.Points(2*gutter)
		}
		left -= e.width()
		lines[len(lines)-1] = append(lines[len(lines)-1], e)
	}
	return lines
}

// width is that of an entry with the gutter after it.
func (e entry) width() vg.Length {
	return legendText().Width(e.name) + vg.Points(sample+5+gutter)
}

// legendHeight is that of the strip below the panels.
func (f Figure) legendHeight(width vg.Length) vg.Length {
	n := len(f.legendLines(width))
	if n == 0 {
		return 0
	}
	return vg.Points(float64(lineStep*n + 8))
}

// drawLegend draws the legend at the bottom of c, each of its lines centred.
func (f Figure) drawLegend(c draw.Canvas) {
	width := c.Max.X - c.Min.X
	y := c.Min.Y + f.legendHeight(width) - vg.Points(lineStep/2)
	for _, line := range f.legendLines(width) {
		total := vg.Points(-gutter)
		for _, e := range line {
			total += e.width()
		}
		x := c.Min.X + (width-total)/2
		for _, e := range line {
			e.draw(c, x, y)
			x += e.width()
		}
		y -= vg.Points(lineStep)
	}
}

// draw draws the entry with its left end at (x, y).
func (e entry) draw(c draw.Canvas, x, y vg.Length) {
	if e.point {
		c.DrawGlyph(dot(e.style.color(), 3), vg.Point{X: x + vg.Points(sample/2), Y: y})
	} else {
		c.StrokeLine2(e.style.line(), x, y, x+vg.Points(sample), y)
	}
	c.FillText(legendText(), vg.Point{X: x + vg.Points(sample+5), Y: y}, e.name)
}
