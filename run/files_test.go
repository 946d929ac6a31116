package run

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What Remove may remove is what docs/formats.md says is lgl's in a run directory.
func TestFilesAreThoseOfTheManual(t *testing.T) {
	text, err := os.ReadFile("../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## The run directory")
	section, _, _ = strings.Cut(section, "\n## ")
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`/]+)").FindAllStringSubmatch(section, -1) {
		told = append(told, row[1])
	}
	slices.Sort(told)
	if want := slices.Sorted(slices.Values(append([]string{"events.out.tfevents.*"}, files...))); !slices.Equal(told, want) {
		t.Errorf("docs/formats.md tells of %v; runs write %v", told, want)
	}
}
