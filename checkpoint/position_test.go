package checkpoint

import (
	"fmt"
	"maps"
	"math"
	"testing"

	"github.com/local-to-global/lgl/record"
)

// A difference in a setting, the data or a file is told, a setting or file that the checkpoint does not know is as it
// was, and what is compared stays as it is.
func TestDifferences(t *testing.T) {
	usual := map[string]any{"seed": uint64(1), "select": "random", "lr": 0.02}
	now := Identity{
		Config: map[string]any{"seed": uint64(math.MaxUint64), "select": "a.txt", "lr": 0.02},
		Data:   map[string]string{"training data": "1"}, Files: map[string]string{"select": "2"},
		Engine: record.Engine{Plan: map[string]string{"conv1": "direct"}},
	}
	with := func(change func(*Identity)) Identity {
		i := Identity{Config: maps.Clone(now.Config), Data: maps.Clone(now.Data), Files: maps.Clone(now.Files), Engine: now.Engine}
		change(&i)
		return i
	}
	for _, c := range []struct {
		was  Identity
		want string
	}{
		{with(func(*Identity) {}), "[]"},
		{with(func(i *Identity) { i.Config["seed"] = uint64(math.MaxUint64 - 1) }), "[{--seed 18446744073709551614 18446744073709551615 false}]"},
		{with(func(i *Identity) { i.Config["seed"] = uint64(1<<53 + 1); delete(i.Config, "lr") }), "[{--seed 9007199254740993 18446744073709551615 false}]"},
		{with(func(i *Identity) { i.Data["training data"] = "3" }), "[{the SHA-256 of the training data 3 1 false}]"},
		{with(func(i *Identity) { i.Files["select"] = "3" }), "[{what lgl read in --select a.txt, by its SHA-256, 3 2 false}]"},
		{with(func(i *Identity) { i.Files = nil }), "[]"},
		{with(func(i *Identity) { i.Config["select"] = "elsewhere/a.txt" }), "[]"},
		{with(func(i *Identity) { i.Config["select"] = "elsewhere/a.txt"; i.Files = nil }), "[{--select elsewhere/a.txt a.txt false}]"},
		{with(func(i *Identity) { i.Config["select"] = "elsewhere/a.txt"; i.Files["select"] = "3" }), "[{what lgl read in --select a.txt, by its SHA-256, 3 2 false}]"},
		{with(func(i *Identity) { i.Config["select"] = "random"; i.Files = nil }), "[{--select random a.txt false}]"},
		{with(func(i *Identity) { i.Engine.Plan = nil }), "[{algorithm of conv1 unknown direct true}]"},
		{with(func(i *Identity) { i.Engine.Plan = map[string]string{"conv2": "tiled"} }), "[{algorithm of conv1 unknown direct true} {algorithm of conv2 tiled unknown true}]"},
		{with(func(i *Identity) { i.Engine = record.Engine{Version: "2"} }), "[{engine version 2  true}]"},
		{with(func(i *Identity) { i.Config, i.Files = nil, nil }), "[{--seed 1 18446744073709551615 false} {--select random a.txt false}]"},
	} {
		s, err := Pack(Position{Identity: c.was}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Unpack()
		if err != nil {
			t.Fatal(err)
		}
		before := fmt.Sprint(p.Identity)
		if got := fmt.Sprint(p.Identity.Differences(now, usual)); got != c.want {
			t.Errorf("%v: %s; want %s", c.was, got, c.want)
		}
		if after := fmt.Sprint(p.Identity); after != before {
			t.Errorf("%s became %s", before, after)
		}
	}
}

// Where the data and the run that is extended lie is no difference: their digests are compared.
func TestDifferencesOfPlaces(t *testing.T) {
	was, now := Identity{Config: map[string]any{}}, Identity{Config: map[string]any{}}
	for _, key := range []string{"data", "labels", "old-data", "extend"} {
		was.Config[key], now.Config[key] = "/a/"+key, "/b/"+key
	}
	if got := was.Differences(now, nil); got != nil {
		t.Errorf("%v; want none", got)
	}
}

// Another number of threads computes other bits on a processor, and only loads on a device.
func TestDifferencesOfThreads(t *testing.T) {
	for name, want := range map[string]string{"onednn": "[{threads 1 2 true}]", "xla": "[]"} {
		was, now := Identity{Engine: record.Engine{Name: name, Threads: 1}}, Identity{Engine: record.Engine{Name: name, Threads: 2}}
		if got := fmt.Sprint(was.Differences(now, nil)); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}
