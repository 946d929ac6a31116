package onednn

import "syscall"

// wishLarge asks for large pages; small ones work too.
func (r region) wishLarge() { _ = syscall.Madvise(r, syscall.MADV_HUGEPAGE) }
