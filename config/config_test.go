package config

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/nn/zoo"
)

func TestDefaultIsGood(t *testing.T) {
	if err := Default().Check(); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, Default())
}

// What YAML writes, Load reads back, whatever the values: words that YAML takes for something
// else, quotes, line ends, the extremes of numbers.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"./a: b #c", "123", "0x1F", "true", "null", "~", "", "- a", "a\nb", "\n\n a\n", "a\r\nb", "1e3", ".inf", "yes",
		"'q'", `"q"`, `C:\data`, "|", "> x", "{a}", "[a]", "*x", "&x", "!x", " lead", "trail ", "---", "?", "? a", ": a", "é", "\U0001F600", "a\tb", "\x7f", "\x01", "\u2028", "<&>", "NaN", "%x", "@x", "`x"}
	for _, word := range words {
		c := Default()
		c.Select, c.Hierarchy = word, word
		c.Data, c.KeepMomentum = word, r.IntN(2) == 0
		c.Width, c.LR, c.MinDelta = math.Exp(20*r.NormFloat64()), math.SmallestNonzeroFloat64, math.MaxFloat64
		c.Seed, c.SeedInit, c.Batch = math.MaxUint64, r.Uint64(), math.MaxInt
		c.Tags = []string{word, "é, \"]"}
		text, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		got, err := load(t, string(text))
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%v\nwrote %+v\nread  %+v\nas %s", err, c, got, text)
		}
	}
}

func TestLoad(t *testing.T) {
	for text, set := range map[string]func(*Config){
		"":                                  func(*Config) {},
		"# nothing\n":                       func(*Config) {},
		"---\nbatch: 7 # seven\n...\n":      func(c *Config) { c.Batch = 7 },
		"\ufeffbatch: 7\r\nlr: 5e-2\r\n":    func(c *Config) { c.Batch, c.LR = 7, 0.05 },
		"{batch: 7, keep-momentum: true}":   func(c *Config) { c.Batch, c.KeepMomentum = 7, true },
		"data: 0x1F\nwidth: 1\n":            func(c *Config) { c.Data, c.Width = "0x1F", 1 },
		"\"batch\": 7\nmethod: 'baseline'":  func(c *Config) { c.Batch, c.Method = 7, "baseline" },
		"data: >\n  a\n  b\nseed: 5\n":      func(c *Config) { c.Data, c.Seed = "a b\n", 5 },
		"tags: [a, \"b c\", 7]\n":           func(c *Config) { c.Tags = []string{"a", "b c", "7"} },
		"tags:\n- a\n- é\n":                 func(c *Config) { c.Tags = []string{"a", "é"} },
		"tags: []\n":                        func(*Config) {},
		"lr: .inf\n":                        nil, // not a number that a flag takes
		"seed: 18446744073709551615\n":      func(c *Config) { c.Seed = math.MaxUint64 },
		"stages: 4\nstages-: 5\nstages: 6 ": nil,
	} {
		got, err := load(t, text)
		want := Default()
		if set != nil {
			set(&want)
		}
		if !reflect.DeepEqual(got, want) || (err == nil) != (set != nil) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"batch: 7\nepoch: 3\n":          `run.yaml:2: unknown setting "epoch"; did you mean epochs?`,
		"weight_decay: 3\n":             "did you mean weight-decay?",
		"Batch: 3\n":                    "did you mean batch?",
		"x: 3\n":                        `run.yaml:1: unknown setting "x"; the settings are data, labels, train-samples,`,
		"<<: {batch: 3}\n":              `unknown setting "<<"`,
		"batch: many\n":                 `run.yaml:1: batch: "many": want a whole number`,
		"batch: 1.5\n":                  `batch: "1.5": want a whole number`,
		"batch: 0x10\n":                 `batch: "0x10": want a whole number`,
		"batch: 99999999999999999999\n": "want a whole number",
		"batch:\n":                      `batch: "": want a whole number`,
		"data: ~\n":                     `data: "null": want text`,
		"data: [a, b]\n":                "want text",
		"tags: a\n":                     `tags: "a": want a list of texts, such as [a, b]`,
		"tags: [a, {b: c}]\n":           "want a list of texts",
		"tags: [a, [b]]\n":              "want a list of texts",
		"tags: ~\n":                     "want a list of texts",
		"lr: {a: 1}\n":                  "want a number",
		"keep-momentum: yes\n":          `keep-momentum: "yes": want true or false`,
		"seed: -1\n":                    `seed: "-1": want a whole number, 0 or more`,
		"seed: 18446744073709551616\n":  "want a whole number, 0 or more",
		"batch: &x 3\n":                 "want a whole number",
		"batch: 1\nbatch: 2\n":          `run.yaml: [2:1] mapping key "batch" already defined`,
		"batch: 1\n---\nbatch: 2\n":     "run.yaml:3: a second document begins",
		"%YAML 1.2\n---\nbatch: 2\n":    "run.yaml:1: want lines of the form",
		"- 1\n":                         `run.yaml:1: want lines of the form "key: value"`,
		"hello\n":                       "want lines of the form",
		"batch: [\n":                    "run.yaml: [1:8] sequence end token",
		"model: vgg16\n\tlr: 0.1\n":     "run.yaml: [2:1]",
	} {
		if got, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) || !reflect.DeepEqual(got, Default()) {
			t.Errorf("%q: error %v, config %+v; want an error with %s", text, err, got, want)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), Default()); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("missing file: %v", err)
	}
}

