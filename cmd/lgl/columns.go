package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/local-to-global/lgl/report"
)

// columns aligns tab-separated text as a terminal shows it; package text/tabwriter knows no wide characters.
func columns(w io.Writer, write func(w io.Writer)) error {
	var text, out strings.Builder
	write(&text)
	widths := columnWidths(text.String())
	for line := range strings.Lines(text.String()) {
		cells := strings.Split(line, "\t")
		last := len(cells) - 1
		for i, c := range cells[:last] {
			fmt.Fprintf(&out, "%s%*s", c, widths[i]-report.Width(c)+2, "")
		}
		out.WriteString(cells[last])
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// columnWidths are those of the widest cells, without the last cell of a line, behind which nothing stands.
func columnWidths(text string) (widths []int) {
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "\t")
		for i, c := range cells[:len(cells)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], report.Width(c))
		}
	}
	return widths
}
