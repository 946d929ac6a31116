package figure

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Cloud is a set of points, of one colour or coloured by their values.
type Cloud struct {
	Name   string // in the legend; "" for none
	Style  Style
	X, Y   []float64
	Values []float64 // as long as X: colours by value from the panel's Scale; nil: the Style's
}

// Scale maps values to colours, from light to dark.
type Scale struct {
	Low, High         float64
	LowText, HighText string // at the ends of its bar
}

// shades are the colours of a scale: Kindlmann's map (2002), the lightest part of it left out so
// that no point is lost on white.
var shades = func() []color.Color {
	all := moreland.Kindlmann().Palette(100).Colors()[:85]
	slices.Reverse(all)
	return all
}()

// shade is the colour of v.
func (s Scale) shade(v float64) color.Color {
	share := (v - s.Low) / max(s.High-s.Low, 1e-300)
	return shades[int(max(0, min(share, 1))*float64(len(shades)-1))]
}

// addClouds draws the points; those of high value last, over the others.
func (p Panel) addClouds(g *plot.Plot) error {
	for _, c := range p.Clouds {
		if len(c.X) != len(c.Y) || c.Values != nil && (len(c.Values) != len(c.X) || p.Scale == nil) {
			return fmt.Errorf("cloud %q: %d x, %d y, %d values", c.Name, len(c.X), len(c.Y), len(c.Values))
		}
		order := make([]int, len(c.X))
		for i := range order {
			order[i] = i
		}
		if c.Values != nil {
			slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(c.Values[i], c.Values[j]) })
		}
		xys := make(plotter.XYs, len(order))
		for at, i := range order {
			xys[at].X, xys[at].Y = c.X[i], c.Y[i]
		}
		s, err := plotter.NewScatter(xys)
		if err != nil {
			return fmt.Errorf("cloud %q: %w", c.Name, err)
		}
		s.GlyphStyle = dot(faint(c.Style.color(), 0x90), 1.3)
		if c.Values != nil {
			s.GlyphStyleFunc = func(at int) draw.GlyphStyle { return dot(p.Scale.shade(c.Values[order[at]]), 1.5) }
		}
		g.Add(s)
	}
	if p.Scale != nil {
		g.Y.Max += .16 * (g.Y.Max - g.Y.Min) // room for the bar
		g.Add(scaleBar{*p.Scale})
	}
	return nil
}

// dot is a disc of so many points in radius.
func dot(c color.Color, radius float64) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: draw.CircleGlyph{}}
}

// scaleBar shows a Scale in the upper right corner.
type scaleBar struct{ Scale }

// Plot draws the bar, from light to dark, between the texts of its ends.
func (s scaleBar) Plot(c draw.Canvas, _ *plot.Plot) {
	style := text.Style{Color: Style{Color: Ink}.color(), Font: sans(7.5), XAlign: text.XLeft, YAlign: text.YCenter, Handler: plot.DefaultTextHandler}
	right, y, step := c.Max.X-style.Width(s.HighText)-vg.Points(3), c.Max.Y-vg.Points(7), vg.Points(.6)
	left := right - step*vg.Length(len(shades))
	for i, shade := range shades {
		x := left + step*vg.Length(i)
		c.SetColor(shade)
		c.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: y - vg.Points(3)}, Max: vg.Point{X: x + min(2*step, right-x), Y: y + vg.Points(3)}}.Path())
	}
	c.FillText(style, vg.Point{X: right + vg.Points(3), Y: y}, s.HighText)
	style.XAlign = text.XRight
	c.FillText(style, vg.Point{X: left - vg.Points(3), Y: y}, s.LowText)
}
