package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
)

// Sheet is a table of text, with the notes without which it cannot be judged. It prints the same
// cells to a terminal, as Markdown and on a page.
type Sheet struct {
	Title  string     `json:"title"`
	Header []string   `json:"header"`
	Rows   [][]string `json:"rows"` // each as long as Header
	Left   []string   `json:"-"`    // columns of words, aligned left, as is the first
	Notes  []string   `json:"notes"`
	// Data are the same results as numbers, for other programs: the first line names the columns.
	// nil: Header and Rows.
	Data [][]string `json:"-"`
}

// left tells whether column i is aligned left.
func (s Sheet) left(i int) bool { return i == 0 || slices.Contains(s.Left, s.Header[i]) }

// lines are the header and the rows, each cell through clean.
func (s Sheet) lines(clean func(string) string) [][]string {
	var out [][]string
	for _, l := range append([][]string{s.Header}, s.Rows...) {
		cells := make([]string, len(l))
		for i, c := range l {
			cells[i] = clean(c)
		}
		out = append(out, cells)
	}
	return out
}

// WriteText prints the table and its notes for a terminal.
func (s Sheet) WriteText(w io.Writer) error {
	var b strings.Builder
	if s.Title != "" {
		b.WriteString(printable(s.Title) + "\n\n")
	}
	if len(s.Rows) > 0 {
		lines := s.lines(printable)
		widths := make([]int, len(s.Header))
		for _, l := range lines {
			for i, c := range l {
				widths[i] = max(widths[i], Width(c))
			}
		}
		for _, l := range lines {
			b.WriteString(s.align(l, widths))
		}
		b.WriteByte('\n')
	}
	for _, n := range s.Notes {
		b.WriteString(wrap(printable(n), 100))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// align pads cells to widths: words to the left, numbers to the right.
func (s Sheet) align(cells []string, widths []int) string {
	var b strings.Builder
	for i, c := range cells {
		pad := strings.Repeat(" ", widths[i]-Width(c))
		if s.left(i) {
			b.WriteString(c + pad + "  ")
		} else {
			b.WriteString(pad + c + "  ")
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

// WriteMarkdown prints the table and its notes as Markdown.
func (s Sheet) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	if s.Title != "" {
		b.WriteString("# " + markdown(s.Title) + "\n\n")
	}
	if len(s.Rows) > 0 {
		lines := s.lines(markdown)
		rule := make([]string, len(s.Header))
		for i := range rule {
			rule[i] = "---:"
			if s.left(i) {
				rule[i] = "---"
			}
		}
		for _, l := range append([][]string{lines[0], rule}, lines[1:]...) {
			b.WriteString("| " + strings.Join(l, " | ") + " |\n")
		}
		b.WriteByte('\n')
	}
	for _, n := range s.Notes {
		b.WriteString("- " + markdown(n) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteCSV prints Data, or the cells, as RFC 4180 has them.
func (s Sheet) WriteCSV(w io.Writer) error {
	lines := s.Data
	if lines == nil {
		lines = append([][]string{s.Header}, s.Rows...)
	}
	return csv.NewWriter(w).WriteAll(lines)
}
