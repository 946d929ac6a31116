package task

import (
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// The losses of a baseline say nothing of other pictures under the same name; a log without a digest is taken as it was.
func TestPaceOfOtherPictures(t *testing.T) {
	made, err := NewSets(nil).Prepare(t.Context(), points(), nil)
	if err != nil {
		t.Fatal(err)
	}
	made.Pictures = "now"
	for sum, want := range map[string]string{"now": "", "": "", "before": "other pictures"} {
		r := report.Run{Ended: &record.RunEnded{Status: "done"}, Started: record.RunStarted{Method: "baseline", Data: record.Data{
			Name: made.Set.Name, Classes: made.Set.Train.Classes(), PerClass: made.PerClass, SHA256: sum,
		}}}
		if err := made.checkPace(r); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("digest %q: %v; want %q", sum, err, want)
		}
	}
}
