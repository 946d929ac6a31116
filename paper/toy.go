package paper

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/data/toy"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// toyExperiment is figure 2.
func toyExperiment() Experiment {
	return Experiment{
		Name: "toy", Short: "Draw the loss curves on three Gaussians: figure 2",
		Long: `Figure 2 (section 5.1): three classes of two-dimensional Gaussians, (g) well separated
and (i) overlapping; a network of one hidden layer on (g), of three on (g), and of one on
(i); SGD without momentum at a learning rate of 0.01. Panels (a), (b), (c) show the
baseline and self-paced learning, (d), (e), (f) the baseline and LGL, which trains two
classes first. The curves are the loss on the test set, all classes, after every epoch
in which all classes are in. A line shows the least loss that any classifier can have.
(h) shows the training samples of (g) by their loss under the first baseline of (a).`,
		Suite: Setup.toySuite,
		Result: func(ctx context.Context, s Setup, runs []report.Run, p Prober) (Result, error) {
			return s.toyResult(ctx, runs, p)
		},
	}
}

// toySetting is a column of figure 2.
type toySetting struct {
	panels string // of its curves
	data   string
	layout toy.Layout
	hidden int
}

var toySettings = []toySetting{
	{"a d", "toy", toy.Separated, 1},
	{"b e", "toy", toy.Separated, 3},
	{"c f", "toy-overlap", toy.Overlap, 1},
}

// toyMethods are the rows of the table. LGL has two stages: two classes, then all three.
var toyMethods = []method{baseline, equal(2), selfPaced[0], selfPaced[1], lgl("random", 2)}

// toyBase holds what all cells of a setting share: section 5.1's, where it says. Self-paced learning
// selects from the first epoch on, as the paper's curves show.
func (s Setup) toyBase(t toySetting) config.Config {
	c := config.Paper()
	c.Data, c.Model, c.Width, c.Hidden = t.data, "mlp", 1, t.hidden
	c.LR, c.LRDecay, c.Momentum, c.WeightDecay = 0.01, 1, 0, 0
	c.Epochs, c.EntropySamples, c.PaceWarmup = 100, 0, 0
	switch s.Scale {
	case "small":
		c.Epochs = 40
	case "tiny":
		c.Epochs, c.TrainSamples, c.Batch = 4, 300, 32
	}
	return c
}

func (s Setup) toySuite() Suite {
	suite := Suite{Title: s.toyTitle()}
	for _, t := range toySettings {
		var methods []method
		for _, m := range toyMethods {
			methods = append(methods, method{fmt.Sprintf("%s-%d-%s", t.data, t.hidden, m.name), m.set})
		}
		suite.Cells = append(suite.Cells, s.cells(s.toyBase(t), methods)...)
	}
	return suite
}

func (s Setup) toyTitle() string { return "Figure 2: three Gaussians, scale " + s.Scale }

// of returns the runs of a setting.
func (t toySetting) of(runs []report.Run) []report.Run {
	return with(with(runs, "data", t.data), "hidden", t.hidden)
}

func (s Setup) toyResult(ctx context.Context, runs []report.Run, p Prober) (Result, error) {
	f := figure.Figure{Columns: 3, Panels: make([]figure.Panel, 9)}
	for i, t := range toySettings {
		own := t.of(runs)
		f.Panels[i] = t.curvePanel(i, own, func(method string) bool { return !strings.Contains(method, "lgl") && method != "baseline-equal" })
		f.Panels[3+i] = t.curvePanel(3+i, own, func(method string) bool { return method == "baseline" || method == "lgl" })
	}
	far, err := toySettings[0].samples(ctx, runs, p)
	if err != nil {
		return Result{}, err
	}
	near, err := toySettings[2].samples(ctx, runs, p)
	if err != nil {
		return Result{}, err
	}
	f.Panels[6], f.Panels[7], f.Panels[8] = toySettings[0].classPanel(6, far), lossPanel(7, far), toySettings[2].classPanel(8, near)
	return Result{[]report.Sheet{s.toyTable(runs)}, &f, "Figure 2 of the paper: loss curves of the methods in three settings, and the data."}, nil
}

// samples asks for some of the training samples of a setting, with their losses under its first baseline.
func (t toySetting) samples(ctx context.Context, runs []report.Run, p Prober) ([]Sample, error) {
	own := t.of(runs)
	i := slices.IndexFunc(own, func(r report.Run) bool { return r.Started.Method == "baseline" })
	all, err := p.Samples(ctx, own[i].Dir)
	return all[:min(len(all), shownSamples)], err
}

