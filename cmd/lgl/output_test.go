package main

import (
	"slices"
	"testing"
)

func TestSeveral(t *testing.T) {
	if got := several([]string{"a", "b"}); got != "a, b" {
		t.Errorf("%q", got)
	}
	hundred := several(slices.Repeat([]string{"a"}, 100))
	if got := several(slices.Repeat([]string{"a"}, 100_000)); got != hundred+" and 99,900 more" {
		t.Errorf("%q", got)
	}
}
