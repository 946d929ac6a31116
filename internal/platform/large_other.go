//go:build !linux

package platform

// WishLarge does nothing: this system has no large pages to ask for.
func WishLarge([]byte) {}
