package paper

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
)

// Every cell but the first draws one thing anew, and the table sorts the runs by it: the spread of a
// row is that of its own runs and the first.
func TestVariance(t *testing.T) {
	s := Setup{Data: Data{Name: "d", Classes: []string{"a", "b", "c", "d"}}, Scale: "tiny", Seeds: 3}
	var runs []report.Run
	for _, c := range s.varianceSuite().Cells {
		init, order, classes := c.Config.Seeds()
		other := 0
		top1 := .5
		for _, d := range []struct {
			seed  uint64
			worth float64
		}{{init, .01}, {order, .02}, {classes, .04}} {
			if d.seed != 1 {
				other++
				top1 += d.worth * float64(d.seed)
			}
		}
		if want := min(len(runs), 1); other != want {
			t.Errorf("%s draws %d things anew; want %d", c.Name, other, want)
		}
		runs = append(runs, report.Run{
			Started: record.RunStarted{Config: c.Config.Map(), Seeds: map[string]uint64{"init": init, "order": order, "classes": classes}},
			Ended:   &record.RunEnded{Status: "done", Top1Last: &top1},
		})
	}
	rows := s.varianceTable(runs).Rows
	for i, worth := range []float64{1, 2, 4} { // points: 50, 50 + 2 worth, 50 + 3 worth
		mean := 50 + 5*worth/3
		sd := math.Sqrt((math.Pow(50-mean, 2) + math.Pow(50+2*worth-mean, 2) + math.Pow(50+3*worth-mean, 2)) / 2)
		want := []string{streams[i].words, "3", fmt.Sprintf("%.2f", mean), "±" + fmt.Sprintf("%.2f", sd), "50.00", fmt.Sprintf("%.2f", 50+3*worth)}
		if !slices.Equal(rows[i], want) {
			t.Errorf("%v; want %v", rows[i], want)
		}
	}
}
