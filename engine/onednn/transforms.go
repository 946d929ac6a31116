package onednn

import (
	"math"

	"github.com/local-to-global/lgl/internal/dnnl"
)

// scratch is the room of a worker for the vectors of one tile.
type scratch [products * lanes]float32

// at returns the address of a place, which may lie outside the map, in maps with blocks of channels,
// and the bytes of a row.
func at(x *tensor, shape []int, image, block, h, w int) (address, row uintptr) {
	size := lanes * x.md.Type().Size()
	offset := (((image*(shape[0]/lanes)+block)*shape[1]+h)*shape[2] + w) * size
	return x.at.address() + uintptr(offset), uintptr(shape[2] * size)
}

// transform writes B^T d B of the windows of some images: 36 matrices [rows C], a row a tile.
func (t tiled) transform(x, v *tensor, first, images, rows int) {
	c, step := t.in[0], pitch(dnnl.BF16, rows, t.in[0])
	f := windowFloat
	if x.md.Type() == dnnl.BF16 {
		f = windowBF16
	}
	split(t.threads, images, func(_, from, to int) {
		s := new(scratch)
		for i := from; i < to; i++ {
			for k := range t.each() {
				for block := range c / lanes {
					address, row := at(x, t.in, first+i, block, tile*(k/t.across)-t.pad, tile*(k%t.across)-t.pad)
					place := v.at.address() + uintptr(((i*t.each()+k)*c+block*lanes)*2)
					f(place, step, address, row, table, &t.windows[k*products], &s[0])
				}
			}
		}
	})
}

// spreadKernels writes G g G^T of the weights, or of them turned.
func (t tiled) spreadKernels(u, w *place, turned bool) {
	c, o := t.in[0], t.out[0]
	if turned {
		c, o = o, c
	}
	step := pitch(dnnl.BF16, c, o)
	split(t.threads, c, func(_, from, to int) {
		s := new(scratch)
		for i := from; i < to; i++ {
			for block := range o / lanes {
				address, stride := w.address()+kernelAt(c, i, block), uintptr(tapBytes)
				if turned {
					address, stride = address+8*tapBytes, -stride
				}
				kernelFloat(u.address()+uintptr((i*o+block*lanes)*2), step, address, stride, table, nil, &s[0])
			}
		}
	})
}

// kernelAt is the byte in the slab of the first tap of input channel c and a block of output
// channels.
func kernelAt(inputs, c, block int) uintptr {
	return uintptr((block*(inputs/lanes)+c/lanes)*9*tapBytes + c%lanes*lanes*4)
}

// gather writes A^T m A of some images, m 36 matrices [rows O], plus the bias, after ReLU if relu.
func (t tiled) gather(m, y, bias *tensor, first, images, rows int, relu bool) {
	o, stride := t.out[0], pitch(dnnl.F32, rows, t.out[0])
	f := gatherFloat
	if y.md.Type() == dnnl.BF16 {
		f = gatherBF16
	}
	floor := float32(math.Inf(-1))
	if relu {
		floor = 0
	}
	offsets := make([]float32, o)
	if bias != nil {
		copy(offsets, bias.at.floats(o))
	}
	split(t.threads, images, func(_, from, to int) {
		s := new(scratch)
		for i := from; i < to; i++ {
			for k := range t.each() {
				for block := range o / lanes {
					address, row := at(y, t.out, first+i, block, tile*(k/t.across), tile*(k%t.across))
					place := m.at.address() + uintptr(((i*t.each()+k)*o+block*lanes)*4)
					f(address, row, place, stride, table, &t.tiles[k*tile*tile], &s[0], &offsets[block*lanes], &floor)
				}
			}
		}
	})
}

// spread writes A dy A^T of some images: 36 matrices [tiles O], and adds the sum of dy by channel to
// the gradient of the bias.
func (t tiled) spread(dy, q, dbias *tensor, first, images int) {
	o, step := t.out[0], pitch(dnnl.BF16, images*t.each(), t.out[0])
	f := spreadFloat
	if dy.md.Type() == dnnl.BF16 {
		f = spreadBF16
	}
	sums := make([][]float32, t.threads)
	split(t.threads, images, func(worker, from, to int) {
		s, sum := new(scratch), make([]float32, o)
		for i := from; i < to; i++ {
			for k := range t.each() {
				for block := range o / lanes {
					address, row := at(dy, t.out, first+i, block, tile*(k/t.across), tile*(k%t.across))
					place := q.at.address() + uintptr(((i*t.each()+k)*o+block*lanes)*2)
					f(place, step, address, row, table, &t.tiles[k*tile*tile], &s[0], &sum[block*lanes])
				}
			}
		}
		sums[worker] = sum
	})
	if dbias != nil {
		if first == 0 {
			clear(dbias.at.floats(o))
		}
		for _, sum := range sums {
			for i, v := range sum {
				dbias.at.floats(o)[i] += v
			}
		}
	}
}

// gatherKernels writes G^T u G, the gradient of the weights, in the layout of the slab.
func (t tiled) gatherKernels(u, dw *tensor) {
	c, o := t.in[0], t.out[0]
	stride := pitch(dnnl.F32, c, o)
	split(t.threads, c, func(_, from, to int) {
		s := new(scratch)
		for i := from; i < to; i++ {
			for block := range o / lanes {
				tapsFloat(dw.at.address()+kernelAt(c, i, block), tapBytes, u.at.address()+uintptr((i*o+block*lanes)*4), stride, table, nil, &s[0])
			}
		}
	})
}
