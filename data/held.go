package data

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
)

// Held returns p, whose files must be what they were when was had them, by their SHA-256; was returns
// false for a file that may be anything. A sample or view of one that has changed is an error that names
// it; so is one here that was read already, for the normalisation, say.
func Held(p Pictures, was func(i int) (sum [sha256.Size]byte, ok bool)) (Pictures, error) {
	h := held{p, was}
	for i := range p.Len() {
		if err := h.check(i); err != nil {
			return nil, err
		}
	}
	return h, nil
}

type held struct {
	Pictures
	was func(i int) (sum [sha256.Size]byte, ok bool)
}

func (h held) Sample(i int, dst []float32) error {
	if err := h.Pictures.Sample(i, dst); err != nil {
		return err
	}
	return h.check(i)
}

func (h held) View(i int, dst []byte, r *rand.Rand) error {
	if err := h.Pictures.View(i, dst, r); err != nil {
		return err
	}
	return h.check(i)
}

// check holds the file of picture i, if it was read, to what it was.
func (h held) check(i int) error {
	is, read := h.Sum(i)
	if was, ok := h.was(i); read && ok && is != was {
		return fmt.Errorf("%s: is not what it was when the run read it first: its SHA-256 was %x, is %x; give it its content back", h.Path(i), was, is)
	}
	return nil
}
