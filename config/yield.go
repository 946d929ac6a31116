package config

// Yield returns c without the defaults that its other settings leave no room for: a budget where
// samples follow from convergence, from a pace or from one stage, a share of no budget, a change
// of weights between stages where there are none, or another than the one whose numbers are asked
// for. set tells which settings were asked for: these stay, so that Check refuses what cannot go together.
func (c Config) Yield(set func(key string) bool) Config {
	usual := Paper()
	staged := c.Warms()
	equal := c.Method == "baseline-equal" && c.Stages != 1
	if !set("budget") && (!staged && !equal || c.Until == "converged") {
		c.Budget = usual.Budget
	}
	if !set("last-share") && (c.Stages == 1 || !staged && !equal || c.Budget == 0) {
		c.LastShare = usual.LastShare
	}
	switch {
	case set("warm"):
	case !staged:
		c.Warm = usual.Warm
	case set("shrink") || set("noise"):
		c.Warm = "shrink-perturb"
	}
	return c
}