// Settings that are left open follow the data; what is set stays.
func TestFit(t *testing.T) {
	for samples, batch := range map[int]int{0: 1, 1: 1, 7: 7, 8: 8, 128: 8, 255: 8, 256: 16, 511: 16, 512: 32, 1023: 32, 1024: 64, 1_000_000: 64} {
		if c := Default().Fit([]int{samples - samples/2, samples / 2, 0}); c.Batch != batch || c.Stages != 3 {
			t.Errorf("%d samples: batches of %d, %d stages; want %d and 3", samples, c.Batch, c.Stages, batch)
		}
	}
	for batch, lr := range map[int]float64{8: 0.0025, 32: 0.01, 48: 0.015, 64: 0.02, 512: 0.02} {
		c := Default()
		c.Batch = batch
		if c = c.Fit([]int{400, 300, 300}); c.LR != lr {
			t.Errorf("batches of %d: a learning rate of %v; want %v", batch, c.LR, lr)
		}
	}
	if c := Paper().Fit([]int{30, 30}); !reflect.DeepEqual(c, Paper()) {
		t.Errorf("settings that were set became %+v", c)
	}
}

// Weights are shrunk where the smallest class is seen often enough, and the stages are long enough; what is asked for
// stays.
func TestFitWarm(t *testing.T) {
	for _, c := range []struct {
		epochs, stages int
		budget         float64
		balance, warm  string
		perClass       []int
		want, why      string
	}{
		{75, 5, 1, "none", "auto", []int{20, 1000}, "shrink-perturb", ""},
		{75, 5, 1, "none", "auto", []int{19, 1000}, "none", "smallest class 1425 times, fewer than 1500"},
		{75, 5, 0, "none", "auto", []int{20, 1000}, "shrink-perturb", ""},
		{75, 5, 0.9, "none", "auto", []int{20, 1000}, "none", "smallest class 1350 times"},
		{30, 5, 1, "oversample", "auto", []int{1, 1200}, "shrink-perturb", ""},
		{30, 5, 1, "weights", "auto", []int{1, 1200}, "none", "smallest class 30 times"},
		{10, 5, 1, "none", "auto", []int{1600, 1600}, "shrink-perturb", ""},
		{10, 5, 1, "none", "auto", []int{1599, 1600}, "none", "99 steps a stage, fewer than 100"},
		{10, 5, 0, "none", "auto", []int{534, 534}, "shrink-perturb", ""},
		{10, 5, 0, "none", "auto", []int{533, 533}, "none", "99 steps a stage"},
		{10, 2, 0.5, "none", "auto", []int{1280, 1280}, "shrink-perturb", ""},
		{10, 5, 1, "none", "auto", nil, "none", "smallest class 0 times"},
		{1, 5, 1, "none", "shrink-perturb", []int{1, 1}, "shrink-perturb", "smallest class 1 times"},
		{1, 5, 1, "none", "redraw", []int{1, 1}, "redraw", "smallest class 1 times"},
	} {
		with := Default()
		with.Epochs, with.Stages, with.Budget, with.Balance, with.Warm = c.epochs, c.stages, c.budget, c.balance, c.warm
		got := with.Fit(c.perClass)
		if why := got.TooShortToShrink(c.perClass); got.Warm != c.want || (why == "") != (c.why == "") || !strings.Contains(why, c.why) {
			t.Errorf("%+v: %s, as %q", c, got.Warm, why)
		}
	}
}

