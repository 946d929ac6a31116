package main

import (
	"fmt"
	"strings"
	"testing"
)

// Many copies of one picture are one short line.
func TestGroupsAreCapped(t *testing.T) {
	var g []string
	for i := range 50000 {
		g = append(g, fmt.Sprint(i, ".png"))
	}
	var b strings.Builder
	writeGroups(&b, "TITLE", [][]string{g, {"a", "b"}})
	lines := strings.Split(b.String(), "\n")
	if want := "7.png\t... and 49,992 more; --json has all"; len(lines) != 5 || !strings.HasSuffix(lines[2], want) || lines[3] != "a\tb" {
		t.Errorf("%.300q; want a line that ends in %q, then a and b", lines, want)
	}
}
