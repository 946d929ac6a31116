package config

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestDefaultIsGood(t *testing.T) {
	if err := Default().Check(); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, text string) (Config, error) {
	path := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, Default())
}

func TestRoundTrip(t *testing.T) {
	c := Default()
	c.Data, c.Width, c.Seed, c.SeedInit, c.LR = "./a: b #c", 0.1, math.MaxUint64, 5, 1e-9
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	got, err := load(t, string(text))
	if err != nil || got != c {
		t.Fatalf("%v\nwrote %+v\nread  %+v", err, c, got)
	}
}

func TestLoadKeepsTheBase(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "batch: 7\n"} {
		got, err := load(t, text)
		want := Default()
		if strings.Contains(text, "7") {
			want.Batch = 7
		}
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"epoch: 3\n":                "epoch",
		"batch: many\n":             "batch",
		"batch: 1\nbatch: 2\n":      "batch",
		"batch: 1.5\n":              "batch",
		"- 1\n":                     "run.yaml",
		"batch: [\n":                "run.yaml",
		"seed: -1\n":                "seed",
		"model: vgg16\n\tlr: 0.1\n": "run.yaml",
	} {
		if got, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, config %+v; want an error that names %s", text, err, got, want)
		} else {
			t.Log(err)
		}
	}
}

func TestCheckNamesTheFlag(t *testing.T) {
	for flag, spoil := range map[string]func(*Config){
		"--data":            func(c *Config) { c.Data = "" },
		"--method":          func(c *Config) { c.Method = "LGL" },
		"--stages 0":        func(c *Config) { c.Stages = 0 },
		"--epochs 0":        func(c *Config) { c.Epochs = 0 },
		"--batch -1":        func(c *Config) { c.Batch = -1 },
		"--lr 0":            func(c *Config) { c.LR = 0 },
		"--lr NaN":          func(c *Config) { c.LR = math.NaN() },
		"--lr +Inf":         func(c *Config) { c.LR = math.Inf(1) },
		"--lr-decay 1.01":   func(c *Config) { c.LRDecay = 1.01 },
		"--momentum 1":      func(c *Config) { c.Momentum = 1 },
		"--width -2":        func(c *Config) { c.Width = -2 },
		"--val-fraction 1":  func(c *Config) { c.ValFraction = 1 },
		"--val-fraction":    func(c *Config) { c.Carry = "best" },
		"--until converged": func(c *Config) { c.Method, c.Until = "baseline-equal", "converged" },
	} {
		c := Default()
		spoil(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v; want an error that names %s", err, flag)
		}
	}
}

func TestLabel(t *testing.T) {
	for want, set := range map[string]func(*Config){
		"LGL(r,3)":                   func(c *Config) {},
		"LGL(d,10, masked)":          func(c *Config) { c.Select, c.Stages, c.Head = "dissimilar", 10, "masked" },
		"LGL(s,3, reinit none)":      func(c *Config) { c.Select, c.Reinit = "similar", "none" },
		"LGL(r,3, carry best-test)":  func(c *Config) { c.Carry = "best-test" },
		"baseline":                   func(c *Config) { c.Method = "baseline" },
		"baseline-equal":             func(c *Config) { c.Method = "baseline-equal" },
		"baseline (carry best-test)": func(c *Config) { c.Method, c.Carry = "baseline", "best-test" },
	} {
		c := Default()
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

// Flags, YAML and JSON must use the same names.
func TestNamesAgree(t *testing.T) {
	ty := reflect.TypeFor[Config]()
	for i := range ty.NumField() {
		if y, j := ty.Field(i).Tag.Get("yaml"), ty.Field(i).Tag.Get("json"); y == "" || y != j {
			t.Errorf("%s: yaml %q, json %q", ty.Field(i).Name, y, j)
		}
	}
	if len(Default().Map()) != len(Keys()) {
		t.Error("Map lacks keys")
	}
}
