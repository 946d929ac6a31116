package dnnl

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/local-to-global/lgl/internal/platform"
)

// open loads one candidate and binds its functions.
func open(path string) (Info, error) {
	library, err := platform.OpenLibrary(path)
	if err != nil {
		return Info{}, err
	}
	version, err := versionOf(library)
	if err == nil {
		err = version.check()
	}
	if err == nil {
		err = bind(library)
	}
	if err != nil {
		return Info{}, errors.Join(err, library.Close())
	}
	isa := c.effectiveISA()
	return Info{Path: path, Version: version, ISA: isaName(isa), BF16: isa&bf16ISA != 0}, nil
}

// versionOf asks the library: its dnnl_version_t starts with three ints.
func versionOf(library platform.Library) (Version, error) {
	f, err := library.Symbol("dnnl_version")
	if err != nil {
		return Version{}, errors.New("is not oneDNN: it has no dnnl_version")
	}
	var version func() *[3]int32
	purego.RegisterFunc(&version, f)
	v := version()
	return Version{int(v[0]), int(v[1]), int(v[2])}, nil
}

// bind fills c from the library.
func bind(library platform.Library) error {
	for name, f := range functions() {
		symbol, err := library.Symbol(name)
		if err != nil {
			return fmt.Errorf("it has no %s (built without OpenMP, or incomplete)", name)
		}
		purego.RegisterFunc(f, symbol)
	}
	var err error
	executeSymbol, err = library.Symbol("dnnl_primitive_execute")
	return err
}

// execute calls dnnl_primitive_execute directly, the one call that a training step makes often.
func execute(p Primitive, s Stream, args []Arg) Status {
	r, _, _ := purego.SyscallN(executeSymbol, uintptr(p), uintptr(s), uintptr(len(args)), uintptr(unsafe.Pointer(unsafe.SliceData(args))))
	return Status(int32(r))
}

var executeSymbol uintptr
