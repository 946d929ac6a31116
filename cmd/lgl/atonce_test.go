package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/nn/zoo"
	"github.com/local-to-global/lgl/paper"
	"github.com/local-to-global/lgl/task"
)

// As many runs train at once as fit into memory, the largest of them together. Where not even one does, fewer are no way out.
func TestAtOnce(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		jobs, cores int
		free        int64
		want        int
		says        string
	}{
		{0, 4, 0, 3, ""}, // not known, and three runs are left
		{0, 2, 0, 2, ""},
		{0, 4, 1500 * mb, 3, ""},
		{0, 4, 1500*mb - 1, 2, "2 runs at once, not 3, which would take about 1,500 MB of memory; 1,499 MB are available\n"},
		{0, 2, 1100 * mb, 2, ""}, // the largest two
		{0, 2, 1100*mb - 1, 1, "1 run at once, not 2,"},
		{0, 4, 600*mb - 1, 1, "a run takes about 600 MB of memory; 599 MB are available, and the system may kill what takes more; take less\n"},
		{1, 4, 300 * mb, 1, "a run takes about 600 MB of memory; 300 MB are available, and"},
		{0, 4, 300*mb - 1, 1, "a run takes about 600 MB of memory, at least 300 MB; 299 MB are available; take less"},
		{1, 4, 1, 1, "a run takes about 600 MB of memory, at least 300 MB; 0 MB are available; take less"},
		{2, 4, 500 * mb, 2, "--jobs 2: 2 runs at once take about 1,100 MB of memory; 500 MB are available, and the system may kill what takes more; even one takes about 600 MB: take less\n"},
		{2, 4, 500*mb - 1, 2, "at least 500 MB; 499 MB are available; even one takes about 600 MB: take less"},
		{4, 4, 1500 * mb, 3, ""},
		{3, 4, 1200 * mb, 3, "--jobs 3: 3 runs at once take about 1,500 MB of memory; 1,200 MB are available, and the system may kill what takes more; --jobs 2 takes about 1,100 MB\n"},
		{3, 4, 700 * mb, 3, "--jobs 1 takes about 600 MB\n"},
		{3, 4, 700*mb - 1, 3, "--jobs 3: 3 runs at once take about 1,500 MB of memory, at least 700 MB; 699 MB are available; --jobs 1 takes about 600 MB"},
	} {
		s, shown := terminal()
		p := &pending{app: &app{screen: s}, smaller: "take less", cells: make([]paper.Cell, 3), least: []int64{200 * mb, 300 * mb, 200 * mb}, about: []int64{500 * mb, 600 * mb, 400 * mb}}
		n, err := p.atOnce(c.jobs, c.cores, c.free)
		said := shown.String()
		if err != nil {
			said += err.Error()
		}
		wrongJobs := err != nil && n > 1
		if n != c.want || !strings.Contains(said, c.says) || (c.says == "") != (said == "") || wrongJobs != failure.IsUsage(err) {
			t.Errorf("--jobs %d, %d cores, %d bytes: %d, %v, %q; want %d, %q", c.jobs, c.cores, c.free, n, err, said, c.want, c.says)
		}
	}
}

// A device has a memory of its own, and takes several runs whose steps do not fill it. No run that is left takes none.
func TestAtOnceWithoutMemory(t *testing.T) {
	on := paper.Cell{Config: config.Config{Engine: "xla"}}
	for _, c := range []struct {
		jobs, cores, cells int
		work               float64
		want               int
	}{
		{0, 4, 5, 4e10, 3}, {0, 2, 5, 4e10, 2}, {0, 4, 2, 4e10, 2}, {0, 4, 5, 1.1e11, 1}, {2, 4, 5, 1.1e11, 2}, {4, 4, 5, 4e10, 4},
	} {
		p := &pending{cells: slices.Repeat([]paper.Cell{on}, c.cells), work: c.work}
		if n, err := p.atOnce(c.jobs, c.cores, 1); n != c.want || err != nil {
			t.Errorf("%+v: %d, %v", c, n, err)
		}
	}
	if n, err := (&pending{}).atOnce(0, 4, 1); n != 1 || err != nil {
		t.Errorf("no run: %d, %v; want 1", n, err)
	}
}

// VGG-16 on pictures of 32x32 in batches of 128, as table 1 trains it: oneDNN was seen to hold 789 MB for one,
// and the process 1,320 MB more than its data when it saved a checkpoint.
func TestFootprint(t *testing.T) {
	net, err := zoo.Build("vgg16", zoo.Options{Input: []int{3, 32, 32}, Classes: 100, Width: 1})
	if err != nil {
		t.Fatal(err)
	}
	run := task.Task{Net: net, Config: config.Config{Batch: 128, Precision: "f32"}}
	least, about := footprint(run)
	if least>>20 != 304 || about>>20 != 1323 {
		t.Errorf("at least %s, about %s; want 304 and 1,323", megabytes(least), megabytes(about))
	}
	run.Config.Precision = "bf16"
	if half, same := footprint(run); half>>20 != 236 || same != about {
		t.Errorf("in bf16 at least %s, about %s; want 236 and as before", megabytes(half), megabytes(same))
	}
}
