package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Row is a line of dots, one a measurement, on a horizontal axis: with the mean as a bar and the
// spread around it.
type Row struct {
	Name   string // left of it
	Style  Style
	Dots   []float64
	Mean   *float64 // nil: not drawn
	Spread float64  // half the length of the line through the mean; 0: not drawn
	Mark   *float64 // a value from elsewhere, as a cross; nil: none
}

// addRows draws the rows from top to bottom, and a line at 0 where that is among them.
func (p Panel) addRows(g *plot.Plot) error {
	if len(p.Rows) == 0 {
		return nil
	}
	names := make([]plot.Tick, len(p.Rows))
	for i, r := range p.Rows {
		height := float64(len(p.Rows) - 1 - i)
		names[i] = plot.Tick{Value: height, Label: r.Name}
		g.Add(rowPlotter{r, height})
	}
	if g.X.Min <= 0 && g.X.Max >= 0 {
		zero := plotter.XYs{{X: 0, Y: -.6}, {X: 0, Y: float64(len(p.Rows)) - .4}}
		g.Add(&plotter.Line{XYs: zero, LineStyle: draw.LineStyle{Color: Style{Color: Muted}.color(), Width: vg.Points(.8)}})
	}
	g.Y.Tick.Marker = plot.ConstantTicks(names)
	g.Y.Tick.Length, g.Y.LineStyle.Width = 0, 0
	margin := .03 * (g.X.Max - g.X.Min)
	g.X.Min, g.X.Max = g.X.Min-margin, g.X.Max+margin
	g.Y.Min, g.Y.Max = -.6, float64(len(p.Rows))-.4
	grid := plotter.NewGrid()
	grid.Horizontal.Color = nil
	grid.Vertical = draw.LineStyle{Color: faint(Style{Color: Muted}.color(), 0x50), Width: vg.Points(.5)}
	g.Add(grid)
	return nil
}

// rowPlotter draws one Row at a height.
type rowPlotter struct {
	Row
	height float64
}

// DataRange is that of all that is drawn.
func (r rowPlotter) DataRange() (xmin, xmax, ymin, ymax float64) {
	all := append([]float64{}, r.Dots...)
	if r.Mean != nil {
		all = append(all, *r.Mean-r.Spread, *r.Mean+r.Spread)
	}
	if r.Mark != nil {
		all = append(all, *r.Mark)
	}
	xmin, xmax = plotter.Range(plotter.Values(all))
	return xmin, xmax, r.height, r.height
}

// Plot draws spread, dots, mean and mark.
func (r rowPlotter) Plot(c draw.Canvas, g *plot.Plot) {
	toX, toY := g.Transforms(&c)
	y := toY(r.height)
	line := draw.LineStyle{Color: r.Style.color(), Width: vg.Points(1.2)}
	if r.Mean != nil {
		if r.Spread > 0 {
			c.StrokeLine2(line, toX(*r.Mean-r.Spread), y, toX(*r.Mean+r.Spread), y)
		}
		line.Width = vg.Points(2)
		c.StrokeLine2(line, toX(*r.Mean), y-vg.Points(6), toX(*r.Mean), y+vg.Points(6))
	}
	for _, v := range r.Dots {
		c.DrawGlyphNoClip(dot(faint(r.Style.color(), 0xa0), 2.6), vg.Point{X: toX(v), Y: y})
	}
	if r.Mark != nil {
		cross := draw.GlyphStyle{Color: Style{Color: Ink}.color(), Radius: vg.Points(4), Shape: draw.CrossGlyph{}}
		c.DrawGlyphNoClip(cross, vg.Point{X: toX(*r.Mark), Y: y})
	}
}
