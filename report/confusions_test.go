package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// The page has the confusions of the last stage that was evaluated; cells of classes that there are
// not are passed over, and so is a matrix that is too wide.
func TestConfusions(t *testing.T) {
	r := demo(1)[2]
	if confusions(r) != nil {
		t.Fatal("confusions out of nothing")
	}
	r.Stages[0].Ended.Confusion = [][3]int{{0, 0, 9}}
	r.Stages[1].Ended.Confusion = [][3]int{{0, 1, 3}, {1, 1, 4711}, {10, 0, 1}, {0, -1, 1}, {1 << 40, 2, 1}}
	v := confusions(r)
	if v.Stage != 2 || v.Rows[0][1] != "3" || v.Rows[1][1] != "4711" || strings.Join(slices.Concat(v.Rows...), "") != "34711" {
		t.Errorf("%+v", v)
	}
	var page bytes.Buffer
	if err := (Page{Runs: []Run{r}}).Write(&page); err != nil || !strings.Contains(page.String(), "Confusions after stage 2") || !strings.Contains(page.String(), "<td>4711</td>") {
		t.Errorf("the page has no confusions: %v", err)
	}
	r.Started.Data.Classes = make([]string, widest+1)
	if confusions(r) != nil {
		t.Errorf("a page has %d classes across", widest+1)
	}
}

// A run that was not evaluated has none.
func TestNoConfusions(t *testing.T) {
	r := Run{Started: record.RunStarted{Data: record.Data{Classes: []string{"a"}}}, Stages: []Stage{{}}}
	if confusions(r) != nil {
		t.Error("confusions out of nothing")
	}
}
