package ui

import (
	"fmt"
	"math"
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
	both := regexp.MustCompile(`--([\w-]+): light-dark\((#\w+), (#\w+)\);`).FindAllStringSubmatch(read(t, "tokens.css"), -1)
	tokens := [2]map[string][3]float64{{}, {}}
	for _, m := range both {
		tokens[0][m[1]], tokens[1][m[1]] = rgb(t, m[2]), rgb(t, m[3])
	}
	plain := []ground{{"bg", 1}, {"panel", 1}, {"raise", 1}, {"accent-soft", 1}}
	lists := map[float64][]ground{}
	for i := range 8 {
		for _, share := range []float64{.08, .16} { // a selected row, a tag
			lists[share] = append(lists[share], ground{fmt.Sprintf("c%d", i), share})
		}
	}
	quiet := append(plain[:4:4], lists[.08]...)
	for theme, colours := range tokens {
		if len(colours) < 20 {
			t.Fatalf("%d colours in tokens.css; want those of the page", len(colours))
		}
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

// read returns a file of the page.
func read(t *testing.T, name string) string {
	t.Helper()
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
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
		v := c[i] / 255
		if v <= .03928 {
			sum += weight * v / 12.92
		} else {
			sum += weight * math.Pow((v+.055)/1.055, 2.4)
		}
	}
	return sum
}
