package folder

import (
	"sync/atomic"

	"github.com/local-to-global/lgl/data/picture"
)

// mostKept is how many bytes of decoded pictures are kept.
const mostKept = 1 << 30

// memory is what is left for pictures that are kept.
type memory struct{ left atomic.Int64 }

func newMemory(bytes int64) *memory {
	m := new(memory)
	m.left.Store(bytes)
	return m
}

// keep returns the picture in slot, or makes it and puts it there while memory lasts. A picture is
// the same whether it was kept or made anew, so nothing but time depends on which there is room for.
func (m *memory) keep(slot *atomic.Pointer[picture.Picture], create func() (picture.Picture, error)) (picture.Picture, error) {
	if p := slot.Load(); p != nil {
		return *p, nil
	}
	p, err := create()
	if err != nil {
		return p, err
	}
	n := int64(len(p.Pix))
	if m.left.Add(-n) < 0 || !slot.CompareAndSwap(nil, &p) {
		m.left.Add(n)
	}
	return p, nil
}

// KeepNone keeps no pictures from now on: every one is decoded when it is asked for.
func (s *Source) KeepNone() { s.memory.left.Store(0) }
