package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/data/picture"
	"github.com/local-to-global/lgl/engine/onednn"
	"github.com/local-to-global/lgl/engine/xla"
	"github.com/local-to-global/lgl/internal/platform"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/record"
)

// checkup is what `lgl doctor` reports. scripts/setup.sh reads its JSON with grep, so the order of
// engineState's keys stays.
type checkup struct {
	Revision string         `json:"revision"`
	Machine  record.Machine `json:"machine"`
	Features []string       `json:"cpu_features"`
	Threads  int            `json:"threads"` // a step uses by default
	Engines  []engineState  `json:"engines"`
	JPEG     jpegState      `json:"jpeg"`
	Data     []catalog.Info `json:"data"`
	Cache    string         `json:"cache"`    // directory of fetched data and of tuning results
	LGLData  string         `json:"lgl_data"` // $LGL_DATA
}

// engineState says whether an engine can be used.
type engineState struct {
	Name    string `json:"name"`
	Found   bool   `json:"found"`
	Path    string `json:"path"` // of its library
	Version string `json:"version"`
	ISA     string `json:"isa"` // the instruction set in use
	Threads int    `json:"threads"`
	Why     string `json:"why"` // why not, if not found
}

// jpegState says what decodes JPEG.
type jpegState struct {
	Decoder string `json:"decoder"` // as records name it
	Path    string `json:"path"`    // of its library; "": Go's own
	Why     string `json:"why"`     // why not libjpeg-turbo, if it is not
}

// doctor is `lgl doctor`.
func (a *app) doctor() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Say what lgl finds on this machine: engines, decoder, data, processor",
		Example: "  lgl doctor\n  lgl doctor --json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			c := examine()
			return a.result(c, c.write)
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

func examine() checkup {
	c := checkup{
		Revision: build(), Machine: machine(), Features: platform.Extensions(), Threads: platform.Cores(),
		Engines: []engineState{onednnState(), xlaState(), {Name: "reference", Found: true, Version: build(), ISA: "Go", Threads: platform.Cores()}},
		JPEG:    decoderState(),
		Data:    catalog.List(), LGLData: os.Getenv("LGL_DATA"),
	}
	if cache, err := os.UserCacheDir(); err == nil {
		c.Cache = filepath.Join(cache, "lgl")
	}
	return c
}

func decoderState() jpegState {
	path, err := picture.JPEGLibrary()
	s := jpegState{Decoder: picture.JPEGDecoder(), Path: path}
	if err != nil {
		s.Why = err.Error()
	}
	return s
}

// words say what decodes, and why.
func (j jpegState) words() string {
	if j.Path == "" {
		return j.Decoder + ": " + j.Why
	}
	return j.Decoder + ", " + j.Path
}

func onednnState() engineState {
	p := onednn.Probe()
	return engineState{Name: "onednn", Found: p.Found, Path: p.Path, Version: p.Version, ISA: p.ISA, Threads: p.Threads, Why: p.Why}
}

func xlaState() engineState {
	s := engineState{Name: "xla", Threads: platform.Cores()}
	e, err := xla.Open(xla.Options{})
	if err != nil {
		s.Why = err.Error()
		return s
	}
	i := e.Info()
	s.Found, s.Path, s.Version = true, i.Plugin, "PJRT "+i.API
	s.ISA = fmt.Sprintf("%s, %s, %d MB", i.Device, i.Library, i.Memory>>20)
	if err := e.Close(); err != nil {
		s.Why = err.Error()
	}
	return s
}

// write prints the checkup for people.
func (c checkup) write(w io.Writer) error {
	return columns(w, func(w io.Writer) {
		fmt.Fprintf(w, "lgl\t%s, %s, %s\n", c.Revision, c.Machine.Go, c.Machine.OS)
		fmt.Fprintf(w, "processor\t%s, %s\n", c.Machine.CPU, plural.Count(c.Machine.Cores, "core"))
		fmt.Fprintf(w, "extensions\t%s\n", strings.Join(c.Features, " "))
		for _, e := range c.Engines {
			fmt.Fprintf(w, "engine %s\t%s\n", e.Name, e.words())
		}
		fmt.Fprintf(w, "jpeg\t%s\n", c.JPEG.words())
		for _, d := range c.Data {
			fmt.Fprintf(w, "data %s\t%s\n", d.Name, place(d))
		}
		fmt.Fprintf(w, "cache\t%s\n", c.Cache)
		if c.LGLData != "" {
			fmt.Fprintf(w, "LGL_DATA\t%s\n", c.LGLData)
		}
	})
}

func (e engineState) words() string {
	if !e.Found {
		return "not found: " + e.Why
	}
	words := []string{e.Version, e.ISA, plural.Count(e.Threads, "thread")}
	if e.Path != "" {
		words = append(words, e.Path)
	}
	return "found: " + strings.Join(words, ", ")
}

// place says where a data set is, or how to get it.
func place(d catalog.Info) string {
	if d.Found {
		return d.Where
	}
	return "not here; lgl data fetch " + d.Name
}

// machine describes where lgl runs.
func machine() record.Machine {
	return record.Machine{CPU: platform.Processor(), Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}
