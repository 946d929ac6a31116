package onednn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/internal/platform"
)

// timing is what the tuner measured for one convolution in one direction, in milliseconds, and
// what it chose.
type timing struct {
	Choice   string    `json:"choice"`
	Direct   float64   `json:"direct_ms"`
	Winograd float64   `json:"winograd_ms"`
	Taps     float64   `json:"taps_ms,omitempty"` // 0 where taps is no candidate
	MS       []float64 `json:"ms,omitempty"`      // instead of these, of what a mixture is chosen by
	Short    bool      `json:"short,omitempty"`   // memory had no room for a candidate: it holds for this run, and is not in the file
}

const (
	direct   = "direct"
	winograd = "winograd"
	byTaps   = "taps"
	mixedly  = "mixture" // by the sum of many
)

func (t timing) alg() dnnl.Alg {
	switch t.Choice {
	case winograd:
		return dnnl.Winograd
	case byTaps:
		return taps
	}
	return dnnl.Direct
}

// tuned is what is known in this process of each file of timings, so that all models choose
// alike even where no file can be written.
var tuned = struct {
	sync.Mutex
	files map[string]map[string]timing
}{files: map[string]map[string]timing{}}

// timings are those that a model's algorithms are chosen by.
type timings struct {
	path  string // of the file
	log   func(string)
	fresh int               // how many are not in the file
	given map[string]timing // of another model, instead of the file's
	used  map[string]timing // what was asked for so far
}

// openTimings reads the file, once in a process.
func openTimings(path string, log func(string)) timings {
	tuned.Lock()
	defer tuned.Unlock()
	if tuned.files[path] == nil {
		entries, err := readTimings(path)
		if err != nil {
			log(fmt.Sprintf("onednn: timings %s ignored, will be measured anew: %v", path, err))
		}
		tuned.files[path] = entries
	}
	return timings{path: path, log: log, used: map[string]timing{}}
}

// known returns what was measured before.
func (t *timings) known(key string) (timing, bool) {
	e, ok := t.given[key]
	if !ok {
		e, ok = tuned.files[t.path][key]
	}
	if ok {
		t.used[key] = e
	}
	return e, ok
}

// learn notes what was measured now, instead of what was given.
func (t *timings) learn(key string, e timing) {
	delete(t.given, key)
	tuned.files[t.path][key], t.used[key] = e, e
	if !e.Short {
		t.fresh++
	}
}

// take has the timings of another model known.
func (t *timings) take(text []byte) error {
	if text == nil {
		return nil
	}
	err := json.Unmarshal(text, &t.given)
	if err == nil {
		err = checkTimings(t.given)
	}
	if err != nil {
		return fmt.Errorf("onednn: timings of another model: %w", err)
	}
	return nil
}

// cachePath names the file of timings after all that they depend on.
func cachePath(info dnnl.Info, threads int) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	name := fmt.Sprintf("onednn-%v-%s-%s-threads%d", info.Version, platform.ProcessorModel(), info.ISA, threads)
	name = regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(name, "-")
	return filepath.Join(dir, "lgl", name+".json")
}

// readTimings returns the timings on disk; none if there is no file, or with an error a broken one.
func readTimings(path string) (map[string]timing, error) {
	entries := map[string]timing{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return entries, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &entries)
	}
	if err == nil {
		err = checkTimings(entries)
	}
	if err != nil {
		return map[string]timing{}, err
	}
	return entries, nil
}

func checkTimings(entries map[string]timing) error {
	if entries == nil {
		return errors.New("holds null; want an object")
	}
	for key, e := range entries {
		if e.Choice != direct && e.Choice != winograd && e.Choice != byTaps && e.Choice != mixedly {
			return fmt.Errorf("entry %q chooses %q; want %s, %s, %s or %s", key, e.Choice, direct, winograd, byTaps, mixedly)
		}
	}
	return nil
}

// save adds this process's timings to the file. Not being able to is no error: they will be
// measured again.
func (t *timings) save() {
	if t.fresh == 0 {
		return
	}
	tuned.Lock()
	defer tuned.Unlock()
	entries, _ := readTimings(t.path) // another process may have added to it
	for key, e := range tuned.files[t.path] {
		if !e.Short {
			entries[key] = e
		}
	}
	err := os.MkdirAll(filepath.Dir(t.path), 0o755)
	if err == nil {
		err = atomicfile.Write(t.path, func(w io.Writer) error {
			text, err := json.MarshalIndent(entries, "", " ")
			if err == nil {
				_, err = w.Write(append(text, '\n'))
			}
			return err
		})
	}
	if err != nil {
		t.log(fmt.Sprintf("onednn: timings not kept: %v", err))
	}
	t.fresh = 0
}
