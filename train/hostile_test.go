package train

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/checkpoint"
	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// leaves calls visit with a function that sets it for every number and list in a JSON value.
func leaves(v any, path string, visit func(path string, set func(any), is any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if was := v[key]; hostile(was) {
				visit(path+"."+key, func(to any) { v[key] = to }, was)
			}
			leaves(v[key], path+"."+key, visit)
		}
	case []any:
		for i := range v {
			if was := v[i]; hostile(was) {
				visit(path+"[]", func(to any) { v[i] = to }, was)
			}
			leaves(v[i], path+"[]", visit)
		}
	}
}

func hostile(v any) bool {
	switch v.(type) {
	case float64, []any:
		return true
	}
	return false
}

// A checkpoint with any number or list of its position replaced, or any tensor missing, alone or with its group, short or not
// finite, whose digests are right all the same, is refused or trained on: never a panic, and never
// without end.
func TestHostileCheckpoints(t *testing.T) {
	for _, name := range []string{"best", "authors"} {
		t.Run(name, func(t *testing.T) { hostileCheckpoints(t, resumable()[name]) })
	}
}

func hostileCheckpoints(t *testing.T, c config.Config) {
	store := checkpoint.NewStore(filepath.Join(t.TempDir(), "checkpoints"))
	var l log
	if _, _, err := attempt(t, c, store, &l, 1, 30); err == nil {
		t.Fatal("the run was not stopped")
	}
	s, _, _, err := store.Newest(false)
	if err != nil {
		t.Fatal(err)
	}
	tried, refused := 0, 0
	try := func(what string, s checkpoint.Snapshot) {
		j, spy, _ := newJob(t, c, 24)
		freeze(t, &j, spy)
		j.Sink, j.Resume = &log{}, &s
		j.Checkpoints = &Checkpoints{Store: checkpoint.NewStore(filepath.Join(j.Dir, "checkpoints")),
			Identity: func() (checkpoint.Identity, error) { return checkpoint.Identity{}, nil },
			Mark:     func() (record.Mark, error) { return record.Mark{}, nil }}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		tried++
		if _, err := Run(ctx, j); ctx.Err() != nil {
			t.Errorf("%s: without end", what)
		} else if err != nil {
			refused++
		}
	}
	var position any
	if err := json.Unmarshal(s.Position, &position); err != nil {
		t.Fatal(err)
	}
	leaves(position, "", func(path string, set func(any), was any) {
		values := []any{-1.0, float64(1 << 52), []any{99.0}}
		if os.Getenv("LGL_TORTURE") != "" {
			values = append(values, 0.0, 0.5, 7.0, 300.0, []any{}, []any{1.0, 1.0}, nil, "x")
		}
		for _, to := range values {
			set(to)
			text, err := json.Marshal(position)
			if err != nil {
				t.Fatal(err)
			}
			try(path, checkpoint.Snapshot{Position: text, Tensors: s.Tensors})
		}
		set(was)
	})
	for name, tensor := range s.Tensors {
		for what, to := range map[string]*nn.Tensor{
			"missing": nil, "missing with its group": nil, "short": {Shape: []int{1}, Data: tensor.Data[:1]},
			"NaN": {Shape: tensor.Shape, Data: slices.Repeat([]float32{float32(math.NaN())}, len(tensor.Data))},
		} {
			tensors := maps.Clone(s.Tensors)
			if delete(tensors, name); to != nil {
				tensors[name] = *to
			}
			if what == "missing with its group" {
				group, _, _ := strings.Cut(name, "/")
				maps.DeleteFunc(tensors, func(other string, _ nn.Tensor) bool { return strings.HasPrefix(other, group+"/") })
			}
			before := refused
			if try(name+" "+what, checkpoint.Snapshot{Position: s.Position, Tensors: tensors}); refused == before && name != "losses" && what != "NaN" {
				t.Errorf("%s, %s: accepted", name, what)
			}
		}
	}
	t.Logf("%d damaged checkpoints with the right digests: %d refused, the others trained to an end", tried, refused)
}
