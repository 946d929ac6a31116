//go:build !linux

package onednn

// wishLarge does nothing: this system has no large pages to ask for.
func (region) wishLarge() {}