// However long the run, auto is none where there are no stages between which weights could be shrunk, so that Check takes
// what comes of it. A network that is extended is shrunk before the first.
func TestFitWarmOfNoStages(t *testing.T) {
	for name, set := range map[string]func(c *Config){
		"a baseline": func(c *Config) { c.Method = "baseline" },
		"spl":        func(c *Config) { c.Method, c.Budget = "spl", 0 },
		"one stage":  func(c *Config) { c.Stages, c.LastShare = 1, 0 },
		"extended":   func(c *Config) { c.Stages, c.LastShare, c.Extend, c.KnownClasses = 1, 0, "run", 2 },
	} {
		c := Default()
		set(&c)
		want := "none"
		if c.Extends() {
			want = "shrink-perturb"
		}
		if c = c.Fit([]int{9000, 9000, 9000}); c.Warm != want || c.Check() != nil {
			t.Errorf("%s: %s, want %s; %v", name, c.Warm, want, c.Check())
		}
	}
}

// The numbers of shrinking, asked for, mean that there is some.
func TestYieldWarm(t *testing.T) {
	for asked, want := range map[string]string{"": "auto", "shrink": "shrink-perturb", "noise": "shrink-perturb", "epochs": "auto"} {
		if c := Default().Yield(func(key string) bool { return key == asked }); c.Warm != want {
			t.Errorf("--%s asked for: %s; want %s", asked, c.Warm, want)
		}
	}
	c := Default()
	if c.Method = "baseline"; c.Yield(func(key string) bool { return key == "shrink" }).Warm != "none" {
		t.Error("a baseline's weights are shrunk")
	}
}

