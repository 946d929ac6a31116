package augment

import (
	"math"
	"sync"
)

// hue turns the hue of a colour image by share of a circle, in -0.5..0.5: torchvision's adjust_hue for
// PIL images, which goes through bytes of hue, saturation and value.
func (v *canvas) hue(share float64) {
	if v.c != 3 {
		return
	}
	t := hues()
	turn := uint8(int(share * 255)) // rounded towards zero, modulo 256
	red, green, blue := v.plane(0), v.plane(1), v.plane(2)
	green, blue = green[:len(red)], blue[:len(red)]
	for i, r := range red {
		g, b := green[i], blue[i]
		most, least := max(r, g, b), min(r, g, b)
		if most == least {
			continue // no saturation: grey stays grey
		}
		h, s := t.of(r, g, b, most, least)
		red[i], green[i], blue[i] = t.colour(h+turn, s, most)
	}
}

// hueTables are PIL's conversions between RGB and HSV, as tables.
type hueTables struct {
	hue        [6][256 * 256]uint8 // by sector, (max - mid) and (max - min)
	saturation [256 * 256]uint8    // by max - min and max
	sector     [256]uint8          // of a hue, 0..5
	rest       [256]float32        // of a hue within its sector, 0..1
}

var hues = sync.OnceValue(newHueTables)

// newHueTables computes what PIL's rgb2hsv_row and hsv2rgb do, with their types: float32 where they
// have float, float64 where a constant makes C compute in double.
func newHueTables() *hueTables {
	t := new(hueTables)
	for span := 1; span < 256; span++ {
		cr := float32(span)
		for d := range span + 1 {
			mid := float32(d) / cr             // of the middle channel: (max - mid) / (max - min); the others' are 0 and 1
			for sector, h := range [6]float32{ // in the order of the sectors of of
				1 - mid,                       // r > g > b: bc - gc
				mid - 1,                       // r > b > g
				float32(2 + float64(mid) - 1), // g > r > b: 2 + rc - bc
				float32(2 + 1 - float64(mid)), // g > b > r
				float32(4 + float64(mid) - 1), // b > g > r: 4 + gc - rc
				float32(4 + 1 - float64(mid)), // b > r > g
			} {
				turned := float32(math.Mod(float64(h)/6+1, 1))
				t.hue[sector][d<<8|span] = uint8(min(int(float64(turned)*255), 255))
			}
		}
		for most := span; most < 256; most++ {
			t.saturation[span<<8|most] = uint8(min(int(float64(cr/float32(most))*255), 255))
		}
	}
	for h := range t.sector {
		sixth := float64(float32(h)) * 6 / 255
		t.sector[h] = uint8(int(sixth) % 6)
		t.rest[h] = float32(sixth - math.Floor(sixth))
	}
	return t
}

// of returns hue and saturation of a colour that is not grey. Of equal channels, red counts as the
// largest before green before blue.
func (t *hueTables) of(r, g, b, most, least byte) (h, s uint8) {
	span := int(most - least)
	var sector int
	var mid byte
	switch {
	case r == most && g >= b:
		sector, mid = 0, g
	case r == most:
		sector, mid = 1, b
	case g == most && r >= b:
		sector, mid = 2, r
	case g == most:
		sector, mid = 3, b
	case g >= r:
		sector, mid = 4, g
	default:
		sector, mid = 5, r
	}
	return t.hue[sector][int(most-mid)<<8|span], t.saturation[span<<8|int(most)]
}

// colour returns the colour of a hue, a saturation and a value.
func (t *hueTables) colour(h, s, v uint8) (r, g, b byte) {
	if s == 0 {
		return v, v, v
	}
	value, share, rest := float64(v), float32(float64(s)/255), t.rest[h]
	p := byte(float64(value*(1-float64(share))) + 0.5)
	falling := func() byte { return byte(float64(value*(1-float64(share*rest))) + 0.5) }
	rising := func() byte { return byte(float64(value*(1-float64(float64(share)*(1-float64(rest))))) + 0.5) }
	switch t.sector[h] {
	case 0:
		return v, rising(), p
	case 1:
		return falling(), v, p
	case 2:
		return p, v, rising()
	case 3:
		return p, falling(), v
	case 4:
		return rising(), p, v
	}
	return v, p, falling()
}
