package report

import (
	"crypto/sha256"
	_ "embed" // the parts of the page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/plural"
)

// The parts of the page.
var (
	//go:embed assets/page.html
	pageHTML string
	//go:embed assets/report.css
	pageStyle string
	//go:embed assets/report.js
	pageScript string
	//go:embed assets/uplot/uPlot.min.css
	uplotStyle string
	//go:embed assets/uplot/uPlot.iife.min.js
	uplotScript string
	//go:embed assets/uplot/LICENSE
	uplotLicence string
)

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"percent": percent, "thousands": plural.Thousands[int64], "nats": nats, "rate": rate,
	"decimals": func(n int, v float64) string { return strconv.FormatFloat(v, 'f', n, 64) },
}).Parse(pageHTML))

// page is what assets/page.html shows.
type page struct {
	Title   string
	CSP     string
	CSS     template.CSS
	Scripts []template.JS
	About   string
	Notes   []string
	Header  []string
	Rows    []rowView
	Range   string // of the seed dots
	Methods []methodView
	Charts  []chartView
	Aligned []chartView
	Fresh   []freshView
	Runs    []runView
	Data    chartData

	Sheets   []sheetView
	Pictures []pictureView
}

// Page is what an HTML page is about. Only Title and Runs must be set.
type Page struct {
	Title    string
	Runs     []Run
	Pictures []Picture // shown first
	Sheets   []Sheet   // shown before the results of the runs
}

// Picture is a figure of a page.
type Picture struct {
	Title string
	Alt   string // what it shows, for those who do not see it
	PNG   []byte
}

// sheetView is a Sheet as the page shows it.
type sheetView struct {
	Sheet
	Left []bool // by column
}

type pictureView struct {
	Title, Alt string
	URL        template.URL // data:
}

// chartData is what assets/report.js draws.
type chartData struct {
	Methods []methodData `json:"methods"`
	Charts  []chart      `json:"charts"`
}

// methodData is a group, for the script.
type methodData struct {
	Label string `json:"label"`
	Look  look   `json:"look"`
	Runs  int    `json:"runs"`
	Spans []span `json:"spans"`
}

// look tells the lines of methods apart: by colour, and by dash for eyes that do not.
type look struct {
	Color string `json:"color"` // a CSS variable of report.css
	Dash  []int  `json:"dash"`
}

type methodView struct {
	Label  string
	Look   look
	Stages int
}

type chartView struct {
	chart
	Summary string
}

type rowView struct {
	Cells []string
	Look  look
	Dots  []dot
	Mean  float64 // position of the mean, 0..100
}

// dot is one seed on the axis of the results, 0..100.
type dot struct {
	At   float64
	Name string
}

// freshView is the start of the first stage with all classes of one group.
type freshView struct {
	Label string
	Look  look
	H     float64
	Top   float64 // log K, the bound
}

// WriteFile writes the page to path, whole or not at all.
func (p Page) WriteFile(path string) error { return atomicfile.Write(path, p.Write) }

// Write writes a page that is complete in itself: it loads nothing from anywhere, and its content
// security policy forbids it to. Without JavaScript its tables still read. The same runs give the
// same bytes.
func (p Page) Write(w io.Writer) error {
	style, script := UPlot()
	style += pageStyle
	v := newPage(p.Title, p.Runs)
	v.show(p)
	v.CSS, v.Scripts = template.CSS(style), []template.JS{template.JS(script), template.JS(pageScript)}
	v.CSP = policy(style, v.Scripts)
	if len(v.Pictures) > 0 {
		v.CSP += "; img-src data:"
	}
	return pageTemplate.Execute(w, v)
}

// show adds the sheets and the pictures.
func (v *page) show(p Page) {
	for _, s := range p.Sheets {
		view := sheetView{Sheet: s}
		for i := range s.Header {
			view.Left = append(view.Left, s.left(i))
		}
		v.Sheets = append(v.Sheets, view)
	}
	for _, f := range p.Pictures {
		url := "data:image/png;base64," + base64.StdEncoding.EncodeToString(f.PNG)
		v.Pictures = append(v.Pictures, pictureView{f.Title, f.Alt, template.URL(url)})
	}
}

