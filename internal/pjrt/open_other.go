//go:build !linux

package pjrt

import (
	"errors"
	"runtime"
	"time"
)

func open(string, time.Duration) (*Plugin, error) {
	return nil, errors.New("not used on " + runtime.GOOS + ", only on Linux")
}

func invoke(f, argument uintptr) uintptr { return 0 }
