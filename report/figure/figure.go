// Package figure draws panels of curves, points and rows of dots, as SVG and PNG, on gonum/plot. It
// knows nothing of runs.
//
//  1. a Figure is a grid of Panels over one legend;
//  2. a Panel turns into a gonum plot of its curves with bands (lines.go), clouds of points
//     (points.go) or rows of dots (rows.go);
//  3. Write draws the grid, its axes aligned, and the legend below it, on a canvas of the format.
//
// Colours are told apart by readers who do not see all of them, and every curve has a dash, too.
package figure

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a grid of panels, filled row by row, over one legend of all that has a name.
type Figure struct {
	Columns int
	Panels  []Panel
	// Width and Height of a panel; 0 means 8 x 6.5 cm.
	Width, Height vg.Length
}

// Panel is one plot. What it does not have is left out.
type Panel struct {
	Title, X, Y string
	Curves      []Curve
	Clouds      []Cloud
	Levels      []Level
	Rows        []Row  // of dots, from top to bottom
	Scale       *Scale // of a cloud coloured by value
	YRange      *[2]float64
}

// Style tells what is drawn apart from the rest.
type Style struct {
	Color int // index into the palette; Ink is black, Muted grey
	Dash  int // index into the dashes; 0 is solid
}

// The colours outside the palette.
const (
	Ink   = -1
	Muted = -2
)

// palette is Okabe and Ito's, as the page of lgl ui has it on a light ground, where a test holds that all kinds of colour
// vision tell any two apart.
var palette = []color.Color{
	color.NRGBA{0x00, 0x41, 0x77, 0xff}, color.NRGBA{0xa0, 0x42, 0x00, 0xff}, color.NRGBA{0x08, 0x86, 0x62, 0xff},
	color.NRGBA{0xb6, 0x7f, 0xb8, 0xff}, color.NRGBA{0xc0, 0x87, 0x00, 0xff}, color.NRGBA{0x40, 0x94, 0xf4, 0xff},
}

// dashes are lengths of strokes and gaps.
var dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(2.5)}, {vg.Points(1.5), vg.Points(2)}, {vg.Points(7), vg.Points(2), vg.Points(1.5), vg.Points(2)}}

// color returns the colour of s.
func (s Style) color() color.Color {
	switch s.Color {
	case Ink:
		return color.NRGBA{0x1c, 0x21, 0x27, 0xff}
	case Muted:
		return color.NRGBA{0x7b, 0x83, 0x8c, 0xff}
	}
	return palette[s.Color%len(palette)]
}

// line returns the line of s.
func (s Style) line() draw.LineStyle {
	return draw.LineStyle{Color: s.color(), Width: vg.Points(1.6), Dashes: dashes[s.Dash%len(dashes)]}
}

// faint returns c with the given opacity.
func faint(c color.Color, alpha uint8) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = alpha
	return n
}

// Write draws the figure in a format, svg or png.
func (f Figure) Write(w io.Writer, format string) error {
	width, height := f.size()
	var canvas vg.CanvasWriterTo
	switch format {
	case "svg":
		canvas = vgsvg.New(width, height)
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(160))}
	default:
		return fmt.Errorf("figure format %q; want svg or png", format)
	}
	if err := f.draw(draw.NewCanvas(canvas, width, height)); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")))
	return err
}

// rows is the number of rows of the grid.
func (f Figure) rows() int { return (len(f.Panels) + f.columns() - 1) / f.columns() }

func (f Figure) columns() int { return max(1, f.Columns) }

// panel is the size of a panel.
func (f Figure) panel() (width, height vg.Length) {
	width, height = f.Width, f.Height
	if width == 0 {
		width = 8 * vg.Centimeter
	}
	if height == 0 {
		height = 6.5 * vg.Centimeter
	}
	return width, height
}

// size is that of the whole figure.
func (f Figure) size() (width, height vg.Length) {
	w, h := f.panel()
	width = w * vg.Length(f.columns())
	return width, h*vg.Length(f.rows()) + f.legendHeight(width)
}

// draw draws the panels, their axes aligned by row and column, and the legend below them.
func (f Figure) draw(c draw.Canvas) error {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	f.drawLegend(c)
	grid := make([][]*plot.Plot, f.rows())
	for i := range grid {
		grid[i] = make([]*plot.Plot, f.columns())
	}
	for i, p := range f.Panels {
		var err error
		if grid[i/f.columns()][i%f.columns()], err = p.plot(); err != nil {
			return fmt.Errorf("panel %q: %w", p.Title, err)
		}
	}
	gap := vg.Points(9)
	tiles := draw.Tiles{Rows: f.rows(), Cols: f.columns(), PadX: 2 * gap, PadY: 2 * gap, PadTop: gap, PadBottom: gap, PadLeft: gap, PadRight: 1.5 * gap}
	area := draw.Crop(c, 0, 0, f.legendHeight(c.Max.X-c.Min.X), 0)
	for i, row := range plot.Align(grid, tiles, area) {
		for j, cell := range row {
			if grid[i][j] != nil {
				grid[i][j].Draw(cell)
			}
		}
	}
	return nil
}

// plot turns the panel into a gonum plot.
func (p Panel) plot() (*plot.Plot, error) {
	g := plot.New()
	g.Title.Text, g.X.Label.Text, g.Y.Label.Text = p.Title, p.X, p.Y
	for _, s := range []*text.Style{&g.Title.TextStyle, &g.X.Label.TextStyle, &g.Y.Label.TextStyle, &g.X.Tick.Label, &g.Y.Tick.Label} {
		s.Font = sans(9)
		s.Color = Style{Color: Ink}.color()
	}
	g.Title.TextStyle.Font = sans(10.5)
	g.Title.Padding = vg.Points(5)
	for _, a := range []*plot.Axis{&g.X, &g.Y} {
		a.Tick.Marker = plot.TickerFunc(ticks)
		a.LineStyle.Width, a.Tick.LineStyle.Width = vg.Points(.6), vg.Points(.6)
		a.Tick.Length = vg.Points(3)
	}
	for _, add := range []func(*plot.Plot) error{p.addLevels, p.addCurves, p.addClouds, p.addRows} {
		if err := add(g); err != nil {
			return nil, err
		}
	}
	if p.YRange != nil {
		g.Y.Min, g.Y.Max = p.YRange[0], p.YRange[1]
	}
	return g, nil
}

// ticks are the multiples of a round step, 1, 2 or 5 times a power of ten, of which four to nine
// lie between lo and hi.
func ticks(lo, hi float64) []plot.Tick {
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, round := range []float64{5, 2} {
		if span/(round*step) >= 4 {
			step *= round
			break
		}
	}
	decimals := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	var all []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i <= math.Floor(hi/step+1e-9); i++ {
		all = append(all, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step+0, 'f', decimals, 64)})
	}
	return all
}