// UPlot returns uPlot, which draws charts: its style, and a script that defines it, with its licence.
func UPlot() (style, script string) {
	return uplotStyle, "/* uPlot\n" + uplotLicence + "*/\n" + uplotScript
}

// policy allows the page its own style and scripts, by their hashes, and nothing else.
func policy(css string, scripts []template.JS) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	text := "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hash(css) + "; script-src"
	for _, s := range scripts {
		text += " " + hash(string(s))
	}
	return text
}

// newPage fills in everything but style and scripts.
func newPage(title string, runs []Run) page {
	all := groups(runs)
	looks := looksOf(all)
	notes := Notes(runs)
	p := page{Title: title, About: notes[0], Notes: notes[1:]}
	rows := Table(runs)
	lines := tableCells(rows)
	p.Header = lines[0]
	p.Rows, p.Range = rowViews(rows, lines[1:], looks)
	for i, g := range all {
		spans := g.spans()
		p.Data.Methods = append(p.Data.Methods, methodData{g.label, looks[i], len(g.runs), spans})
		p.Methods = append(p.Methods, methodView{g.label, looks[i], len(spans)})
		for _, r := range g.runs {
			p.Runs = append(p.Runs, newRunView(g, looks[i], r))
		}
	}
	if len(p.Runs) == 1 {
		p.Runs[0].Open = true
	}
	p.Data.Charts = charts(all)
	for _, c := range p.Data.Charts {
		view := chartView{c, c.summary(all)}
		if c.Aligned {
			p.Aligned = append(p.Aligned, view)
		} else {
			p.Charts = append(p.Charts, view)
		}
	}
	p.Fresh = freshViews(all, looks)
	return p
}

// looksOf gives the baselines greys and every other group a colour; the dash tells apart groups
// beyond the palette, and the baselines.
func looksOf(all []*group) []look {
	const colors = 6
	looks := make([]look, len(all))
	next := 0
	used := map[string]bool{}
	for i, g := range all {
		if r := rank(g.method); r < 2 && !used[g.method] {
			looks[i] = look{fmt.Sprintf("base-%d", r+1), []int{2 + 4*r, 3}}
			used[g.method] = true
			continue
		}
		looks[i] = look{fmt.Sprintf("line-%d", next%colors+1), [][]int{{}, {9, 3}, {9, 3, 2, 3}}[next/colors%3]}
		next++
	}
	return looks
}

// Dasharray is the dash as SVG writes it.
func (l look) Dasharray() string { return strings.Trim(fmt.Sprint(l.Dash), "[]") }

// rowViews adds to the rows' cells a dot for every seed, on an axis shared by all rows, and says
// from where to where the axis goes.
func rowViews(rows []Row, cells [][]string, looks []look) ([]rowView, string) {
	var every []float64
	for _, r := range rows {
		every = append(every, r.each...)
	}
	views := make([]rowView, len(rows))
	for i, r := range rows {
		views[i] = rowView{Cells: cells[i], Look: looks[i]}
		if r.N == 0 {
			continue
		}
		lo, hi := slices.Min(every), slices.Max(every)
		views[i].Mean = position(*r.Top1, lo, hi)
		for j, v := range r.each {
			name := fmt.Sprintf("seed %s: %s %%", r.Seeds[j], percent(v))
			views[i].Dots = append(views[i].Dots, dot{position(v, lo, hi), name})
		}
	}
	if len(every) < 2 {
		return views, ""
	}
	return views, percent(slices.Min(every)) + " to " + percent(slices.Max(every))
}

// position maps lo..hi to 0..100, and everything to the middle where they are the same.
func position(v, lo, hi float64) float64 {
	if hi == lo {
		return 50
	}
	return math.Round(1000*(v-lo)/(hi-lo)) / 10
}

// freshViews compares H(T|X) at the start of the first stage with all classes; the paper's section
// 4.5 says that LGL starts it lower than a fresh network does.
func freshViews(all []*group, looks []look) []freshView {
	var out []freshView
	for i, g := range all {
		c := average(g.runs, sinceAllIn(entropy))
		if len(c.Mean) > 0 && c.Start[0] {
			top := math.Log(float64(len(g.runs[0].Started.Data.Classes)))
			out = append(out, freshView{g.label, looks[i], c.Mean[0], top})
		}
	}
	return out
}

// nats prints an entropy that may be missing.
func nats(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *v)
}
