package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// Columns are as wide as their widest cell on a terminal and two blanks; the last cell of a line counts for none.
func TestColumns(t *testing.T) {
	var b strings.Builder
	err := columns(&b, func(w io.Writer) {
		fmt.Fprint(w, "\tCLASS\tN\n0\t猫科\t1\n10\tcat\t22\ta note\nalone, and longer than all\n")
	})
	want := "    CLASS  N\n0   猫科   1\n10  cat    22  a note\nalone, and longer than all\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}
