package ui

import (
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
