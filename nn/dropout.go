package nn

// DropKeep reports whether dropout with probability p keeps an element of layer's input in the
// step with the given seed. The element is counted in the canonical order [N C H W] of the batch.
// Engines that use it drop the same elements. Each one's bits are those of SplitMix64 (Steele et
// al. 2014) at the counter (seed xor (layer+1) g) + element, g the golden gamma; the upper 24 of
// them are a uniform number u in 0..2^24-1, and the element stays when u >= p 2^24.
func DropKeep(seed uint64, layer int, element uint64, p float32) bool {
	const gamma = 0x9E3779B97F4A7C15
	z := (seed ^ (uint64(layer)+1)*gamma) + element + gamma
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	z ^= z >> 31
	return float32(z>>40) >= p*(1<<24)
}
