package onednn

// The transforms of one tile, 16 channels at a time. All take: where the result goes, the bytes from
// one of its matrices (rows) to the next; where the values are, the bytes from one of their rows
// (taps, matrices) to the next; the numbers of the table; which places of the tile there are; room
// for 36 vectors.

//go:noescape
func windowFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32)

//go:noescape
func windowBF16(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32)

//go:noescape
func spreadFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch, sum *float32)

//go:noescape
func spreadBF16(to, step, from, stride uintptr, table *points, masks *uint16, scratch, sum *float32)

//go:noescape
func kernelFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32)

//go:noescape
func gatherFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32, bias, floor *float32)

//go:noescape
func gatherBF16(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32, bias, floor *float32)

//go:noescape
func tapsFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32)
