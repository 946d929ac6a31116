package report

import "strconv"

// confusedView is the confusion matrix at the end of a run's last stage.
type confusedView struct {
	Stage int
	Names []string   // by class
	Rows  [][]string // [label][prediction] test samples, "" for none
}

// widest is the most classes whose confusion matrix a page shows.
const widest = 20

// confusions returns the matrix of the last stage that has one, nil where it is too wide.
func confusions(r Run) *confusedView {
	k := len(r.Started.Data.Classes)
	for i := len(r.Stages) - 1; i >= 0 && k <= widest; i-- {
		if end := r.Stages[i].Ended; end != nil && end.Confusion != nil {
			return newConfusedView(r, end.Stage, end.Confusion)
		}
	}
	return nil
}

// newConfusedView lays the cells out; a log may hold some of classes that there are not.
func newConfusedView(r Run, stage int, cells [][3]int) *confusedView {
	v := &confusedView{Stage: stage, Names: r.Started.Data.Classes}
	for range v.Names {
		v.Rows = append(v.Rows, make([]string, len(v.Names)))
	}
	for _, c := range cells {
		if label, predicted := c[0], c[1]; min(label, predicted) >= 0 && max(label, predicted) < len(v.Names) {
			v.Rows[label][predicted] = strconv.Itoa(c[2])
		}
	}
	return v
}
