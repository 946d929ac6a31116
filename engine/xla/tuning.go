package xla

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/internal/platform"
)

// tuning is the folder in which XLA keeps which algorithms it timed and chose, on this machine for one plugin and device. A
// program that is compiled again, by whichever process, takes the ones that are kept; a choice by time alone would be
// another one each time, of other bits. Beside them it is kept of which programs they give the same bits at all.
type tuning struct {
	dir   string
	since string // when it was begun, which tells it from one that was lost
	asked string // the options of XLA that the user sets
	err   error  // why there can be none
}

// deterministicVariable keeps cuDNN, in versions of XLA that know it, to algorithms whose sums come in one order.
const deterministicVariable = "TF_CUDNN_DETERMINISTIC"

// excludeOption keeps XLA to what gives the same bits. Then it times nothing, but takes the first algorithm of each list.
const excludeOption = "xla_gpu_exclude_nondeterministic_ops"

// untuned are the options of a program that is not tuned.
var untuned = []pjrt.Option{{Name: excludeOption, Value: true}}

// options are those of a program that is: of what cuDNN and cuBLAS offer the fastest is taken. XLA's own offers for fusions
// and small products took most of the time, and gained nothing.
func (t *tuning) options() []pjrt.Option {
	return []pjrt.Option{
		{Name: "xla_gpu_per_fusion_autotune_cache_dir", Value: filepath.Join(t.dir, "algorithms")},
		{Name: "xla_gpu_experimental_enable_fusion_autotuner", Value: false},
		{Name: "xla_gpu_enable_triton_gemm", Value: false},
	}
}

// newTuning opens or makes the folder for a plugin and a device. asked is what the user sets of XLA's options.
func newTuning(sha256, device, asked string) *tuning {
	cache, err := os.UserCacheDir()
	if err != nil {
		return &tuning{err: err}
	}
	name := regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(fmt.Sprintf("xla-%.16s-%s", sha256, device), "-")
	t := &tuning{dir: filepath.Join(cache, "lgl", name), asked: asked}
	if t.err = os.MkdirAll(filepath.Join(t.dir, "algorithms"), 0o755); t.err == nil {
		t.err = t.open()
	}
	return t
}

// open reads when the folder was begun. It does not wait for the lock, which another process holds for as long as it compiles,
// but where it cannot be had at all, as in a folder that is read-only, nothing is tuned.
func (t *tuning) open() error {
	file, err := t.lock()
	if err != nil {
		return err
	}
	since, err := t.read("since")
	if err := cmp.Or(err, file.Close()); err != nil {
		return err
	}
	if since == "" {
		return t.locked(func() {}, t.begin)
	}
	t.since = since
	return nil
}

// lock opens the file that is locked.
func (t *tuning) lock() (*os.File, error) {
	return os.OpenFile(filepath.Join(t.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
}

// begin notes that the folder is begun now, unless another process just did.
func (t *tuning) begin() error {
	since, err := t.read("since")
	if since == "" && err == nil {
		since = time.Now().UTC().Format(time.RFC3339Nano)
		err = t.write("since", since)
	}
	if err == nil { // else nobody could find it again
		t.since = since
	}
	return err
}

// read returns what a file of the folder says, "" if there is none.
func (t *tuning) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(t.dir, name))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return strings.TrimSpace(string(text)), err
}

func (t *tuning) write(name, text string) error {
	return atomicfile.Write(filepath.Join(t.dir, name), func(w io.Writer) error {
		_, err := io.WriteString(w, text+"\n")
		return err
	})
}

// locked does f while no other process works in the folder: two that time the same algorithms at once could choose
// differently, of which one choice would be kept. It calls waits if it has to wait for another one.
func (t *tuning) locked(waits func(), f func() error) (err error) {
	if t.err != nil {
		return t.err
	}
	file, err := t.lock()
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, file.Close()) }()
	if platform.TryLock(file) != nil {
		waits()
		if err := platform.Lock(file); err != nil {
			return err
		}
	}
	return f()
}

// What is known of a program whose algorithms are timed.
const (
	repeats = "the same bits each time"
	differs = "other bits each time" // of a model's step on whole batches, and so of all its programs
)

// known returns what is known of a model's step of some kind, given the program of that on whole batches by labels.
func (t *tuning) known(whole, step string) (string, error) {
	known, err := t.read(t.verdict(whole))
	if known != differs && step != whole && err == nil {
		return t.read(t.verdict(step))
	}
	return known, err
}

// timed holds the verdicts' files of the steps that this process has had timed, or taken from the folder: what XLA compiles
// afterwards has their algorithms, whatever its options, until the process ends.
var timed sync.Map

func (t *tuning) mark(step string) { timed.Store(filepath.Join(t.dir, t.verdict(step)), true) }

func (t *tuning) marked(step string) bool {
	_, is := timed.Load(filepath.Join(t.dir, t.verdict(step)))
	return is
}

// verdict is the name of the file that says which of them holds of a program, compiled with the options of now.
func (t *tuning) verdict(program string) string {
	return fmt.Sprintf("step-%x", sha256.Sum256(fmt.Append(nil, t.options(), t.asked, program)))
}
