package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a line, with a band from Low to High around it where it has them.
type Curve struct {
	Name      string // in the legend; "" for none
	Style     Style
	X, Y      []float64
	Low, High []float64 // as long as Y, or nil
}

// Level is a horizontal line.
type Level struct {
	Name  string
	Style Style
	Y     float64
}

// addCurves draws the bands, then the lines over them.
func (p Panel) addCurves(g *plot.Plot) error {
	for _, c := range p.Curves {
		if len(c.X) != len(c.Y) || c.Low != nil && (len(c.Low) != len(c.Y) || len(c.High) != len(c.Y)) {
			return fmt.Errorf("curve %q: %d x, %d y, %d low and %d high values", c.Name, len(c.X), len(c.Y), len(c.Low), len(c.High))
		}
		if len(c.Low) < 2 {
			continue
		}
		band, err := plotter.NewPolygon(c.outline())
		if err != nil {
			return fmt.Errorf("curve %q: %w", c.Name, err)
		}
		band.Color, band.LineStyle.Width = faint(c.Style.color(), 0x28), 0
		g.Add(band)
	}
	for _, c := range p.Curves {
		if len(c.X) == 0 {
			continue
		}
		line, err := plotter.NewLine(points(c.X, c.Y))
		if err != nil {
			return fmt.Errorf("curve %q: %w", c.Name, err)
		}
		line.LineStyle = c.Style.line()
		g.Add(line)
	}
	return nil
}

// outline goes along High and back along Low.
func (c Curve) outline() plotter.XYs {
	back := points(c.X, c.Low)
	slices.Reverse(back)
	return append(points(c.X, c.High), back...)
}

// points pairs x and y.
func points(x, y []float64) plotter.XYs {
	xys := make(plotter.XYs, len(x))
	for i := range xys {
		xys[i].X, xys[i].Y = x[i], y[i]
	}
	return xys
}

// addLevels draws the levels over the whole width.
func (p Panel) addLevels(g *plot.Plot) error {
	for _, l := range p.Levels {
		g.Add(levelPlotter{l})
	}
	return nil
}

// levelPlotter draws one Level.
type levelPlotter struct{ Level }

// DataRange takes the level's height in, and no width.
func (l levelPlotter) DataRange() (xmin, xmax, ymin, ymax float64) {
	return math.Inf(1), math.Inf(-1), l.Y, l.Y
}

// Plot strokes the level from the left to the right of the data.
func (l levelPlotter) Plot(c draw.Canvas, g *plot.Plot) {
	_, y := g.Transforms(&c)
	at := y(l.Y)
	style := l.Style.line()
	style.Width = vg.Points(1)
	c.StrokeLine2(style, c.Min.X, at, c.Max.X, at)
}
