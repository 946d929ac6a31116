package xla

import (
	"errors"
	"fmt"
	"sync"

	"github.com/local-to-global/lgl/internal/pjrt"
	"github.com/local-to-global/lgl/internal/platform"
)

// depth is the number of batches that can be on their way to the device.
const depth = 3

// staging is memory that the device can read by itself: a copy from it is fast, and goes on while
// the host does other things.
type staging struct {
	device device
	slots  [depth]stagingSlot
	next   int
	silent bool // the device did not answer: it may still read the memory
}

// stagingSlot holds one batch.
type stagingSlot struct {
	memory []byte
	pinned bool
	sent   event // of the copy that reads it
}

func newStaging(c device, bytes int) (*staging, error) {
	s := &staging{device: c}
	for i := range s.slots {
		memory, err := platform.Pages(bytes)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("xla: %d MB of memory for a batch: %w", bytes>>20, err), s.close())
		}
		s.slots[i].memory = memory
		err = s.heard(c.Pin(memory))
		if s.silent {
			return nil, err
		}
		s.slots[i].pinned = err == nil // where it cannot be pinned, copies are slower
	}
	return s, nil
}

// heard notes of a device's error whether it is that it does not answer.
func (s *staging) heard(err error) error {
	s.silent = s.silent || errors.Is(err, pjrt.ErrSilent)
	return err
}

// put copies x to the device, as a tensor of the given dimensions, which may be larger: what is
// behind x is then whatever was there.
func (s *staging) put(x []float32, dims []int64) (buffer, error) {
	slot := &s.slots[s.next]
	s.next = (s.next + 1) % depth
	if slot.sent != nil {
		if err := s.heard(slot.sent.Wait()); err != nil {
			return nil, err
		}
	}
	copyAll(slot.memory, bytesOf(x))
	bytes := 4
	for _, d := range dims {
		bytes *= int(d)
	}
	b, sent, err := s.device.PutAsync(slot.memory[:bytes], pjrt.F32, dims)
	if s.heard(err) != nil {
		return nil, err
	}
	slot.sent = sent
	return b, nil
}

// copyAll copies src to dst in pieces, each by a core: one alone takes longer for a large batch than the device's copy of it.
func copyAll(dst, src []byte) {
	const piece = 4 << 20
	var all sync.WaitGroup
	for at := 0; at < len(src); at += piece {
		all.Go(func() { copy(dst[at:], src[at:min(at+piece, len(src))]) })
	}
	all.Wait()
}

// close waits for copies on their way and frees the memory, unless the device is silent. Of a copy that failed, and of
// a silent device, the step that wanted it has told.
func (s *staging) close() error {
	var failed error
	for i := range s.slots {
		failed = errors.Join(failed, s.free(&s.slots[i]))
	}
	return failed
}

func (s *staging) free(slot *stagingSlot) error {
	if slot.sent != nil {
		_ = s.heard(slot.sent.Wait())
	}
	if s.silent || slot.memory == nil {
		return nil
	}
	var failed error
	if slot.pinned {
		failed = s.heard(s.device.Unpin(slot.memory))
	}
	if s.silent {
		return nil
	}
	failed = errors.Join(failed, platform.FreePages(slot.memory))
	slot.memory = nil
	return failed
}
