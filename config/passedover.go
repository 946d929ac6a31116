package config

import "slices"

// scope is where some settings count.
type scope struct {
	of   string // in words
	in   func(Config) bool
	keys []string
}

// scopes are those of the settings that not every run looks at.
var scopes = []scope{
	{"--method lgl, its controls and, with --budget 0, baseline-equal",
		func(c Config) bool { return c.inStages() || c.Method == "baseline-equal" && c.Budget == 0 },
		[]string{"stages", "partition"}},
	{"--method lgl and no-restart", Config.Chooses,
		[]string{"select", "hierarchy", "hierarchy-order"}},
	{"--method lgl and its controls", Config.inStages,
		[]string{"head", "reinit", "keep-momentum", "warm", "shrink", "noise", "redraw-layers", "distill", "last-share"}},
	{"--method lgl", func(c Config) bool { return c.Method == "lgl" }, []string{"compat"}},
	{"--method spl, spl-inv and spld", Config.SelfPaced,
		[]string{"weighting", "pace", "pace-run", "pace-warmup", "pace-start", "pace-full", "losses"}},
	{"--method spld", func(c Config) bool { return c.Method == "spld" }, []string{"gamma"}},
	{"--until converged", func(c Config) bool { return c.Until == "converged" }, []string{"patience", "min-delta"}},
	{"--engine auto, onednn and reference", func(c Config) bool { return c.Engine != "xla" }, []string{"threads"}},
	{"--model mlp", func(c Config) bool { return c.Model == "mlp" }, []string{"hidden"}},
}

// PassedOver says where the setting named key counts, if a run of c passes over it; else it returns "".
func (c Config) PassedOver(key string) (of string) {
	for _, s := range scopes {
		if slices.Contains(s.keys, key) && !s.in(c) {
			return s.of
		}
	}
	return ""
}
