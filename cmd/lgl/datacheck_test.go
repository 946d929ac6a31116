package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/data/folder"
)

// Classes of one size are not said to be 1.0 times as large as one another; very uneven ones are told what helps.
func TestSpread(t *testing.T) {
	cat, dog := folder.ClassSize{Name: "cat", Train: 20}, folder.ClassSize{Name: "dog", Train: 30}
	if got, want := spread(cat, dog), "20 (cat) to 30 (dog) to train on: 1.5 times as many"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
	if got, want := spread(cat, cat), "20 to train on"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
	for most, want := range map[int]bool{999: false, 1000: true} {
		got := spread(cat, folder.ClassSize{Name: "dog", Train: most})
		if strings.HasSuffix(got, "; where the small ones matter: lgl train --balance oversample") != want {
			t.Errorf("20 to %d: %q", most, got)
		}
	}
}

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
