package report

import (
	"fmt"

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
