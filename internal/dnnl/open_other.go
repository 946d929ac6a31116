//go:build !linux

package dnnl

import (
	"errors"
	"runtime"
)

var errNotFound = errors.New("no such file")

func open(string) (Info, error) {
	return Info{}, errors.New("not used on " + runtime.GOOS + ", only on Linux")
}

func execute(Primitive, Stream, []Arg) Status { return InvalidArguments }