// curvePanel draws the test loss of the methods that shown takes. LGL's last stage is drawn from 0,
// as in the paper, and a second time, dotted, after the samples of its first stage.
func (t toySetting) curvePanel(number int, runs []report.Run, shown func(method string) bool) figure.Panel {
	p := figure.Panel{Title: t.title(number), X: "epochs, all classes in", Y: "test loss (nats)",
		Levels: []figure.Level{{Name: "least possible loss", Style: figure.Style{Color: figure.Muted, Dash: 2}, Y: t.layout.BayesLoss()}}}
	look := styles(report.Table(runs))
	for i, c := range report.Finals(runs, loss) {
		if !shown(c.Method) {
			continue
		}
		curve := figure.Curve{Name: c.Label, Style: look[i], X: c.Epoch, Y: c.Mean, Low: c.Low, High: c.High}
		p.Curves = append(p.Curves, curve)
		if c.Before > 0 {
			curve.Name, curve.Style.Dash, curve.Low, curve.High = c.Label+", first stage counted", 2, nil, nil
			curve.X = slices.Clone(curve.X)
			for j := range curve.X {
				curve.X[j] += c.Before
			}
			p.Curves = append(p.Curves, curve)
		}
	}
	return p
}

// title names a panel as the paper does, with what it shows.
func (t toySetting) title(number int) string {
	layers := "1 hidden layer"
	if t.hidden > 1 {
		layers = fmt.Sprintf("%d hidden layers", t.hidden)
	}
	return fmt.Sprintf("(%c) %s, %s", 'a'+number, layers, t.layout)
}

// loss is the mean cross-entropy on the test set.
func loss(a record.Accuracy) float64 { return a.Loss }

// shownSamples is how many samples a panel of points shows.
const shownSamples = 900

// classColors are colours that no line of the figure has.
var classColors = []int{1, 2, 5}

// classPanel draws samples by class.
func (t toySetting) classPanel(number int, samples []Sample) figure.Panel {
	clouds := make([]figure.Cloud, 3)
	for k := range clouds {
		clouds[k] = figure.Cloud{Name: fmt.Sprintf("class %d", k), Style: figure.Style{Color: classColors[k]}}
	}
	for _, x := range samples {
		c := &clouds[x.Label]
		c.X, c.Y = append(c.X, float64(x.X[0])), append(c.Y, float64(x.X[1]))
	}
	return figure.Panel{Title: fmt.Sprintf("(%c) %s, Bayes error %.4f", 'a'+number, t.layout, t.layout.BayesError()), X: "x", Y: "y", Clouds: clouds}
}

// lossPanel draws samples by loss.
func lossPanel(number int, samples []Sample) figure.Panel {
	c := figure.Cloud{Style: figure.Style{Color: classColors[0]}}
	for _, x := range samples {
		c.X, c.Y = append(c.X, float64(x.X[0])), append(c.Y, float64(x.X[1]))
		c.Values = append(c.Values, math.Log10(max(x.Loss, 1e-12)))
	}
	lo, hi := slices.Min(c.Values), slices.Max(c.Values)
	return figure.Panel{Title: fmt.Sprintf("(%c) loss of the samples of (g), log scale", 'a'+number), X: "x", Y: "y", Clouds: []figure.Cloud{c},
		Scale: &figure.Scale{Low: lo, High: hi, LowText: fmt.Sprintf("%.0e", math.Pow(10, lo)), HighText: fmt.Sprintf("%.0e", math.Pow(10, hi))}}
}

// toyColumns name the columns of the table's data.
var toyColumns = []string{"panels", "data", "hidden", "method", "n", "loss", "loss_sd", "least_loss", "top1", "top1_sd", "bayes_top1", "epochs_to_90", "epochs_before", "reached", "cost", "scale"}

// toyTable gives the numbers behind the curves.
func (s Setup) toyTable(runs []report.Run) report.Sheet {
	t := report.Sheet{
		Title:  s.toyTitle(),
		Header: []string{"panels", "data", "hidden", "method", "n", "loss", "spread", "top-1 %", "epochs to 90%", "cost", "H(T|X) at starts"},
		Left:   []string{"data", "method", "H(T|X) at starts"}, Data: [][]string{append(slices.Clone(toyColumns), "h_at_starts")},
	}
	for _, setting := range toySettings {
		own := setting.of(runs)
		for i, row := range report.Table(own) {
			cells, data := s.toyRow(setting, row, report.Finals(own, loss)[i], own)
			t.Rows, t.Data = append(t.Rows, cells), append(t.Data, data)
		}
		t.Rows = append(t.Rows, setting.bestRow())
	}
	t.Notes = []string{
		"loss: on the test set, all classes, after the last epoch, in nats, mean over n seeds ± sample standard deviation. best possible: the loss of the " +
			"true posterior, and top-1 of the Bayes classifier, integrated; a test set of finite size, drawn anew for every seed, may give a little more.",
		"epochs to 90%: epochs, all classes in, after which the test loss has come nine tenths of the way from log 3 to the least possible, mean over the seeds that came so far; " +
			"in brackets the samples trained on before, in epochs of all the data. H(T|X) at starts: of the active classes before the first step of each stage, mean over seeds, in nats. Bands in the figure: lowest to highest seed.",
	}
	t.Notes = append(append(t.Notes, report.Basis(runs)...), fmt.Sprintf("Scale %s: SGD, learning rate 0.01 fixed, no momentum, no weight decay; hidden layers of 64.", s.Scale))
	return t
}

