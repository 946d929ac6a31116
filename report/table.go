package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// Row is the result of one method under one set of settings, over its seeds. Only runs that came
// to their planned end count. Every mean is over the N runs.
type Row struct {
	Label    string   `json:"label"`  // "LGL(d,3)", and where that is not unique what differs
	Method   string   `json:"method"` // as in record.RunStarted
	N        int      `json:"n"`
	Seeds    []string `json:"seeds"`         // of the N runs
	Top1     *float64 `json:"top1"`          // mean on the test set at the last epoch, 0..1; nil: N = 0
	Spread   *float64 `json:"spread"`        // its sample standard deviation; nil: N < 2
	Cost     *float64 `json:"cost"`          // Samples over the baseline's; nil: not known
	Samples  int64    `json:"samples"`       // mean number trained on
	Probed   int64    `json:"probed"`        // mean number only forwarded, to choose, for H(T|X) and as a teacher's
	Seconds  float64  `json:"seconds"`       // mean spent in training steps
	Diff     *Diff    `json:"diff"`          // top-1 minus that of the baseline that sees as many samples, paired by seed; nil: no such pair
	Plain    *Diff    `json:"diff_baseline"` // the same minus baseline's; nil: no such pair
	BestTest bool     `json:"best_test"`     // stages hand on the weights that were best on the TEST set
	each     []float64
	equal    string // the method of Diff's baseline: under a budget the baseline itself
}

// Table returns one row for each method and set of settings: the baselines, then the others in
// the order in which they come in runs.
func Table(runs []Run) []Row { return rowsOf(groups(runs)) }

// rowsOf summarises groups.
func rowsOf(all []*group) []Row {
	rows := make([]Row, len(all))
	for i, g := range all {
		rows[i] = g.row(all)
	}
	return rows
}

// row summarises the finished runs of g.
func (g *group) row(all []*group) Row {
	done := g.done()
	row := Row{Label: g.label, Method: g.method, N: len(done), Seeds: []string{}, BestTest: g.bestTest()}
	if len(done) == 0 {
		return row
	}
	for _, r := range done {
		row.Seeds = append(row.Seeds, Seeds(r.Started))
	}
	row.each = valuesOf(done, top1)
	mean, spread := stat.MeanStdDev(row.each, nil)
	row.Top1 = &mean
	if len(done) > 1 {
		row.Spread = &spread
	}
	row.Samples = int64(math.Round(meanOf(done, samplesSeen)))
	row.Probed = int64(math.Round(meanOf(done, func(r Run) float64 { return float64(r.Ended.SamplesProbed) })))
	row.Seconds = meanOf(done, func(r Run) float64 { return r.Ended.TrainSeconds })
	if unit := g.costUnit(all); unit > 0 {
		cost := meanOf(done, samplesSeen) / unit
		row.Cost = &cost
	}
	if row.Diff = g.diff(all); row.Diff != nil {
		row.equal = g.beside(all, "baseline-equal").method
	}
	if b := g.beside(all, "baseline"); b != g {
		row.Plain = pairedDiff(g, b)
	}
	return row
}

func top1(r Run) float64        { return record.Value(r.Ended.Top1Last) }
func samplesSeen(r Run) float64 { return float64(r.Ended.SamplesSeen) }

// costUnit is the samples that the baseline beside g saw; without one, epochs x training samples,
// as the run predicted it; 0 if that is not known.
func (g *group) costUnit(all []*group) float64 {
	if b := g.beside(all, "baseline"); b != nil && len(b.done()) > 0 {
		return meanOf(b.done(), samplesSeen)
	}
	if s := g.runs[0].Started; s.CostPredicted > 0 {
		return float64(s.SamplesPredicted) / s.CostPredicted
	}
	return 0
}

// diff pairs g with the baseline that sees as many samples, by seed; nil for a baseline and where there is no pair.
func (g *group) diff(all []*group) *Diff {
	b := g.beside(all, "baseline-equal")
	if rank(g.method) < 2 {
		return nil
	}
	return pairedDiff(g, b)
}

// pairedDiff is g's top-1 minus b's, paired by seed; nil without a b or a common seed.
func pairedDiff(g, b *group) *Diff {
	if b == nil {
		return nil
	}
	return Paired(g.top1BySeed(), b.top1BySeed())
}

// top1BySeed is the top-1 of the finished runs by seed: the mean of those of one seed that extend several networks,
// for these are no pairs of their own.
func (g *group) top1BySeed() map[string]float64 {
	each := map[string][]float64{}
	for _, r := range g.done() {
		each[Seeds(r.Started)] = append(each[Seeds(r.Started)], top1(r))
	}
	means := map[string]float64{}
	for seed, v := range each {
		means[seed] = stat.Mean(v, nil)
	}
	return means
}

