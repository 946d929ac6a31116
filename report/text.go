package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/local-to-global/lgl/internal/plural"
)

// header names the columns of every printed table but the last one, of which equalColumn has the name.
var header = []string{"method", "seeds", "top-1 %", "spread", "cost", "samples", "seconds"}

// cells prints the columns of a row.
func (r Row) cells() []string {
	name := r.Label
	if r.BestTest {
		name += " [best-test]"
	}
	if r.N == 0 {
		return []string{name, "0", "-", "-", "-", "-", "-", ""}
	}
	spread := "n=1"
	if r.Spread != nil {
		spread = "±" + percent(*r.Spread)
	}
	return []string{name, strconv.Itoa(r.N), percent(*r.Top1), spread, r.cost(),
		plural.Thousands(r.Samples), fmt.Sprintf("%.1f", r.Seconds), r.Diff.String()}
}

// cost prints Cost, "2.10x".
func (r Row) cost() string {
	if r.Cost == nil {
		return "-"
	}
	return fmt.Sprintf("%.2fx", *r.Cost)
}

// String prints d in percentage points: "+0.51 [+0.20, +0.82] n=5", "~ [-0.10, +0.30] n=5" where it
// is not significant, "n too small" below three pairs, "no spread" where these are alike, "" for nil.
func (d *Diff) String() string {
	if d == nil {
		return ""
	}
	if text := d.untested(); text != "" {
		return text
	}
	mean := "~"
	if d.Significant() {
		mean = fmt.Sprintf("%+.2f", 100*d.Mean)
	}
	return fmt.Sprintf("%s [%+.2f, %+.2f] n=%d", mean, 100**d.Low, 100**d.High, d.N)
}

// tableCells returns the header and the rows of a table; the last column only if a row uses it.
func tableCells(rows []Row) [][]string {
	column := equalColumn(rows)
	lines := [][]string{append(header[:len(header):len(header)], column)}
	for _, r := range rows {
		lines = append(lines, r.cells())
	}
	if column != "" {
		return lines
	}
	for i, l := range lines {
		lines[i] = l[:len(l)-1]
	}
	return lines
}

// sheet is the table of runs with its notes.
func sheet(runs []Run) Sheet {
	s := Sheet{Notes: Notes(runs)}
	if len(runs) > 0 {
		rows := Table(runs)
		lines := tableCells(rows)
		s.Left = []string{equalColumn(rows)}
		s.Header, s.Rows = lines[0], lines[1:]
	}
	return s
}

// WriteText prints the table and its notes for a terminal.
func WriteText(w io.Writer, runs []Run) error { return sheet(runs).WriteText(w) }

// Width is how many columns of a terminal text takes: two for each character that is wide there, such as 猫 or 🐶,
// none for a mark on the character before.
func Width(text string) (columns int) {
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			columns += 2
		default:
			columns++
		}
	}
	return columns
}

// wrap breaks text into lines of at most so many columns, all but the first indented.
func wrap(text string, most int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := Width(word)
		switch {
		case i == 0:
		case column+1+n > most:
			b.WriteString("\n  ")
			column = 2
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String() + "\n"
}

// markdown escapes what Markdown would take for markup.
func markdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "~", `\~`).Replace(printable(s))
}

// printable replaces control characters, which a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}

// percent prints a share as a percentage with two decimals.
func percent(share float64) string { return fmt.Sprintf("%.2f", 100*share) }
