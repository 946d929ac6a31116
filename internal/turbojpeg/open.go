package turbojpeg

import (
	"errors"
	"fmt"

	"github.com/ebitengine/purego"

	"github.com/local-to-global/lgl/internal/platform"
)

// open loads one candidate, binds its functions, and returns the file that the loader took.
func open(path string) (file string, err error) {
	library, err := platform.OpenLibrary(path)
	if err != nil {
		return "", err
	}
	at := uintptr(0)
	if at, err = bind(library); err == nil {
		file, err = library.File(at)
	}
	if err != nil {
		return "", errors.Join(err, library.Close())
	}
	return file, nil
}

// bind fills c from the library, and returns where one of its functions lies.
func bind(library platform.Library) (symbol uintptr, err error) {
	for name, f := range functions() {
		if symbol, err = library.Symbol(name); err != nil {
			return 0, fmt.Errorf("is no libturbojpeg 2.0 or newer: it has no %s", name)
		}
		purego.RegisterFunc(f, symbol)
	}
	return symbol, nil
}
