package platform

import "syscall"

// WishLarge asks for large pages; small ones work too.
func WishLarge(pages []byte) { _ = syscall.Madvise(pages, syscall.MADV_HUGEPAGE) }
