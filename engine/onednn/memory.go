package onednn

import (
	"cmp"
	"fmt"
	"slices"
	"unsafe"

	"github.com/local-to-global/lgl/internal/platform"
)

// region is memory outside Go's heap, which the library may keep the address of: mapped pages,
// zero at first, taken from the system when first touched.
type region []byte

// Alignment of every tensor, in bytes: a cache line and an AVX-512 register.
const alignment = 64

// hugePage is the size from which asking the system for large pages pays.
const hugePage = 2 << 20

// allocate maps size bytes. what says in an error what they were for.
func allocate(size int, what string) (region, error) {
	if size == 0 {
		return nil, nil
	}
	if size >= hugePage { // to ask for each of a model's thousands takes longer than to train it for a step
		if free := available(); free > 0 && int64(size) > free {
			return nil, fmt.Errorf("onednn: %d MB for %s: %w", size>>20, what, errShort)
		}
	}
	r, err := platform.Pages(size)
	if err != nil {
		return nil, fmt.Errorf("onednn: cannot allocate %d MB for %s: %w", size>>20, what, err)
	}
	if size >= hugePage {
		platform.WishLarge(r)
	}
	return r, nil
}

// free unmaps the region.
func (r *region) free() error {
	if *r == nil {
		return nil
	}
	err := platform.FreePages(*r)
	*r = nil
	return err
}

func (r region) address() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(r))) }

// floats returns n float32 from the given byte offset.
func (r region) floats(offset, n int) []float32 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&r[offset])), n)
}

// place is where a tensor's bytes lie in a region.
type place struct {
	in           *region
	offset, size int
	first, last  int // for an arena: the steps between which the bytes are needed
}

func (p *place) address() uintptr { return p.in.address() + uintptr(p.offset) }

// floats returns the first n values.
func (p *place) floats(n int) []float32 { return p.in.floats(p.offset, n) }

// aligned rounds a number of bytes up.
func aligned(size int) int { return (size + alignment - 1) / alignment * alignment }

// arrange gives the places offsets in one arena, such that places needed at the same step do not
// overlap, and returns the arena's size. Largest first, each at the lowest offset that is free:
// simple, and near the lower bound for networks.
func arrange(places []*place) int {
	order := slices.Clone(places)
	slices.SortStableFunc(order, func(a, b *place) int { return cmp.Compare(b.size, a.size) })
	var placed []*place // by offset
	total := 0
	for _, p := range order {
		p.offset = 0
		for _, q := range placed {
			if q.last < p.first || p.last < q.first {
				continue
			}
			if p.offset+aligned(p.size) <= q.offset {
				break
			}
			p.offset = max(p.offset, q.offset+aligned(q.size))
		}
		at, _ := slices.BinarySearchFunc(placed, p, func(a, b *place) int { return cmp.Compare(a.offset, b.offset) })
		placed = slices.Insert(placed, at, p)
		total = max(total, p.offset+aligned(p.size))
	}
	return total
}