// Notes returns the footnotes of Table: data, sizes, model, epochs and seeds; the selection rule;
// what the columns mean; engine and machine; and what is left out. The first says what was trained.
func Notes(runs []Run) []string {
	if len(runs) == 0 {
		return []string{"No runs."}
	}
	all := groups(runs)
	columns := []string{costNote(all)}
	if n := diffNote(Table(runs)); n != "" {
		columns = append(columns, n)
	}
	return notes(runs, all, spreadNote(all), columns...)
}

// notes is what all tables say of their runs, with a word on the spread and notes on columns if they have those.
func notes(runs []Run, all []*group, spread string, columns ...string) []string {
	notes := append([]string{setting(runs), selection(all) + spread + "."}, columns...)
	if n := unevenNote(all); n != "" {
		notes = append(notes, n)
	}
	if corrected(all) {
		notes = append(notes, picturesNote)
	}
	return append(append(notes, machine(runs)), remarks(all)...)
}

// remarks says which runs to pass over, and what else is to be known of some.
func remarks(all []*group) (notes []string) {
	if n := divergedNote(all); n != "" {
		notes = append(notes, n)
	}
	for _, g := range all {
		notes = append(notes, g.remarks()...)
	}
	return notes
}

// setting says what was trained on what.
func setting(runs []Run) string {
	each := func(f func(Run) string) string { return distinct(runs, f) }
	text := fmt.Sprintf("%s, %s training and %s test samples; %s; batch %s; %s.",
		each(func(r Run) string { return r.Started.Data.Name }),
		each(func(r Run) string { return plural.Thousands(r.Started.Data.Train) }),
		each(func(r Run) string { return plural.Thousands(r.Started.Data.Test) }),
		each(func(r Run) string {
			return fmt.Sprintf("%s with %s weights", r.Started.Model.Name, plural.Thousands(r.Started.Model.Params))
		}),
		each(func(r Run) string { return configText(r, "batch") }),
		seedsText(each(func(r Run) string { return Seeds(r.Started) })))
	return text + " Epochs: " + epochsOf(runs) + "."
}

// picturesNote says why runs on data of one name stand apart.
const picturesNote = "pictures: a digest of their names, sizes and labels. Runs on one folder in which it differs were made before and after " +
	"a picture or a label was changed; they are neither pooled nor compared; lgl eval tests both on what is there now."

// corrected tells whether there are runs on one folder, but not on the same pictures.
func corrected(all []*group) bool {
	pictures := map[string]string{} // by folder
	for _, g := range all {
		for _, r := range g.runs {
			folder, now := configText(r, "data"), g.settings["pictures"]
			if had, ok := pictures[folder]; ok && had != now {
				return true
			}
			pictures[folder] = now
		}
	}
	return false
}

// epochsOf says how many epochs the runs were to train; of baselines alone where there is nothing else.
func epochsOf(runs []Run) string {
	others := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Started.Method == "baseline" })
	if len(others) == 0 {
		return distinct(runs, func(r Run) string { return configText(r, "epochs") })
	}
	return distinct(others, epochsText)
}

