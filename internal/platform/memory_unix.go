//go:build unix

package platform

import "syscall"

// Pages returns size bytes of memory outside of Go's heap, at an address that stays: zero at first, and taken from
// the system when first touched.
func Pages(size int) ([]byte, error) {
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

// FreePages gives back what Pages returned.
func FreePages(pages []byte) error { return syscall.Munmap(pages) }
