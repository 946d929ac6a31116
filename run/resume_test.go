package run

import (
	"strings"
	"testing"

	"github.com/local-to-global/lgl/checkpoint"
)

// A checkpoint that knows pictures by other digests is refused as one of another version, not as one of
// changed data: of these the comparison tells.
func TestSameDigests(t *testing.T) {
	identity := func(what, sum string) checkpoint.Identity {
		return checkpoint.Identity{Data: map[string]string{what: sum}}
	}
	now := identity("names and sizes of the training data", "1")
	if err := sameDigests("runs/a", identity("names and sizes of the training data", "2"), now); err != nil {
		t.Errorf("other data: %v; want nil", err)
	}
	err := sameDigests("runs/a", identity("training data", "1"), now)
	if err == nil || !strings.Contains(err.Error(), "earlier version") {
		t.Errorf("digest of another name: %v; want an error that names the earlier version", err)
	}
}
