package paper

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// table2 is table 2.
func table2() Experiment {
	return Experiment{
		Name: "table2", Short: "List the classes nearest to and farthest from trained ones by H(T|X): table 2",
		Long: `Table 2 (section 5.3): train on a list of classes alone, then list the other classes
with the lowest H(T|X), the nearest to the trained ones, and with the highest. H is as
lgl entropy computes it, here its mean over the seeds. --trained gives a list, and may
be given more than once; else two lists are trained, on CIFAR-100 the paper's.`,
		Data: images, Suite: Setup.table2Suite,
		Result: func(ctx context.Context, s Setup, runs []report.Run, p Prober) (Result, error) {
			return s.table2Result(ctx, runs, p)
		},
	}
}

// trainedLists are lists that make sense to an eye: the paper's for CIFAR-100, and for each other
// data set classes of which some have near kin among the rest.
var trainedLists = [][]string{
	{"forest", "cloud", "bottle", "bowl", "can"}, {"bicycle", "bus", "bear", "lion", "leopard"}, // the paper's
	{"T-shirt/top", "Trouser", "Sneaker"}, {"Sandal", "Dress", "Coat"}, // Fashion-MNIST
	{"airplane", "automobile", "cat"}, {"ship", "deer", "dog"}, // CIFAR-10
	{"digit-0", "latin-I", "latin-E", "latin-V", "digit-8"}, {"latin-Q", "latin-T", "latin-F", "latin-W", "latin-b-small"}, // glyphs
}

// lists are the lists of classes to train on: those asked for, those above that the data has, or the first
// classes and the ones after them.
func (s Setup) lists() [][]int {
	if s.Trained != nil {
		return s.Trained
	}
	var lists [][]int
	for _, names := range trainedLists {
		if list, ok := s.Data.indices(names); ok {
			lists = append(lists, list)
		}
	}
	k := len(s.Data.Classes)
	n := min(5, max(2, k/3)) // under one class H(T|X) is 0 for all
	if lists == nil && n < k {
		lists = append(lists, span(0, n))
		if 2*n <= k {
			lists = append(lists, span(n, 2*n))
		}
	}
	return lists
}

// indices are those of class names; false if the data lack one.
func (d Data) indices(names []string) (ks []int, ok bool) {
	for _, name := range names {
		k := slices.Index(d.Classes, name)
		if k < 0 {
			return nil, false
		}
		ks = append(ks, k)
	}
	return ks, true
}

// span is from, from+1 ... to-1.
func span(from, to int) (ks []int) {
	for k := from; k < to; k++ {
		ks = append(ks, k)
	}
	return ks
}

// table2Suite trains every list, seed by seed.
func (s Setup) table2Suite() Suite {
	var methods []method
	for _, list := range s.lists() {
		name := "only"
		for _, k := range list {
			name += fmt.Sprintf("-%d", k) // a class's name may be none of a directory
		}
		methods = append(methods, method{name, func(c *config.Config) {
			c.Method, c.OnlyClasses = "baseline", config.ListClasses(list, s.Data.Classes)
		}})
	}
	return Suite{Title: s.heading("Table 2"), Cells: s.cells(s.table2Base(), methods)}
}

// table2Base takes, at small too, all training images: a few classes have few enough.
func (s Setup) table2Base() config.Config {
	c := s.base()
	switch s.Scale {
	case "small":
		c.TrainSamples = 0
	case "tiny":
		c.Batch = 5 // a few classes of a hundred have few samples
	}
	return c
}

// distance is H(T|X_{i}) of class i under runs on other classes.
type distance struct {
	class   int
	trained bool
	each    []float64 // in nats, a value a seed
}

func (d distance) mean() float64 { return stat.Mean(d.each, nil) }