func TestCheckNamesTheFlag(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"--data":                                      func(c *Config) { c.Data = "" },
		`--method "LGL": want baseline, `:             func(c *Config) { c.Method = "LGL" },
		`--model "vgg": want mlp, smallcnn`:           func(c *Config) { c.Model = "vgg" },
		"--stages -1: want at least 0":                func(c *Config) { c.Stages = -1 },
		"--epochs 0: want at least 1":                 func(c *Config) { c.Epochs = 0 },
		"--hidden 1001: want at most 1000":            func(c *Config) { c.Hidden = 1001 },
		"--batch -1":                                  func(c *Config) { c.Batch = -1 },
		"--lr -1: want a finite number of 0 or more":  func(c *Config) { c.LR = -1 },
		"--lr NaN":                                    func(c *Config) { c.LR = math.NaN() },
		"--lr +Inf":                                   func(c *Config) { c.LR = math.Inf(1) },
		`--tag "": want 1 to 64 printable characters`: func(c *Config) { c.Tags = []string{""} },
		`--tag " a": want 1 to 64`:                    func(c *Config) { c.Tags = []string{" a"} },
		`--tag "a\nb": want 1 to 64`:                  func(c *Config) { c.Tags = []string{"a\nb"} },
		`--tag "a\xff": want 1 to 64`:                 func(c *Config) { c.Tags = []string{"a\xff"} },
		`--tag "ééé`:                                  func(c *Config) { c.Tags = []string{strings.Repeat("é", 65)} },
		`--tag "a": stands twice`:                     func(c *Config) { c.Tags = []string{"a", "b", "a"} },
		"--tag: 21 tags; want at most 20":             func(c *Config) { c.Tags = make([]string, 21) },
		"--lr-decay 1.01: want a finite number of 0 or more and at most 1": func(c *Config) { c.LRDecay = 1.01 },
		"--momentum 1: want a finite number of 0 or more and less than 1":  func(c *Config) { c.Momentum = 1 },
		"--warm redraw with --stages 1":                                    func(c *Config) { c.Warm, c.Stages = "redraw", 1 },
		"--width -2":                                                       func(c *Config) { c.Width = -2 },
		"--val-fraction 1":                                                 func(c *Config) { c.ValFraction = 1 },
		"--val-fraction":                                                   func(c *Config) { c.Carry = "best" },
		"--until converged":                                                func(c *Config) { c.Method, c.Until = "baseline-equal", "converged" },
		"--method no-restart with --until":                                 func(c *Config) { c.Method, c.Until = "no-restart", "converged" },
		"--method reinit-only with --reinit":                               func(c *Config) { c.Method, c.Reinit = "reinit-only", "none" },
		"--budget 1 with --until converged":                                func(c *Config) { c.Budget, c.Until = 1, "converged" },
		"--budget 1 with --method spld:":                                   func(c *Config) { c.Budget, c.Method = 1, "spld" },
		"--budget -1: want":                                                func(c *Config) { c.Budget = -1 },
		"--last-share 0.5 is a share of --budget":                          func(c *Config) { c.LastShare = 0.5 },
		"--last-share 0.5 with --stages 1":                                 func(c *Config) { c.LastShare, c.Budget, c.Stages = 0.5, 1, 1 },
		"--last-share 1: want":                                             func(c *Config) { c.LastShare = 1 },
		"--mixup -0.1: want a finite number of 0 or more and at most 1000": func(c *Config) { c.Mixup = -0.1 },
		"--mixup NaN":                                                      func(c *Config) { c.Mixup = math.NaN() },
		"--losses running with --balance oversample":                       func(c *Config) { c.Method, c.Losses, c.Balance = "spl", "running", "oversample" },
		"--losses running with --label-smoothing 0.1 and --balance weights": func(c *Config) {
			c.Method, c.Losses, c.LabelSmoothing, c.Balance = "spl", "running", 0.1, "weights"
		},
		"--label-smoothing 1: want a finite number": func(c *Config) { c.LabelSmoothing = 1 },
		"--losses running with --mixup 0.2":         func(c *Config) { c.Method, c.Losses, c.Mixup = "spl", "running", 0.2 },
		"--compat authors with --mixup 0.2": func(c *Config) {
			c.Compat, c.Mixup = "authors", 0.2
			*c = c.Replayed(nothing)
		},
		"--compat authors with --keep-momentum=false": func(c *Config) {
			c.Compat = "authors"
			*c = c.Replayed(func(key string) bool { return key == "keep-momentum" })
		},
		"--compat authors with --head full": func(c *Config) {
			c.Compat = "authors"
			*c = c.Replayed(func(key string) bool { return key == "head" })
		},
		"--compat authors with --balance weights":                        func(c *Config) { *c = authors(*c); c.Balance = "weights" },
		"--compat authors with --reinit all":                             func(c *Config) { *c = authors(*c); c.Reinit = "all" },
		"--distill 1.1: want a finite number of 0 or more and at most 1": func(c *Config) { c.Distill = 1.1 },
		"--distill 0.5 with --stages 1":                                  func(c *Config) { c.Distill, c.Stages = 0.5, 1 },
		"--shrink 0: want":                                               func(c *Config) { c.Warm, c.Shrink = "shrink-perturb", 0 },
		"--shrink 1.1: want":                                             func(c *Config) { c.Warm, c.Shrink = "shrink-perturb", 1.1 },
		"--shrink 0.5 is of --warm shrink-perturb":                       func(c *Config) { c.Shrink = 0.5 },
		"--noise 0 is of --warm shrink-perturb":                          func(c *Config) { c.Warm, c.Noise = "redraw", 0 },
		"--redraw-layers 2 is of --warm redraw":                          func(c *Config) { c.RedrawLayers = 2 },
		"--hierarchy coarse is of --select hierarchy":                    func(c *Config) { c.Hierarchy = "coarse" },
		"--hierarchy-order branch is of":                                 func(c *Config) { c.Select, c.HierarchyOrder = "./order.txt", "branch" },
		`--select "simlar": want random, similar, diss`:                  func(c *Config) { c.Select = "simlar" },
		`--hierarchy "fine": want learnt, coarse, a fil`:                 func(c *Config) { c.Select, c.Hierarchy = "hierarchy", "fine" },
		"--until converged with --method spl:":                           func(c *Config) { c.Method, c.Until = "spl", "converged" },
		"--weighting log with --method spld":                             func(c *Config) { c.Method, c.Weighting = "spld", "log" },
		"--pace baseline-loss needs":                                     func(c *Config) { c.Method, c.Pace = "spl-inv", "baseline-loss" },
		"--pace-run x with --pace quantile":                              func(c *Config) { c.Method, c.PaceRun = "spl", "x" },
		"--pace-full 1: want a finite number more than 0 and less tha":   func(c *Config) { c.PaceFull = 1 },
		"--losses running with --pace-warmup 0":                          func(c *Config) { c.Method, c.Losses, c.PaceWarmup = "spl", "running", 0 },
		"--pace-start 0: want":                                           func(c *Config) { c.PaceStart = 0 },
		"--gamma -0.1: want":                                             func(c *Config) { c.Gamma = -0.1 },
		"--only-classes 1,2 with --method lgl":                           func(c *Config) { c.OnlyClasses = "1,2" },
		"--known-classes 3 without --extend":                             func(c *Config) { c.KnownClasses = 3 },
		"--extend a with --method spl:":                                  func(c *Config) { c.Extend, c.Method = "a", "spl" },
		"--extend a with --compat authors":                               func(c *Config) { *c = authors(*c); c.Extend = "a" },
		"--extend a with --reinit all":                                   func(c *Config) { c.Extend, c.Reinit = "a", "all" },
		"--extend a with --init b/c":                                     func(c *Config) { c.Extend, c.Init = "a", "b/c" },
		"--extend a with --hierarchy coarse":                             func(c *Config) { c.Extend, c.Select, c.Hierarchy = "a", "hierarchy", "coarse" },
	} {
		c := Paper()
		spoil(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %s", err, want)
		}
	}
}

