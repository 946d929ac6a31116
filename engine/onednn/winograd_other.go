//go:build !amd64

package onednn

import "unsafe"

// No processor but amd64's has AVX512_BF16, without which an engine with bf16 does not open.

func windowFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32) {
	panic("onednn: no AVX512_BF16")
}

func windowBF16(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32) {
	panic("onednn: no AVX512_BF16")
}

func spreadFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch, sum *float32) {
	panic("onednn: no AVX512_BF16")
}

func spreadBF16(to, step, from, stride uintptr, table *points, masks *uint16, scratch, sum *float32) {
	panic("onednn: no AVX512_BF16")
}

func kernelFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32) {
	panic("onednn: no AVX512_BF16")
}

func gatherFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32, bias unsafe.Pointer, floor *float32) {
	panic("onednn: no AVX512_BF16")
}

func gatherBF16(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32, bias unsafe.Pointer, floor *float32) {
	panic("onednn: no AVX512_BF16")
}

func tapsFloat(to, step, from, stride uintptr, table *points, masks *uint16, scratch *float32) {
	panic("onednn: no AVX512_BF16")
}