// seedsText turns "2 or 1" into "seeds 1, 2": in the order of their numbers, where they are such.
func seedsText(names string) string {
	list := strings.Split(names, " or ")
	if len(list) == 1 {
		return "seed " + names
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return "seeds " + strings.Join(list, ", ")
}

// epochsText says how many epochs a run that is no baseline was to train.
func epochsText(r Run) string {
	epochs := configText(r, "epochs")
	if configText(r, "until") == "converged" {
		return "until converged, at most " + epochs + " a stage"
	}
	switch budget := configText(r, "budget"); budget {
	case "0", "?":
	case "1":
		return epochs + " of the baseline, whose samples are shared out among the stages"
	default:
		return epochs + " of the baseline, whose samples times " + budget + " are shared out among the stages"
	}
	return epochs + " a stage (" + epochs + " for the baseline)"
}

// configText is a setting of r as text, "?" if the record lacks it.
func configText(r Run, key string) string {
	if v, ok := r.Started.Config[key]; ok {
		return record.SettingText(v)
	}
	return "?"
}

// selection says how the numbers were picked.
func selection(all []*group) string {
	text := "top-1: share of the test set that is right, all classes, at the last epoch (no model is picked on the test set)"
	for _, g := range all {
		if g.bestTest() {
			text = "top-1: share of the test set that is right, all classes, at the last epoch; rows marked [best-test] hand on, " +
				"from stage to stage, the weights that were best on the TEST set, so their top-1 is not a fair estimate"
			break
		}
	}
	return text
}

// spreadNote explains the column of the spread.
func spreadNote(all []*group) string {
	const note = "; ± sample standard deviation over seeds"
	if slices.ContainsFunc(all, func(g *group) bool { return len(g.done()) == 1 }) {
		return note + ", n=1: one seed has no spread"
	}
	return note
}

// costNote explains the cost and charges what was only forwarded.
func costNote(all []*group) string {
	var probed []int64
	unit := "the baseline's"
	for _, g := range all {
		row := g.row(all)
		if row.N > 0 {
			probed = append(probed, row.Probed)
		}
		if b := g.beside(all, "baseline"); b == nil || len(b.done()) == 0 {
			unit = "epochs x training samples, which is the baseline's"
		}
	}
	text := "samples: trained on; cost: samples over " + unit + "; seconds: in training steps."
	if len(probed) == 0 || slices.Max(probed) == 0 {
		return text
	}
	lo, hi := plural.Thousands(slices.Min(probed)), plural.Thousands(slices.Max(probed))
	if lo != hi {
		hi = lo + " to " + hi
	}
	why := "to choose classes or samples and to log H(T|X)"
	if slices.ContainsFunc(all, func(g *group) bool { return cmp.Or(g.settings["distill"], "0") != "0" }) {
		why = "to choose classes or samples, to log H(T|X) and, with --distill, through the network of the stage before"
	}
	return text + " Not counted: samples only forwarded, " + why + ", " + hi + " a run."
}

// diffNote explains the paired difference where a row has one.
func diffNote(rows []Row) string {
	column := equalColumn(rows)
	if column == "" {
		return ""
	}
	return column + ": mean difference of top-1 in points over common seeds from " + strings.TrimPrefix(column, "vs ") +
		", which sees as many samples, with its 95% paired t interval, each row by itself (lgl compare adjusts for how many there are); ~ not significant; n too small: fewer than 3 common seeds" + alikeNote(rows) + "."
}

// alikeNote goes on to explain what stands for a difference without spread, where a row has one.
func alikeNote(rows []Row) string {
	for _, r := range rows {
		for _, d := range []*Diff{r.Plain, r.Diff} {
			if d != nil && d.untested() == noSpread {
				return "; " + noSpread + ": all differences are alike"
			}
		}
	}
	return ""
}

// equalColumn names the column of the differences by the baselines that they are from; "" where no row has one.
func equalColumn(rows []Row) string {
	var methods []string
	for _, r := range rows {
		if r.equal != "" && !slices.Contains(methods, r.equal) {
			methods = append(methods, r.equal)
		}
	}
	if methods == nil {
		return ""
	}
	return "vs " + strings.Join(methods, " or ")
}

// machine says what computed the runs, as far as their logs do: a program of one's own may leave it out.
func machine(runs []Run) string {
	computed := distinct(runs, func(r Run) string {
		e, m := r.Started.Engine, r.Started.Machine
		return told("; ", told(", ", "Engine "+engineName(e), counted(e.Threads, "thread")), told(", ", m.CPU, counted(m.Cores, "core"), m.OS, m.Go))
	})
	revision := distinct(runs, func(r Run) string { return r.Started.Revision })
	if revision != "" {
		revision = "lgl " + revision
	}
	return told("; ", computed, revision) + "."
}

// told joins the words that are not empty.
func told(separator string, words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), separator)
}

// counted is plural.Count, and "" for 0, which is not known.
func counted(n int, thing string) string {
	if n == 0 {
		return ""
	}
	return plural.Count(n, thing)
}

// engineName is the name of an engine and the version of its library, where it has one.
func engineName(e record.Engine) string { return strings.TrimSpace(e.Name + " " + e.Version) }

// remarks says which runs of g do not count, and why, and what their costs leave out.
func (g *group) remarks() []string {
	var out []string
	if g.runs[0].Started.Extends != nil {
		bases := distinct(g.runs, func(r Run) string { return r.Started.Extends.Run })
		out = append(out, fmt.Sprintf("%s: cost, samples and seconds are without those of the run that it extends, %s.", g.label, bases))
	}
	return append(out, g.leftOut()...)
}

// distinct joins the different values of f over runs, in their order.
func distinct(runs []Run, f func(Run) string) string {
	var values []string
	for _, r := range runs {
		if v := f(r); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return strings.Join(values, " or ")
}

// Each returns the top-1 of the N runs, in the order of Seeds.
func (r Row) Each() []float64 { return slices.Clone(r.each) }
