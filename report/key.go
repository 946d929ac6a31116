package report

import (
	"fmt"
	"strings"

	"github.com/local-to-global/lgl/record"
)

// Settings returns the settings that matter to the method of a run, as text. Runs that share them
// and their label differ in their seeds only: they are of one group.
func Settings(s record.RunStarted) map[string]string { return settingsOf(Run{Started: s}) }

// Sample names what a run is a sample of its group by: its seeds, and the network that it extends if it does.
func Sample(s record.RunStarted) string {
	base := ""
	if s.Extends != nil {
		base = s.Extends.SHA256
	}
	return fmt.Sprint(s.Seeds, base)
}

// Seeds names the seeds of a run, by which results are paired: one number where all streams have the same.
func Seeds(s record.RunStarted) string {
	var parts []string
	values := map[uint64]bool{}
	for _, k := range sortedKeys(s.Seeds) {
		parts = append(parts, fmt.Sprintf("%s=%d", k, s.Seeds[k]))
		values[s.Seeds[k]] = true
	}
	if len(values) == 1 {
		_, number, _ := strings.Cut(parts[0], "=")
		return number
	}
	return strings.Join(parts, " ")
}

// Tested names the test set of a run: what was measured on another cannot be compared with it.
func Tested(s record.RunStarted) string {
	return fmt.Sprint(s.Data.Name, s.Data.Test, s.Data.Classes, s.Data.SHA256)
}
