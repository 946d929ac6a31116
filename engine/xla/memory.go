package xla

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"github.com/local-to-global/lgl/internal/pjrt"
)

// explain also says about how large a batch would fit. The state of a silent device is lost.
func (m *model) explain(err error) error {
	explained := m.engine.explain(err, m.wayOut())
	if errors.Is(err, pjrt.ErrSilent) {
		m.drop()
	}
	device := exhausted(err)
	if device == nil || m.options.Evaluation {
		return explained
	}
	used, limit, _ := m.engine.device.Memory()
	if n := fits(m.batch, device.Message, limit-used); n > 0 {
		return fmt.Errorf("%w; --batch %d would fit", explained, n)
	}
	return explained
}

// wayOut is that of a model for whose batches memory is short.
func (m *model) wayOut() string {
	if m.options.Evaluation {
		return "take a device that has more"
	}
	return "use a smaller --batch, or --precision bf16"
}

// allocate finds in XLA's message how much memory was asked for: "allocate 238.67GiB".
var allocate = regexp.MustCompile(`allocate ([0-9.]+) ?([KMGT]?)i?B`)

// asked returns how many bytes were asked for, 0 if the message does not say.
func asked(message string) int64 {
	found := allocate.FindStringSubmatch(message)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if n *= math.Pow(1024, float64(strings.Index("BKMGT", cmp.Or(found[2], "B")))); err != nil || n > 1<<60 {
		return 0
	}
	return int64(n)
}

// fits returns the largest batch of ours, a power of two, whose activations fit into the free bytes,
// given the message about those of batch samples; 0 if it does not say.
func fits(batch int, message string, free int64) int {
	bytes := asked(message)
	if bytes == 0 || free <= 0 {
		return 0
	}
	n := int(0.95 * float64(batch) * float64(free) / float64(bytes))
	if n < 1 || n >= batch {
		return 0
	}
	return 1 << (bits.Len(uint(n)) - 1)
}