// Every setting has values that Check refuses, by name, but for those that take anything.
func TestCheckCoversEveryField(t *testing.T) {
	bad := map[reflect.Kind][]string{reflect.String: {"", "?"}, reflect.Int: {"-1", fmt.Sprint(math.MaxInt)}, reflect.Float64: {"-1", "NaN", "+Inf", "-Inf"}}
	for _, key := range Keys() {
		c := Default()
		field, _ := c.field(key)
		for _, text := range bad[field.Kind()] {
			if key == "labels" || (key == "data" || key == "extend") && text != "" || slices.Contains([]string{"only-classes", "pace-run", "xla-plugin", "extend", "old-data"}, key) && text == "" {
				continue // which is good
			}
			if err := set(field, text); err != nil {
				t.Fatal(err)
			}
			if err := c.Check(); err == nil || !strings.HasPrefix(err.Error(), "--"+key+" ") {
				t.Errorf("%s %s: error %v", key, text, err)
			}
		}
	}
}

func TestModelsAreTheZoos(t *testing.T) {
	if got := slices.Sorted(slices.Values(Words("model"))); !slices.Equal(got, zoo.Names()) {
		t.Errorf("models %v; the zoo has %v", got, zoo.Names())
	}
}

func TestWordsNameSettings(t *testing.T) {
	for key, allowed := range words {
		c := Default()
		if field, ok := c.field(key); !ok || !slices.Contains(allowed, field.String()) {
			t.Errorf("%s is no setting, or its default is not among %v", key, allowed)
		}
	}
}

