package ui

import (
	"os"
	"testing"
)

// TestShots takes pictures of the pages for a person to look at.
func TestShots(t *testing.T) {
	if os.Getenv("LGL_SHOTS") == "" {
		t.Skip("LGL_SHOTS names no folder for pictures")
	}
	root := t.TempDir()
	gallery(t, root)
	s := open(t, root)
	s.screen(1440, 900)
	s.visit("")
	s.shot("runs", false)
	d3, c100 := s.id("table3/LGL-d3-seed1"), s.id("cifar100/lgl-d4")
	sections := []string{"curves", "timeline", "entropy", "confusion", "classes", "neighbours", "ledger"}
	for _, section := range sections {
		s.visit("#/run/" + d3 + "/" + section)
		s.shot("run-"+section, false)
	}
	s.visit("#/run/" + c100 + "/confusion")
	s.shot("run100-confusion", false)
	s.dark(true)
	s.visit("#/?q=tag:table3&metric=top1")
	s.shot("runs-dark", false)
	s.visit("#/compare?runs=" + d3 + "," + c100)
	s.shot("compare-dark", false)
	s.dark(false)
	s.screen(360, 740)
	s.visit("#/")
	s.shot("phone-runs", false)
	s.visit("#/?tab=curves")
	s.shot("phone-curves", false)
	s.visit("#/compare?runs=" + d3 + "," + c100)
	s.shot("phone-compare", false)
	for _, section := range sections {
		s.visit("#/run/" + c100 + "/" + section)
		s.shot("phone-run-"+section, false)
	}
}
