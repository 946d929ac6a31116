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

// Among runs on several data sets the share is that of the one named with it.
func TestUnevenClassesOfSeveralData(t *testing.T) {
	runs := demo(1)[2:5]
	for i, confusion := range [][][3]int{{{0, 0, 60}, {1, 0, 20}, {2, 2, 20}}, {{0, 0, 70}, {1, 0, 20}, {2, 2, 10}}, {{0, 0, 40}, {1, 0, 30}, {2, 2, 30}}} {
		runs[i].Stages[len(runs[i].Stages)-1].Ended.Confusion = confusion
	}
	for _, c := range []struct {
		names [3]string
		want  string
	}{
		{[3]string{"cats", "dogs", "even"}, "is a top-1 of 60.00 % on cats or 70.00 % on dogs. Mean"},
		{[3]string{"cats", "cats", "even"}, "is a top-1 of 60.00 % on cats or 70.00 % on cats. Mean"},
		{[3]string{"cats", "cats", "cats"}, "is a top-1 of 60.00 or 70.00 %. Mean"},
	} {
		for i, name := range c.names {
			runs[i].Started.Data.Name = name
		}
		if notes := strings.Join(Notes(runs), "\n"); !strings.Contains(notes, c.want) {
			t.Errorf("%v: %s; want %q in it", c.names, notes, c.want)
		}
	}
}
