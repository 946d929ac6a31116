package shell

import (
	"os/exec"
	"testing"
)

// What a shell makes of a quoted path is the path, to a command that takes flags.
func TestQuoted(t *testing.T) {
	for _, path := range []string{"runs/first", "my runs/é", "it's", "$HOME", "a\nb", `back\slash`, "*", "", "~/x"} {
		out, err := exec.Command("sh", "-c", "printf %s "+Quoted(path)).Output()
		if err != nil || string(out) != path {
			t.Errorf("%q became %q (%v), by %s", path, out, err, Quoted(path))
		}
	}
	if got := Quoted("-rf"); got != "./-rf" {
		t.Errorf("-rf became %s", got)
	}
}
