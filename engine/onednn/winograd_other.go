//go:build !amd64

package onednn

// No processor but amd64's has AVX512_BF16, without which an engine with bf16 does not open: nothing calls these.
var (
	windowFloat, windowBF16, kernelFloat, tapsFloat func(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32)
	spreadFloat, spreadBF16                         func(to, step, from, stride uintptr, table *points, masks *uint16, scratch, sum *float32)
	gatherFloat, gatherBF16                         func(to, step, from, stride uintptr, table *points, masks *uint16, scratch, bias, floor *float32)
)
