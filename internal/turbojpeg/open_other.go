//go:build !linux

package turbojpeg

import (
	"errors"
	"runtime"
)

func open(string) (string, error) {
	return "", errors.New("not used on " + runtime.GOOS + ", only on Linux")
}