func TestLabel(t *testing.T) {
	for want, set := range map[string]func(*Config){
		"LGL(r,3)":                  func(c *Config) {},
		"LGL(d,10, masked)":         func(c *Config) { c.Select, c.Stages, c.Head = "dissimilar", 10, "masked" },
		"LGL(s,3, reinit none)":     func(c *Config) { c.Select, c.Reinit = "similar", "none" },
		"LGL(r,3, carry best-test)": func(c *Config) { c.Carry = "best-test" },
		"LGL(r,3, partition ceil, keep momentum, until converged)":         func(c *Config) { c.Partition, c.KeepMomentum, c.Until = "ceil", true, "converged" },
		"LGL(r,3, budget 1, shrink-perturb .7/.05)":                        func(c *Config) { c.Budget, c.Warm = 1, "shrink-perturb" },
		"LGL(r,3, budget .5, last share .8, redraw 2)":                     func(c *Config) { c.Budget, c.LastShare, c.Warm, c.RedrawLayers = 0.5, 0.8, "redraw", 2 },
		"LGL(r,3, masked, keep momentum, compat authors, carry best-test)": func(c *Config) { c.Compat = "authors"; *c = c.Replayed(nothing) },
		"LGL(h,3, learnt span)":                                            func(c *Config) { c.Select = "hierarchy" },
		"LGL(h,3, animals.yaml branch)":                                    func(c *Config) { c.Select, c.Hierarchy, c.HierarchyOrder = "hierarchy", "a/animals.yaml", "branch" },
		"LGL(f,3, order.txt)":                                              func(c *Config) { c.Select = "a/order.txt" },
		"restarts-only(3)":                                                 func(c *Config) { c.Method, c.Select = "restarts-only", "similar" },
		"random-subset(3, shrink-perturb 1/0)":                             func(c *Config) { c.Method, c.Warm, c.Shrink, c.Noise = "random-subset", "shrink-perturb", 1, 0 },
		"reinit-only(3, reinit all)":                                       func(c *Config) { c.Method, c.Reinit = "reinit-only", "all" },
		"no-restart(d,3, budget 1)":                                        func(c *Config) { c.Method, c.Select, c.Budget = "no-restart", "dissimilar", 1 },
		"baseline (budget .5)":                                             func(c *Config) { c.Method, c.Budget, c.LastShare, c.Warm = "baseline", 0.5, 0.8, "redraw" },
		"baseline":                                                         func(c *Config) { c.Method, c.Head, c.Reinit, c.Budget = "baseline", "masked", "all", 1 },
		"baseline-equal":                                                   func(c *Config) { c.Method = "baseline-equal" },
		"baseline (carry best-test)":                                       func(c *Config) { c.Method, c.Carry = "baseline", "best-test" },
		"baseline (until converged)":                                       func(c *Config) { c.Method, c.Until = "baseline", "converged" },
		"SPL":                                                              func(c *Config) { c.Method, c.Gamma = "spl", 3 },
		"SPL_INV":                                                          func(c *Config) { c.Method, c.Stages, c.Head = "spl-inv", 7, "masked" },
		"SPLD (gamma 3, carry best-test)":                                  func(c *Config) { c.Method, c.Gamma, c.Carry = "spld", 3, "best-test" },
		"SPL (log, baseline-loss, warm-up 2, start 0.25, full 0.8, running losses)": func(c *Config) {
			c.Method, c.Weighting, c.Pace, c.PaceWarmup, c.PaceStart, c.PaceFull, c.Losses = "spl", "log", "baseline-loss", 2, 0.25, 0.8, "running"
		},
		"LGL(r,3, balance oversample)":           func(c *Config) { c.Balance = "oversample" },
		"LGL(r,3, mixup .2, label smoothing .1)": func(c *Config) { c.Mixup, c.LabelSmoothing = 0.2, 0.1 },
		"LGL(r,3, distill .5)":                   func(c *Config) { c.Distill = 0.5 },
		"baseline (mixup 1)":                     func(c *Config) { c.Method, c.Mixup = "baseline", 1 },
		"baseline (only some classes)":           func(c *Config) { c.Method, c.OnlyClasses = "baseline", "1,2" },
	} {
		c := Paper()
		set(&c)
		if got := c.Label(); got != want {
			t.Errorf("label %q; want %q", got, want)
		}
	}
}