// table2Result measures H under every run.
func (s Setup) table2Result(ctx context.Context, runs []report.Run, p Prober) (Result, error) {
	if len(s.lists()) == 0 {
		return Result{}, fmt.Errorf("table 2 needs two classes to train on and one more; %s has %d", s.Data.Name, len(s.Data.Classes))
	}
	head := report.Sheet{Title: s.heading("Table 2"), Header: []string{"trained", "n", "lowest H(T|X)", "highest H(T|X)", "top-1 % of trained"},
		Left: []string{"lowest H(T|X)", "highest H(T|X)"}}
	all := report.Sheet{Title: s.heading("Table 2, every class"), Header: []string{"list", "class", "trained", "n", "H mean", "H spread"}, Left: []string{"class", "trained"},
		Data: [][]string{{"trained_on", "class", "name", "trained", "n", "h_mean", "h_sd"}}}
	f := figure.Figure{Columns: min(2, len(s.lists()))}
	for _, classes := range s.lists() {
		list := config.ListClasses(classes, s.Data.Classes)
		own := with(runs, "only-classes", list)
		distances, err := s.distances(ctx, own, p)
		if err != nil {
			return Result{}, err
		}
		names := s.names(classes)
		low, high := s.ends(distances)
		head.Rows = append(head.Rows, []string{names, fmt.Sprint(len(own)), s.listing(low), s.listing(high), fmt.Sprintf("%.2f", 100*activeTop1(own))})
		s.addDistances(&all, len(head.Rows), list, distances)
		f.Panels = append(f.Panels, s.distancePanel(names, low, high))
	}
	for _, r := range publishedNear {
		head.Rows = append(head.Rows, []string{"paper, CIFAR-100: " + r[0], "1", r[1], r[2], "-"})
	}
	head.Notes = []string{"H(T|X) in nats, mean over n seeds: of the softmax renormalised over the trained classes, over all training samples of a class that was not " +
		"trained; lowest: the nearest, nearest first; highest: the farthest, farthest first. top-1: test samples of the trained classes, at the last epoch."}
	head.Notes = append(append(head.Notes, report.Basis(runs)...), s.scaleNote(s.table2Base()))
	all.Notes = []string{"H spread: sample standard deviation over the seeds; n=1 has none. list: the row of table 2."}
	f.Height = rowsHeight(len(f.Panels[0].Rows))
	f.Width = rowsWidth * 3 / 4
	return Result{[]report.Sheet{head, all}, &f, "For each list of trained classes, rows of dots: H(T|X) of the nearest and the farthest other classes."}, nil
}

// distances asks for H of every class under every run of a list.
func (s Setup) distances(ctx context.Context, runs []report.Run, p Prober) ([]distance, error) {
	out := make([]distance, len(s.Data.Classes))
	for _, r := range runs {
		h, err := p.Entropies(ctx, r.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(r.Dir), err)
		}
		for k := range out {
			out[k].class, out[k].trained = k, slices.Contains(r.Stages[0].Started.Classes, k)
			out[k].each = append(out[k].each, h[k])
		}
	}
	return out, nil
}

// ends are the classes not trained that are nearest, in rising order, and farthest, in falling
// order: five of each, or fewer where there are not ten.
func (s Setup) ends(all []distance) (low, high []distance) {
	others := slices.DeleteFunc(slices.Clone(all), func(d distance) bool { return d.trained })
	slices.SortStableFunc(others, func(a, b distance) int { return cmp.Compare(a.mean(), b.mean()) })
	n := min(5, max(1, len(others)/2), len(others))
	low, high = others[:n], slices.Clone(others[len(others)-n:])
	slices.Reverse(high)
	return low, high
}

// names writes classes as names.
func (s Setup) names(classes []int) string {
	var names []string
	for _, k := range classes {
		names = append(names, s.Data.Classes[k])
	}
	return strings.Join(names, ", ")
}

// listing writes classes with their H.
func (s Setup) listing(ds []distance) string {
	var words []string
	for _, d := range ds {
		words = append(words, fmt.Sprintf("%s %.3f", s.Data.Classes[d.class], d.mean()))
	}
	return strings.Join(words, ", ")
}

// activeTop1 is the mean accuracy on the trained classes.
func activeTop1(runs []report.Run) float64 {
	var all []float64
	for _, r := range runs {
		epochs := r.Stages[0].Epochs
		all = append(all, epochs[len(epochs)-1].Test.Top1Active)
	}
	return stat.Mean(all, nil)
}

// addDistances lists every class of a list, nearest first.
func (s Setup) addDistances(t *report.Sheet, number int, list string, all []distance) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b distance) int { return cmp.Compare(a.mean(), b.mean()) })
	for _, d := range sorted {
		trained := map[bool]string{true: "yes", false: "no"}[d.trained]
		spread, sd := "n=1", ""
		if len(d.each) > 1 {
			v := stat.StdDev(d.each, nil)
			spread, sd = fmt.Sprintf("±%.3f", v), fmt.Sprintf("%.6g", v)
		}
		n, name := fmt.Sprint(len(d.each)), s.Data.Classes[d.class]
		t.Rows = append(t.Rows, []string{fmt.Sprint(number), name, trained, n, fmt.Sprintf("%.3f", d.mean()), spread})
		t.Data = append(t.Data, []string{list, fmt.Sprint(d.class), name, trained, n, fmt.Sprintf("%.6g", d.mean()), sd})
	}
}

// distancePanel draws the nearest classes over the farthest, in rising order of H.
func (s Setup) distancePanel(trained string, low, high []distance) figure.Panel {
	p := figure.Panel{Title: "trained: " + trained, X: "H(T|X) in nats, a dot a seed"}
	high = slices.Clone(high)
	slices.Reverse(high)
	for i, d := range slices.Concat(low, high) {
		mean := d.mean()
		style := figure.Style{Color: 0}
		if i >= len(low) {
			style.Color = 1
		}
		p.Rows = append(p.Rows, figure.Row{Name: s.Data.Classes[d.class], Style: style, Dots: d.each, Mean: &mean})
	}
	return p
}
