package report

import (
	"slices"
	"strings"

	"github.com/local-to-global/lgl/record"
)

// scope is where some settings count: a run elsewhere passes over them, so they do not tell it from others.
type scope struct {
	keys []string
	in   func(record.RunStarted) bool
	// beside says that methods that differ in them stand beside each other all the same: they make the method.
	beside bool
}

// sizeKeys are the settings of LGL and its controls that make the length of a baseline-equal without a budget, too.
var sizeKeys = []string{"stages", "partition"}

// scopes are those of the settings that do not count everywhere; config has the same, but for seeds, and for carry, which
// is nothing to a run of one stage, whose top-1 is that of its last epoch.
var scopes = []scope{
	{seedKeys, func(record.RunStarted) bool { return false }, false},
	{[]string{"known-classes", "old-data"}, func(s record.RunStarted) bool { return s.Extends != nil }, true},
	{sizeKeys, func(s record.RunStarted) bool { return inStages(s) || s.Method == "baseline-equal" && !budgeted(s) }, true},
	{[]string{"select", "hierarchy", "hierarchy-order"}, ofMethods("lgl", "no-restart"), true},
	{[]string{"head", "reinit", "carry", "keep-momentum", "warm", "shrink", "noise", "redraw-layers", "last-share", "distill"}, inStages, true},
	{[]string{"compat"}, ofMethods("lgl"), true},
	{[]string{"weighting", "pace", "pace-warmup", "pace-start", "pace-full", "losses"}, selfPaced, true},
	{[]string{"gamma"}, ofMethods("spld"), true},
	{[]string{"patience", "min-delta"}, func(s record.RunStarted) bool { return setTo(s, "until", "converged") }, false},
	{[]string{"hidden"}, func(s record.RunStarted) bool { return setTo(s, "model", "mlp") }, false},
}

// seedKeys are the settings that do not change what a run is a sample of.
var seedKeys = []string{"seed", "seed-init", "seed-order", "seed-classes", "engine", "xla-plugin", "threads", "entropy-samples", "pace-run", "tags", "extend"}

// Unsaid are the settings that logs of older versions of lgl lack, and what holds there.
var Unsaid = map[string]any{
	"labels": "", "only-classes": "", "extend": "", "known-classes": 0., "old-data": "", "image-size": 0., "mixup": 0., "label-smoothing": 0.,
	"balance": "none", "on-nan": "stop", "precision": "f32", "xla-plugin": "", "hierarchy": "learnt", "hierarchy-order": "span",
	"warm": "none", "shrink": .7, "noise": .05, "redraw-layers": 1., "distill": 0., "compat": "none", "budget": 0., "last-share": 0.,
	"weighting": "hard", "pace": "quantile", "pace-run": "", "pace-warmup": 1., "pace-start": .5, "pace-full": .5, "losses": "fresh", "gamma": 1.,
}

// ofMethods tells runs of the methods.
func ofMethods(methods ...string) func(record.RunStarted) bool {
	return func(s record.RunStarted) bool { return slices.Contains(methods, s.Method) }
}

// selfPaced tells runs of SPL and its variants.
func selfPaced(s record.RunStarted) bool { return strings.HasPrefix(s.Method, "spl") }

// inStages tells runs of LGL and its controls.
func inStages(s record.RunStarted) bool { return rank(s.Method) == 2 && !selfPaced(s) }

// budgeted tells runs that see a number of samples that --budget fixes.
func budgeted(s record.RunStarted) bool {
	_, known := s.Config["budget"]
	return known && !setTo(s, "budget", "0")
}

// setTo tells whether a setting has the value.
func setTo(s record.RunStarted, key, value string) bool {
	v, ok := s.Config[key]
	return ok && record.SettingText(v) == value
}
