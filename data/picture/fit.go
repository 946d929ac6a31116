package picture

import (
	"fmt"
	"image"

	"github.com/local-to-global/lgl/data"
)

// Fit writes p as an image of shape [C H W] with values 0..1, in colours (C = 3) or grey (C = 1). A
// picture of another size is scaled until it just covers the image, and the middle is taken:
// torchvision's Resize and CenterCrop, antialiased. It is for networks that were trained on images of
// one size, as they are; Centre also cuts off a border.
func (p Picture) Fit(shape []int, dst []float32) error {
	if len(shape) != 3 || shape[0] != 1 && shape[0] != 3 {
		return fmt.Errorf("shape %v; a picture has one channel or three, height and width", shape)
	}
	w, h := shape[2], shape[1]
	if p.W != w || p.H != h {
		scaledW, scaledH := p.covering(w, h)
		corner := image.Pt(centred(scaledW-w), centred(scaledH-h))
		p = p.resized(scaledW, scaledH, image.Rectangle{corner, corner.Add(image.Pt(w, h))})
	}
	if shape[0] == 3 {
		p.Planes(dst)
		return nil
	}
	for i := range dst[:w*h] {
		dst[i] = float32(data.Grey(p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2])) / 255
	}
	return nil
}

// covering returns the size of p with one side that of a w x h image, and the other no smaller.
func (p Picture) covering(w, h int) (int, int) {
	if p.W*h <= p.H*w { // p is the narrower
		return w, w * p.H / p.W
	}
	return h * p.W / p.H, h
}
