package paper

import (
	"fmt"
	"strings"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/report"
)

// published holds top-1 in tables 1, 3 and 4 of the paper, and in its section 5.2, by data set (and
// network) and label: one run each; on CIFAR VGG-16, 100 epochs a stage.
var published = map[string]map[string]float64{
	"CIFAR-10": {
		"baseline": .9303, "SPL": .9260, "SPL_INV": .9296, "SPLD": .9285,
		"LGL(r,2)": .9311, "LGL(r,3)": .9359, "LGL(r,4)": .9397, "LGL(d,3)": .9373, "LGL(s,3)": .9363,
	},
	"CIFAR-100": {
		"baseline": .7111, "SPL": .7030, "SPL_INV": .7050, "SPLD": .7025,
		"LGL(r,2)": .7267, "LGL(r,3)": .7342, "LGL(r,4)": .7417, "LGL(r,20)": .7491, "LGL(d,3)": .7354, "LGL(s,3)": .7323,
	},
	"ImageNet, VGG-16":    {"baseline": .71846, "LGL(r,2)": .72534, "LGL(r,3)": .72912},
	"ImageNet, ResNet-50": {"baseline": .75290, "LGL(r,2)": .75858, "LGL(r,3)": .76166},
}

// publishedNear is table 2 of the paper, on CIFAR-100: trained classes, those with lowest and those
// with highest H(T|X).
var publishedNear = [][3]string{
	{"forest, cloud, bottle, bowl, can", "oak, willow, plain, maple, sea", "spider, bridge, lizard, beetle, wolf"},
	{"bicycle, bus, bear, lion, leopard", "pickup truck, streetcar, whale, cloud, skyscraper", "road, trout, table, roses, baby"},
}

// ofPaper is the paper's number, of these by label, for a run of a label; numbers of fewer bits make no other method.
func ofPaper(numbers map[string]float64, label string) (top1 float64, found bool) {
	for _, precision := range config.Words("precision") {
		label = strings.Replace(label, " ("+precision+")", "", 1)
		label = strings.Replace(label, ", "+precision+")", ")", 1)
	}
	top1, found = numbers[label]
	return top1, found
}

// addPublished puts the paper's numbers on some data beside those of the table, and a column with the
// scale into its data.
func (s Setup) addPublished(t *report.Sheet, on string) {
	var cells, values []string
	for _, r := range t.Rows {
		cell, value := "-", ""
		if v, ok := ofPaper(published[on], r[0]); ok {
			cell, value = fmt.Sprintf("%.2f", 100*v), fmt.Sprint(v)
		}
		cells, values = append(cells, cell), append(values, value)
	}
	t.Insert(1, "paper %", "paper_top1", cells, values)
	for i := range t.Data {
		t.Data[i] = append(t.Data[i], s.Scale)
	}
	t.Data[0][len(t.Data[0])-1] = "scale"
	t.Notes = append(t.Notes, fmt.Sprintf("paper: top-1 in Cheng et al., on %s, one run each; -: not in the paper.", on))
}