// bestRow is the row of the best classifier that there can be.
func (t toySetting) bestRow() []string {
	return []string{t.panelNames(), t.data, "", "best possible", "", fmt.Sprintf("%.4f", t.layout.BayesLoss()), "",
		fmt.Sprintf("%.2f", 100*(1-t.layout.BayesError())), "", "", ""}
}

// panelNames are the panels of a setting as the paper names them: "(a, d)".
func (t toySetting) panelNames() string { return "(" + strings.ReplaceAll(t.panels, " ", ", ") + ")" }

// toyRow is a row of the table, for people and for programs.
func (s Setup) toyRow(t toySetting, row report.Row, c report.Series, runs []report.Run) (cells, data []string) {
	own := slices.DeleteFunc(slices.Clone(runs), func(r report.Run) bool { return r.Started.Label != row.Label })
	losses, reached := t.ends(own)
	mean, sd := stat.MeanStdDev(losses, nil)
	spread, sdText, top1SD := "n=1", "", ""
	if len(losses) > 1 {
		spread, sdText, top1SD = fmt.Sprintf("±%.4f", sd), fmt.Sprintf("%.6g", sd), fmt.Sprintf("%.6g", *row.Spread)
	}
	to90, to90Text := "never", ""
	if len(reached) > 0 {
		m := stat.Mean(reached, nil)
		to90, to90Text = fmt.Sprintf("%.1f", m), fmt.Sprintf("%.6g", m)
		if len(reached) < len(own) {
			to90 += fmt.Sprintf(" (%d of %d)", len(reached), len(own))
		}
	}
	if c.Before > 0 {
		to90 += fmt.Sprintf(" (+%.1f)", c.Before)
	}
	starts := entropiesAtStarts(own)
	bayes, least := 1-t.layout.BayesError(), t.layout.BayesLoss()
	cells = []string{t.panelNames(), t.data, fmt.Sprint(t.hidden), row.Label, fmt.Sprint(row.N), fmt.Sprintf("%.4f", mean), spread,
		fmt.Sprintf("%.2f", 100**row.Top1), to90, fmt.Sprintf("%.2fx", *row.Cost), starts}
	data = []string{t.panels, t.data, fmt.Sprint(t.hidden), row.Label, fmt.Sprint(row.N), fmt.Sprintf("%.6g", mean), sdText,
		fmt.Sprintf("%.6g", least), fmt.Sprintf("%.6g", *row.Top1), top1SD, fmt.Sprintf("%.6g", bayes), to90Text, fmt.Sprintf("%.6g", c.Before),
		fmt.Sprint(len(reached)), fmt.Sprintf("%.6g", *row.Cost), s.Scale, starts}
	return cells, data
}

// ends are the losses that runs end with, and the epochs at which they reached the target, of those that did.
func (t toySetting) ends(runs []report.Run) (losses, reached []float64) {
	for _, r := range runs {
		curve := report.Finals([]report.Run{r}, loss)[0]
		losses = append(losses, curve.Mean[len(curve.Mean)-1])
		if at := slices.IndexFunc(curve.Mean, func(v float64) bool { return v <= t.target() }); at >= 0 {
			reached = append(reached, curve.Epoch[at])
		}
	}
	return losses, reached
}

// target is the loss nine tenths of the way from chance to the least possible.
func (t toySetting) target() float64 {
	least := t.layout.BayesLoss()
	return least + 0.1*(math.Log(3)-least)
}

// entropiesAtStarts writes the mean H(T|X) before each stage: "0.657, 1.012".
func entropiesAtStarts(runs []report.Run) string {
	longest := slices.MaxFunc(runs, func(a, b report.Run) int { return cmp.Compare(len(a.Stages), len(b.Stages)) })
	var words []string
	for k := range longest.Stages {
		var all []float64
		for _, r := range runs {
			if k < len(r.Stages) && r.Stages[k].Started.EntropyActive != nil {
				all = append(all, *r.Stages[k].Started.EntropyActive)
			}
		}
		words = append(words, fmt.Sprintf("%.3f", stat.Mean(all, nil)))
	}
	return strings.Join(words, ", ")
}
