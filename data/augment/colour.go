package augment

import "github.com/local-to-global/lgl/data"

// Every operation here is PIL's, bit for bit, as torchvision calls it for PIL images. The first four
// blend the image with a degenerate one, which factor 0 gives; factor 1 changes nothing.

// blend is PIL's Image.blend for one value: a + factor (b - a) in float32, clipped, rounded down.
func blend(a, b int, factor float32) byte {
	return clip(float32(a) + float32(factor*float32(b-a))) // no fused multiply-add
}

// clip rounds v down, to 0..255.
func clip(v float32) byte { return byte(min(max(int32(v), 0), 255)) }

// blendTable returns what becomes of every byte in a blend with the constant a.
func blendTable(a int, factor float32) (table [256]byte) {
	for b := range table {
		table[b] = blend(a, b, factor)
	}
	return table
}

// differences returns factor (b - a) for all b - a, which is at 255 + b - a.
func differences(factor float64) (scaled [511]float32) {
	for i := range scaled {
		scaled[i] = float32(factor) * float32(i-255)
	}
	return scaled
}

// brightness blends with black: torchvision's adjust_brightness.
func (v *canvas) brightness(factor float64) {
	table := blendTable(0, float32(factor))
	v.lookAll(&table)
}

// contrast blends with the mean of the grey image, rounded: torchvision's adjust_contrast.
func (v *canvas) contrast(factor float64) {
	table := blendTable(v.mean(), float32(factor))
	v.lookAll(&table)
}

// mean returns the mean of the grey image, rounded.
func (v *canvas) mean() int {
	sum := 0
	if v.c == 3 {
		red, green, blue := v.plane(0), v.plane(1), v.plane(2)
		for i, r := range red {
			sum += int(data.Grey(r, green[i], blue[i]))
		}
	} else {
		for _, b := range v.plane(0) {
			sum += int(b)
		}
	}
	return int(float64(sum)/float64(v.h*v.w) + 0.5)
}

// saturation blends with the grey image: torchvision's adjust_saturation, RandAugment's Color. It
// leaves a grey image as it is.
func (v *canvas) saturation(factor float64) {
	if v.c != 3 {
		return
	}
	scaled := differences(factor)
	red, green, blue := v.plane(0), v.plane(1), v.plane(2)
	green, blue = green[:len(red)], blue[:len(red)]
	for i, r := range red {
		g, b := green[i], blue[i]
		l := data.Grey(r, g, b)
		level, at := float32(l), 255-int(l)
		red[i] = clip(level + scaled[at+int(r)])
		green[i] = clip(level + scaled[at+int(g)])
		blue[i] = clip(level + scaled[at+int(b)])
	}
}

// sharpness blends with the smoothed image: torchvision's adjust_sharpness for PIL images. PIL smooths by the
// kernel of ones with 5 in the middle, over 13, and leaves the outermost pixels as they are.
func (v *canvas) sharpness(factor float64) {
	if v.h < 3 || v.w < 3 {
		return
	}
	scaled := differences(factor)
	copy(v.spare, v.pix)
	row := func(y int) []byte { return v.pix[y*v.w:][:v.w] }
	for y := range v.c * v.h {
		if in := y % v.h; in > 0 && in < v.h-1 {
			sharpen(v.spare[y*v.w:][:v.w], row(y-1), row(y), row(y+1), &scaled)
		}
	}
	v.swap()
}

// sharpen writes a row but for its ends: out = smooth + factor (middle - smooth). PIL's float32 sum over
// 13 cannot lie near a half, as 2 sum + 13 is odd, so whole numbers round to the same.
func sharpen(out, above, middle, below []byte, scaled *[511]float32) {
	n := len(out)
	above, middle, below = above[:n], middle[:n], below[:n]
	left := int32(above[0]) + int32(middle[0]) + int32(below[0]) // sums of the columns x-1, x
	here := int32(above[1]) + int32(middle[1]) + int32(below[1])
	for x := 1; x < n-1; x++ {
		right := int32(above[x+1]) + int32(middle[x+1]) + int32(below[x+1])
		m := int32(middle[x])
		smooth := uint32(2*(left+here+right+4*m)+13) / 26
		out[x] = clip(float32(smooth) + scaled[255+m-int32(smooth)])
		left, here = here, right
	}
}
