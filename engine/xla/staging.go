package xla

import (
	"errors"
	"fmt"

	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/internal/platform"
)

// depth is the number of batches that can be on their way to the device.
const depth = 3

// staging is memory that the device can read by itself: a copy from it is fast, and goes on while
// the host does other things.
type staging struct {
	device device
	slots  [depth]struct {
		memory []byte
		pinned bool
		sent   event // of the copy that reads it
	}
	next int
}

func newStaging(c device, bytes int) (*staging, error) {
	s := &staging{device: c}
	for i := range s.slots {
		memory, err := platform.Pages(bytes)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("xla: %d MB of memory for a batch: %w; use a smaller --batch", bytes>>20, err), s.close())
		}
		s.slots[i].memory = memory
		s.slots[i].pinned = c.Pin(memory) == nil // where it cannot be pinned, copies are slower
	}
	return s, nil
}

// put copies x to the device, as a tensor of the given dimensions, which may be larger: what is
// behind x is then whatever was there.
func (s *staging) put(x []float32, dims []int64) (buffer, error) {
	slot := &s.slots[s.next]
	s.next = (s.next + 1) % depth
	if slot.sent != nil {
		if err := slot.sent.Wait(); err != nil {
			return nil, err
		}
	}
	copy(slot.memory, bytesOf(x))
	bytes := 4
	for _, d := range dims {
		bytes *= int(d)
	}
	b, sent, err := s.device.PutAsync(slot.memory[:bytes], pjrt.F32, dims)
	if err != nil {
		return nil, err
	}
	slot.sent = sent
	return b, nil
}

// close waits for copies on their way and frees the memory, unless the device is silent: it may still read it. Of a
// copy that failed the step that wanted it has told.
func (s *staging) close() error {
	var failed error
	for i := range s.slots {
		slot := &s.slots[i]
		if slot.sent != nil && errors.Is(slot.sent.Wait(), pjrt.ErrSilent) {
			return nil
		}
		if slot.pinned {
			failed = errors.Join(failed, s.device.Unpin(slot.memory))
		}
		if slot.memory != nil {
			failed = errors.Join(failed, platform.FreePages(slot.memory))
		}
	}
	return failed
}
