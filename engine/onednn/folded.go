package onednn

import (
	"math"

	"github.com/local-to-global/lgl/internal/dnnl"
	"github.com/local-to-global/lgl/nn"
)

// folded holds the weights of one evaluation program, in the layouts that it wants, with batch
// norm folded in: y = s (Wx + b - mean) + shift with s = scale / sqrt(variance + eps) is the
// layer with weights sW and bias s(b - mean) + shift. Filled anew when the weights have changed.
type folded struct {
	store   *store
	net     nn.Net
	region  region
	size    int
	pieces  []func(stream dnnl.Stream) error // each fills a tensor
	version int                              // of the store's weights that it holds
}

// room reserves room for a tensor.
func (f *folded) room(md dnnl.Desc) *place {
	at := &place{in: &f.region, offset: f.size, size: md.Size()}
	f.size += aligned(at.size)
	return at
}

// place reserves room for a tensor of layout md, to be filled with the values, laid out as plain.
func (f *folded) place(md, plain dnnl.Desc, values func(dnnl.Stream) ([]float32, error)) *place {
	at := f.room(md)
	f.pieces = append(f.pieces, func(stream dnnl.Stream) error {
		v, err := values(stream)
		if err != nil {
			return err
		}
		return layout{f.store.engine, stream, &plain}.write(at, &md, v)
	})
	return at
}

// tensor returns the weight or bias of a node, in layout md; the slab itself where it will do.
func (f *folded) tensor(p *program, nd node, suffix string, md dnnl.Desc) *tensor {
	name := f.net.Layers[nd.layer].Name + "."
	q := f.store.byName[name+suffix]
	if nd.norm < 0 && q.md.Equal(&md) {
		return p.view(&q.slot[weights], md)
	}
	if suffix == "bias" {
		return p.view(f.place(md, md, func(stream dnnl.Stream) ([]float32, error) { return f.bias(stream, nd, q, md.Size()/4) }), md)
	}
	return p.view(f.place(md, q.plain, func(stream dnnl.Stream) ([]float32, error) { return f.weight(stream, nd, q) }), md)
}

// vectors returns a batch norm's arguments.
func (f *folded) vectors(p *program, nd node, md dnnl.Desc) vectors {
	name := f.net.Layers[nd.layer].Name + "."
	slot := func(suffix string) *tensor { return p.view(&f.store.byName[name+suffix].slot[weights], md) }
	stat := func(suffix string) *tensor {
		return p.view(f.place(md, md, func(dnnl.Stream) ([]float32, error) { return f.store.stats[name+suffix], nil }), md)
	}
	return vectors{stat("running_mean"), stat("running_var"), slot("weight"), slot("bias")}
}

// weight returns sW.
func (f *folded) weight(stream dnnl.Stream, nd node, q *param) ([]float32, error) {
	w := make([]float32, q.Len())
	if err := f.store.read(stream, q, weights, w); err != nil || nd.norm < 0 {
		return w, err
	}
	s, _ := f.affine(nd.norm)
	row := len(w) / len(s)
	for o, v := range s {
		for i := range w[o*row : (o+1)*row] {
			w[o*row+i] *= v
		}
	}
	return w, nil
}

// bias returns s(b - mean) + shift; q is nil if the layer has no bias of its own.
func (f *folded) bias(stream dnnl.Stream, nd node, q *param, n int) ([]float32, error) {
	b := make([]float32, n)
	if q != nil {
		if err := f.store.read(stream, q, weights, b); err != nil {
			return nil, err
		}
	}
	s, t := f.affine(nd.norm)
	for i := range b {
		b[i] = s[i]*b[i] + t[i]
	}
	return b, nil
}

// affine returns a batch norm in evaluation mode as y = s x + t.
func (f *folded) affine(layer int) (s, t []float32) {
	name := f.net.Layers[layer].Name + "."
	eps := f.net.Layers[layer].Op.(nn.BatchNorm).Eps
	mean, variance := f.store.stats[name+"running_mean"], f.store.stats[name+"running_var"]
	scale := f.store.byName[name+"weight"].slot[weights].floats(len(mean))
	shift := f.store.byName[name+"bias"].slot[weights].floats(len(mean))
	s, t = make([]float32, len(mean)), make([]float32, len(mean))
	for i := range s {
		v := float64(scale[i]) / math.Sqrt(float64(variance[i])+float64(eps))
		s[i], t[i] = float32(v), float32(float64(shift[i])-v*float64(mean[i]))
	}
	return s, t
}

// refresh fills every piece from the present weights, if they have changed.
func (f *folded) refresh(stream dnnl.Stream, version int) error {
	if f.version == version {
		return nil
	}
	for _, fill := range f.pieces {
		if err := fill(stream); err != nil {
			return err
		}
	}
	f.version = version
	return nil
}
