package onednn

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/engine"
	"github.com/local-to-global/lgl/engine/enginetest"
	"github.com/local-to-global/lgl/engine/reference"
)

// forcing are the times by which each way, or bfloat16 directly, wins wherever it can be had; fastest
// is what is measured.
var forcing = map[string]*[ways]float64{
	"direct":   {2, 0, 1},
	"winograd": {2, 1, 0},
	"fastest":  nil,
}

// openBF16 opens an engine with bfloat16 by given times. Without a processor for it the test is
// skipped.
func openBF16(t testing.TB, forced *[ways]float64) *Engine {
	t.Helper()
	open(t) // is the library here?
	e, err := Open(Options{BF16: true})
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { check(t, e.Close()) })
	e.forced = forced
	return e
}

func TestConformanceInBF16(t *testing.T) {
	for name, forced := range forcing {
		t.Run(name, func(t *testing.T) {
			enginetest.RunReduced(t, func(t *testing.T) engine.Engine { return oneThread{openBF16(t, forced)} }, enginetest.BFloat16)
		})
	}
}

func TestAgreesWithReferenceInBF16(t *testing.T) {
	for name, forced := range forcing {
		t.Run(name, func(t *testing.T) {
			enginetest.Agree(t, openBF16(t, forced), reference.New(), enginetest.BFloat16)
		})
	}
	t.Run("operations", func(t *testing.T) {
		enginetest.AgreeOperations(t, openBF16(t, forcing["direct"]), reference.New(), enginetest.BFloat16Operation)
	})
}

// On a processor without AVX512_BF16, which the library is told that this one is, bf16 is refused
// by name.
func TestNoBF16(t *testing.T) {
	open(t)
	if os.Getenv("DNNL_MAX_CPU_ISA") == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestNoBF16$", "-test.v")
		c.Env = append(os.Environ(), "DNNL_MAX_CPU_ISA=AVX512_CORE_VNNI")
		text, err := c.CombinedOutput()
		t.Logf("%s", text)
		check(t, err)
		return
	}
	_, err := Open(Options{BF16: true})
	if err == nil || !strings.Contains(err.Error(), "AVX512_BF16") {
		t.Errorf("error %v; want one that names AVX512_BF16", err)
	}
	t.Log(err)
}
