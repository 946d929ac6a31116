package report

import (
	"strings"
	"testing"
)

// A network that always names the largest class is found out, in table and page; of classes of about one size nothing is said.
func TestUnevenClasses(t *testing.T) {
	r := demo(1)[2]
	last := r.Stages[len(r.Stages)-1].Ended
	for _, c := range []struct {
		confusion [][3]int
		want      string
	}{
		{[][3]int{{0, 0, 60}, {1, 0, 20}, {2, 0, 10}, {2, 2, 10}}, "a top-1 of 60.00 %. Mean of the classes' accuracies, each class counted once, in %: LGL(r,3) 50.00."},
		{[][3]int{{0, 0, 40}, {1, 0, 30}, {2, 2, 30}}, ""},
		{nil, ""},
	} {
		last.Confusion = c.confusion
		notes := strings.Join(Notes([]Run{r}), "\n")
		if strings.Contains(notes, "kept") {
			t.Errorf("%v: %s; the weights are the last ones", c.confusion, notes)
		}
		if said := strings.Contains(notes, "Uneven classes"); said != (c.want != "") || !strings.Contains(notes, c.want) {
			t.Errorf("%v: %s; want %q in it", c.confusion, notes, c.want)
		}
	}
}

// The confusions of a run that kept other weights than its last say nothing of the last, whose top-1 the table has.
func TestUnevenClassesOfKeptWeights(t *testing.T) {
	r := keptBest()
	r.Stages[len(r.Stages)-1].Ended.Confusion = [][3]int{{0, 0, 60}, {1, 0, 20}, {2, 0, 10}, {2, 2, 10}}
	if notes := strings.Join(Notes([]Run{r}), "\n"); !strings.Contains(notes, "in % (of the weights that runs kept, where these are not the last") {
		t.Error(notes)
	}
}
