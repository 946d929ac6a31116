package augment

// posterize keeps the upper bits of every byte.
func (v *canvas) posterize(bits int) {
	var table [256]byte
	for b := range table {
		table[b] = byte(b) &^ byte(1<<(8-bits)-1)
	}
	v.lookAll(&table)
}

// solarize inverts the bytes that are not below the threshold.
func (v *canvas) solarize(threshold float64) {
	var table [256]byte
	for b := range table {
		table[b] = byte(b)
		if float64(b) >= threshold {
			table[b] = byte(255 - b)
		}
	}
	v.lookAll(&table)
}

// autoContrast stretches each channel so that its lowest byte becomes 0 and its highest 255.
func (v *canvas) autoContrast() {
	for c := range v.c {
		n := v.histogram(c)
		lo, hi := 0, 255
		for lo < 255 && n[lo] == 0 {
			lo++
		}
		for hi > 0 && n[hi] == 0 {
			hi--
		}
		if hi <= lo {
			continue
		}
		var table [256]byte
		scale := 255 / float64(hi-lo)
		offset := float64(-float64(lo) * scale)
		for b := range table {
			table[b] = byte(min(max(int(float64(float64(b)*scale)+offset), 0), 255))
		}
		v.look(c, &table)
	}
}

// equalize makes the histogram of each channel flat: a byte becomes the share of the pixels below it,
// as PIL rounds that.
func (v *canvas) equalize() {
	for c := range v.c {
		n := v.histogram(c)
		last := 255 // the highest byte that is there
		for last > 0 && n[last] == 0 {
			last--
		}
		step := (v.h*v.w - n[last]) / 255
		if step == 0 {
			continue
		}
		var table [256]byte
		below := step / 2
		for b := range table {
			table[b] = byte(min(below/step, 255))
			below += n[b]
		}
		v.look(c, &table)
	}
}