func TestSeeds(t *testing.T) {
	i, o, k := Config{Seed: 3, SeedOrder: 9}.Seeds()
	if i != 3 || o != 9 || k != 3 {
		t.Errorf("seeds %d %d %d", i, o, k)
	}
}

// Flags, YAML, JSON and Map must use the same names and values.
func TestNamesAgree(t *testing.T) {
	ty := reflect.TypeFor[Config]()
	for i := range ty.NumField() {
		if y, j := ty.Field(i).Tag.Get("yaml"), ty.Field(i).Tag.Get("json"); y == "" || y != j {
			t.Errorf("%s: yaml %q, json %q", ty.Field(i).Name, y, j)
		}
	}
	c := Default()
	c.Seed, c.Tags = math.MaxUint64, []string{"a"}
	text, err := json.Marshal(c.Map())
	var got Config
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, c) || len(c.Map()) != len(Keys()) {
		t.Errorf("Map gives %s, %v", text, err)
	}
	if err != nil {
		t.Error(err)
	}
}

// Left open, the rate ends where the paper's does, whatever the epochs and the steps between falls.
func TestDecay(t *testing.T) {
	for _, c := range []Config{{Epochs: 100, LRStep: 1}, {Epochs: 10, LRStep: 1}, {Epochs: 12, LRStep: 3}} {
		falls := float64(c.Epochs / c.LRStep)
		if end := math.Pow(c.Decay(), falls); math.Abs(end-math.Pow(0.95, 100)) > 1e-4 {
			t.Errorf("%d epochs, a fall every %d: the rate ends at %v of its start", c.Epochs, c.LRStep, end)
		}
	}
	if c := Paper(); c.Decay() != 0.95 {
		t.Errorf("the paper's is %v", c.Decay())
	}
}

// nothing says that no setting was asked for.
func nothing(string) bool { return false }

// authors is c with --compat authors and what that brings along.
func authors(c Config) Config {
	c.Compat, c.Warm, c.Budget, c.LastShare = "authors", "none", 0, 0
	return c.Replayed(nothing)
}

