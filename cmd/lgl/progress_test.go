package main

import (
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// A stage that an error ended has no line of its own: before its first epoch ended there is no accuracy to tell.
func TestNarratorLeavesErrors(t *testing.T) {
	var out, errs strings.Builder
	n := &narrator{app: newApp(&out, &errs)}
	for _, reason := range []string{"error", "interrupted", "not-finite"} {
		if err := n.Emit(record.StageEnded{Stage: 1, Reason: reason}); err != nil || errs.Len() > 0 {
			t.Errorf("%s: said %q; %v", reason, errs.String(), err)
		}
	}
	if err := n.Emit(record.StageEnded{Stage: 1, Reason: "epochs"}); err != nil || !strings.Contains(errs.String(), "train loss") {
		t.Errorf("said %q; %v", errs.String(), err)
	}
}
