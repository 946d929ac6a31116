package failure

import (
	"errors"
	"fmt"
	"testing"
)

// What is said of an error stays with it when it is wrapped, in either order, and leaves its message as it is.
func TestWrapped(t *testing.T) {
	cause := errors.New("no such file")
	for _, err := range []error{Hint(Usage(cause), "make %s", "one"), Usage(Hint(cause, "make one")), Hint(Usage(Hint(cause, "make two")), "make one")} {
		err = errors.Join(nil, fmt.Errorf("--config: %w", err))
		if !IsUsage(err) || HintOf(err) != "make one" || !errors.Is(err, cause) || err.Error() != "--config: no such file" {
			t.Errorf("%v: of usage %v, hint %q", err, IsUsage(err), HintOf(err))
		}
	}
	if IsUsage(cause) || HintOf(cause) != "" {
		t.Error("something is said of an error of which nothing was")
	}
}
