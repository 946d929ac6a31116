package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/color"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampler draws a figure with everything in it.
func sampler() Figure {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 30)
	falling := func(rate float64) (y, low, high []float64) {
		for i := range x {
			x[i] = float64(i + 1)
			v := math.Exp(-rate * x[i])
			y, low, high = append(y, v), append(low, v*.9), append(high, v*1.1)
		}
		return y, low, high
	}
	curves := Panel{Title: "(a) curves", X: "epoch", Y: "loss (nats)", Levels: []Level{{"Bayes", Style{Muted, 2}, .05}}}
	for i, name := range []string{"baseline", "SPL", "SPL_INV", "LGL(r,2)"} {
		y, low, high := falling(.05 * float64(i+1))
		curves.Curves = append(curves.Curves, Curve{name, Style{i - 1, i}, x, y, low, high})
	}
	cloud := Panel{Title: "(g) data", X: "x", Y: "y"}
	for k := range 3 {
		c := Cloud{Name: "class " + string(rune('0'+k)), Style: Style{k, 0}}
		for range 200 {
			c.X, c.Y = append(c.X, float64(3*k)+r.NormFloat64()), append(c.Y, r.NormFloat64())
		}
		cloud.Clouds = append(cloud.Clouds, c)
	}
	shaded := Panel{Title: "(h) loss", X: "x", Y: "y", Scale: &Scale{0, 1, "low", "high"}}
	for _, c := range cloud.Clouds {
		c.Name, c.Values = "", make([]float64, len(c.X))
		for i := range c.Values {
			c.Values[i] = r.Float64()
		}
		shaded.Clouds = append(shaded.Clouds, c)
	}
	mean := .91
	rows := Panel{Title: "rows", X: "top-1 (%)", Rows: []Row{
		{"baseline", Style{Ink, 0}, []float64{.9, .91, .92}, &mean, .01, nil}, {"LGL(r,2)", Style{1, 0}, []float64{.93}, nil, 0, &mean}}}
	return Figure{Columns: 2, Panels: []Panel{curves, cloud, shaded, rows, curves}}
}

func render(t *testing.T, f Figure, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("LGL_FIGURES"); dir != "" { // to look at
		if err := os.WriteFile(filepath.Join(dir, t.Name()+"."+format), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// A PNG shows each colour that its panels use; the same figure gives the same bytes.
func TestPNG(t *testing.T) {
	raw := render(t, sampler(), "png")
	if !bytes.Equal(raw, render(t, sampler(), "png")) {
		t.Error("the same figure gives other bytes")
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	found := map[color.NRGBA]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			found[color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)] = true
		}
	}
	for _, s := range []Style{{0, 0}, {1, 0}, {2, 0}, {Ink, 0}} {
		if !found[s.color().(color.NRGBA)] {
			t.Errorf("no pixel has the colour %v", s.color())
		}
	}
}

// An SVG is XML, and holds every name, once in the legend.
func TestSVG(t *testing.T) {
	raw := render(t, sampler(), "svg")
	words := map[string]int{}
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			words[strings.TrimSpace(string(text))]++
		}
	}
	for want, n := range map[string]int{"SPL_INV": 1, "class 2": 1, "Bayes": 1, "LGL(r,2)": 2, "(a) curves": 2, "low": 1, "loss (nats)": 2} {
		if words[want] != n {
			t.Errorf("%q stands %d times; want %d", want, words[want], n)
		}
	}
	if !bytes.Equal(raw, render(t, sampler(), "svg")) {
		t.Error("the same figure gives other bytes")
	}
}

func TestWriteRefuses(t *testing.T) {
	for want, f := range map[string]Figure{
		`curve "a": 2 x, 1 y`:    {Panels: []Panel{{Title: "p", Curves: []Curve{{Name: "a", X: []float64{1, 2}, Y: []float64{1}}}}}},
		`cloud "b": 1 x, 2 y`:    {Panels: []Panel{{Title: "p", Clouds: []Cloud{{Name: "b", X: []float64{1}, Y: []float64{1, 2}}}}}},
		`panel "p": curve "c": `: {Panels: []Panel{{Title: "p", Curves: []Curve{{Name: "c", X: []float64{1}, Y: []float64{math.NaN()}}}}}},
		`1 x, 1 y, 1 values`:     {Panels: []Panel{{Clouds: []Cloud{{X: []float64{1}, Y: []float64{1}, Values: []float64{1}}}}}},
		`2 low and 1 high`:       {Panels: []Panel{{Curves: []Curve{{X: []float64{1}, Y: []float64{1}, Low: []float64{1, 2}, High: []float64{1}}}}}},
	} {
		if err := f.Write(io.Discard, "svg"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %s", err, want)
		}
	}
	if err := sampler().Write(io.Discard, "bmp"); err == nil || !strings.Contains(err.Error(), "want svg or png") {
		t.Errorf("bmp: %v", err)
	}
}

// A panel without values is drawn empty, and legends that are too long for a line are broken.
func TestOddFigures(t *testing.T) {
	f := Figure{Columns: 1, Panels: []Panel{{Title: "empty", Curves: []Curve{{Name: "none"}}}}}
	for range 9 {
		f.Panels[0].Curves = append(f.Panels[0].Curves, Curve{Name: strings.Repeat("long ", len(f.Panels[0].Curves)+2)})
	}
	render(t, f, "svg")
	if n := len(f.legendLines(300)); n < 5 {
		t.Errorf("%d lines; want at least 5", n)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 1, "0.0 0.2 0.4 0.6 0.8 1.0"}, {1, 30, "5 10 15 20 25 30"}, {-.05, .052, "-0.04 -0.02 0.00 0.02 0.04"},
		{0, 4, "0 1 2 3 4"}, {.9, .93, "0.900 0.905 0.910 0.915 0.920 0.925 0.930"}, {0, 0, ""},
	} {
		var words []string
		for _, tick := range ticks(c.lo, c.hi) {
			words = append(words, tick.Label)
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%v to %v: %s; want %s", c.lo, c.hi, got, c.want)
		}
	}
}