// An extended run may change its weights before its only stage, for one stands before that; it keeps
// such defaults, and its label says how many classes are not its own.
func TestExtend(t *testing.T) {
	c := Default()
	c.Extend, c.KnownClasses, c.Stages, c.OldData = "runs/a", 8, 1, "toy"
	c = c.Yield(func(string) bool { return false })
	if err := c.Check(); err != nil || c.Warm != "auto" || c.Budget != 1 || c.LastShare != 0 {
		t.Errorf("%v: %+v", err, c)
	}
	if got := c.Fit([]int{200, 200}).Label(); got != "LGL(r,1, extends 8 classes, budget 1, shrink-perturb .7/.05)" {
		t.Errorf("label %s", got)
	}
	text, err := JoinSets([]string{"fashion-mnist", "/data/my pictures"})
	c.OldData = text
	if err != nil || !slices.Equal(c.OldSets(), []string{"fashion-mnist", "/data/my pictures"}) {
		t.Errorf("%q, %v", text, err)
	}
	for _, bad := range []string{"", "/a:b"} {
		if _, err := JoinSets([]string{"toy", bad}); err == nil {
			t.Errorf("%q joined", bad)
		}
	}
}

// A method passes over the settings of others, and says of which they are.
func TestPassedOver(t *testing.T) {
	const staged = "--method lgl, its controls and, with --budget 0, baseline-equal"
	for _, test := range []struct{ method, key, want string }{
		{"spl", "gamma", "--method spld"}, {"spld", "gamma", ""}, {"lgl", "pace-start", "--method spl, spl-inv and spld"},
		{"spl-inv", "pace-start", ""}, {"baseline", "stages", staged}, {"baseline-equal", "stages", staged}, {"random-subset", "stages", ""},
		{"baseline-equal", "warm", "--method lgl and its controls"}, {"baseline-equal", "last-share", "--method lgl and its controls"}, {"no-restart", "warm", ""}, {"random-subset", "select", "--method lgl and no-restart"},
		{"baseline", "budget", ""}, {"spl", "patience", "--until converged"}, {"baseline", "hidden", "--model mlp"}, {"lgl", "lr", ""},
	} {
		c := Default()
		c.Method = test.method
		if got := c.PassedOver(test.key); got != test.want {
			t.Errorf("--method %s passes over --%s as of %q; want %q", test.method, test.key, got, test.want)
		}
	}
	c := Default()
	c.Method, c.Budget, c.Engine = "baseline-equal", 0, "xla"
	if got := c.PassedOver("stages"); got != "" {
		t.Errorf("without a budget baseline-equal passes over --stages as of %q", got)
	}
	if got := c.PassedOver("threads"); got != "--engine auto, onednn and reference" {
		t.Errorf("--engine xla passes over --threads as of %q", got)
	}
	for _, s := range scopes {
		for _, key := range s.keys {
			if !slices.Contains(Keys(), key) {
				t.Errorf("no setting is named %s", key)
			}
		}
	}
}

// What is asked for of LGL's last stage is no fault of a method that passes over it: one file serves all methods.
func TestLastShareIsPassedOver(t *testing.T) {
	asked := func(key string) bool { return key == "last-share" || key == "stages" }
	for method, wrong := range map[string]bool{"lgl": true, "random-subset": true, "baseline": false, "baseline-equal": false, "spl": false} {
		for _, stages := range []int{1, 3} {
			c := Default()
			c.Method, c.LastShare, c.Stages = method, 0.5, stages
			if err := c.Yield(asked).Check(); (err != nil) != (wrong && stages == 1) {
				t.Errorf("--method %s --stages %d --last-share 0.5: %v", method, stages, err)
			}
		}
	}
}

// Words are no paths; what is a path, or the directory of a run under whatever name, is one.
func TestPaths(t *testing.T) {
	c := Default()
	if all := c.Paths(); all != nil {
		t.Errorf("of the defaults %d; want none", len(all))
	}
	c.Labels, c.Extend, c.PaceRun, c.XLAPlugin, c.Init, c.Select, c.Hierarchy = "a", "toy", "b", "c", "d.safetensors", "./e", "f/g"
	for _, path := range c.Paths() {
		*path = "x"
	}
	for _, got := range []string{c.Labels, c.Extend, c.PaceRun, c.XLAPlugin, c.Init, c.Select, c.Hierarchy} {
		if got != "x" {
			t.Errorf("%q was not among the paths", got)
		}
	}
}
