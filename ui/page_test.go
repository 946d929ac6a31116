package ui

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every part of the page has a type, or a browser would not take it; uPlot is a module, with its licence.
func TestParts(t *testing.T) {
	files, err := page()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range files {
		if f.kind == "" || len(f.body) == 0 {
			t.Errorf("%s: type %q, %d bytes", name, f.kind, len(f.body))
		}
	}
	uplot := string(files["/assets/uplot.js"].body)
	if !strings.HasSuffix(uplot, "export default uPlot;\n") || !strings.Contains(uplot, "Permission is hereby granted") {
		t.Error("uplot.js exports nothing, or has no licence")
	}
}

// ground is what text stands on: a colour of tokens.css, or so much of one over the panel's.
type ground struct {
	name  string
	share float64
}

// Text is read at 4.5 times the lightness of its ground, or the other way round, in light and in dark, on rows that are
// selected and on tags, too; the lines of charts are seen at 3 times.
func TestContrast(t *testing.T) {
	plain := []ground{{"bg", 1}, {"panel", 1}, {"raise", 1}, {"accent-soft", 1}}
	lists := map[float64][]ground{}
	for i := range 8 {
		for _, share := range []float64{.08, .16} { // a selected row, a tag
			lists[share] = append(lists[share], ground{fmt.Sprintf("c%d", i), share})
		}
	}
	quiet := append(plain[:4:4], lists[.08]...)
	for theme, colours := range tokens(t) {
		check := func(ink string, least float64, on []ground) {
			for _, g := range on {
				if c := contrast(colours[ink], mix(colours[g.name], colours["panel"], g.share)); c < least {
					t.Errorf("theme %d: --%s on %g of --%s has a contrast of %.2f; want %g", theme, ink, g.share, g.name, c, least)
				}
			}
		}
		for _, ink := range []string{"ink", "ink-2", "ink-3", "accent", "good", "warn", "bad"} {
			check(ink, 4.5, quiet)
		}
		check("ink-2", 4.5, lists[.16])
		for i := range 8 {
			check(fmt.Sprintf("c%d", i), 3, plain[1:2])
		}
	}
}

// visions are what kinds of eyes see of linear red, green and blue: those of most people, and the three kinds that lack
// one cone (Machado, Oliveira and Fernandes 2009, severity 1).
var visions = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{.152286, 1.052583, -.204868}, {.114503, .786281, .099216}, {-.003882, -.048116, 1.051998}},
	"deuteranopia": {{.367322, .860646, -.227968}, {.280085, .672501, .047413}, {-.011820, .042940, .968881}},
	"tritanopia":   {{1.255528, -.076749, -.178779}, {-.078411, .930809, .147602}, {.004733, .691367, .303900}},
}

// All kinds of eyes tell the colours of any two series apart: by 19 in CIE Lab, where 2 can just be seen.
func TestSeriesColours(t *testing.T) {
	for theme, colours := range tokens(t) {
		for kind, vision := range visions {
			for i := range 8 {
				for j := range i {
					a, b := lab(colours[fmt.Sprintf("c%d", i)], vision), lab(colours[fmt.Sprintf("c%d", j)], vision)
					if d := math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2]); d < 19 {
						t.Errorf("theme %d: with %s, --c%d and --c%d are %.1f apart; want 19", theme, kind, j, i, d)
					}
				}
			}
		}
	}
}

// The lines of reports and figures have colours of the page.
func TestColoursOfReports(t *testing.T) {
	own, err := assets.ReadFile("assets/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`--line-\d: (#\w{6})|NRGBA\{0x(\w\w), 0x(\w\w), 0x(\w\w), 0xff\},`)
	for file, count := range map[string]int{"../report/assets/report.css": 18, "../report/figure/figure.go": 6} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := line.FindAllStringSubmatch(string(text), -1)
		if len(found) != count {
			t.Errorf("%s: %d colours of lines; want %d", file, len(found), count)
		}
		for _, m := range found {
			if hex := strings.TrimPrefix(strings.Join(m[1:], ""), "#"); !strings.Contains(string(own), "#"+hex) {
				t.Errorf("%s: the page has no #%s", file, hex)
			}
		}
	}
}

// lab is a colour as a kind of eyes sees it, in CIE Lab under D65.
func lab(c [3]float64, vision [3][3]float64) [3]float64 {
	var xyz [3]float64
	for i, row := range [3][3]float64{{.4339, .3762, .1899}, {.2126, .7152, .0722}, {.0178, .1095, .8728}} { // over those of white
		for k, weights := range vision {
			seen := 0.0
			for n, w := range weights {
				seen += w * linear(c[n])
			}
			xyz[i] += row[k] * min(1, max(0, seen))
		}
		if xyz[i] = math.Cbrt(xyz[i]); xyz[i] < 6./29 {
			xyz[i] = xyz[i]*xyz[i]*xyz[i]*841/108 + 4./29
		}
	}
	return [3]float64{116*xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])}
}

// tokens are the colours of tokens.css in light and in dark.
func tokens(t *testing.T) [2]map[string][3]float64 {
	t.Helper()
	text, err := assets.ReadFile("assets/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	both := regexp.MustCompile(`--([\w-]+): light-dark\((#\w+), (#\w+)\);`).FindAllStringSubmatch(string(text), -1)
	if len(both) < 20 {
		t.Fatalf("%d colours in tokens.css; want those of the page", len(both))
	}
	out := [2]map[string][3]float64{{}, {}}
	for _, m := range both {
		out[0][m[1]], out[1][m[1]] = rgb(t, m[2]), rgb(t, m[3])
	}
	return out
}

// rgb reads a colour, #rrggbb.
func rgb(t *testing.T, text string) (c [3]float64) {
	t.Helper()
	var r, g, b int
	if _, err := fmt.Sscanf(text[:7], "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return [3]float64{float64(r), float64(g), float64(b)}
}

// mix lays a share of a over b.
func mix(a, b [3]float64, share float64) (c [3]float64) {
	for i := range c {
		c[i] = share*a[i] + (1-share)*b[i]
	}
	return c
}

// contrast is that of WCAG 2.
func contrast(a, b [3]float64) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// luminance is the relative luminance of WCAG 2.
func luminance(c [3]float64) (sum float64) {
	for i, weight := range [3]float64{.2126, .7152, .0722} {
		sum += weight * linear(c[i])
	}
	return sum
}

// linear is the light of a byte of sRGB, 0..1.
func linear(v float64) float64 {
	if v /= 255; v <= .04045 {
		return v / 12.92
	}
	return math.Pow((v+.055)/1.055, 2.4)
}
