package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// entry is what a header says of a tensor.
type entry struct {
	name, dtype string
	shape       []uint64
	offsets     [2]uint64 // of its first byte and after its last, from the header's end
}

// metadata is the key of what is no tensor.
const metadata = "__metadata__"

// parseHeader takes a header apart. The library refuses what encoding/json lets pass: a key twice
// in one object, a key in other letters (Shape), bytes that are no UTF-8. A key that is missing or
// unknown, a number that is no whole one, and anything after the object are refused, too.
func parseHeader(text []byte) (entries []entry, info map[string]string, err error) {
	if !bytes.HasPrefix(text, []byte("{")) {
		return nil, nil, errors.New("want a JSON object")
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(false))
	if _, err := d.ReadToken(); err != nil {
		return nil, nil, err
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return nil, nil, err
		}
		if key := name.String(); key != metadata {
			e, err := parseEntry(d, key)
			if err != nil {
				return nil, nil, fmt.Errorf("tensor %s: %w", key, err)
			}
			entries = append(entries, e)
		} else if err := strict.UnmarshalDecode(d, &info); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if _, err := d.ReadToken(); err != nil { // the closing brace, or what is wrong instead
		return nil, nil, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, nil, errors.New("more follows its JSON object")
	}
	return entries, info, nil
}

// parseEntry reads what the header says of one tensor.
func parseEntry(d *jsontext.Decoder, name string) (entry, error) {
	var in struct {
		DType   *string    `json:"dtype"`
		Shape   *[]uint64  `json:"shape"`
		Offsets *[2]uint64 `json:"data_offsets"`
	}
	if err := strict.UnmarshalDecode(d, &in, strict.RejectUnknownMembers(true)); err != nil {
		return entry{}, err
	}
	if in.DType == nil || in.Shape == nil || in.Offsets == nil {
		return entry{}, errors.New("want dtype, shape and data_offsets; one of them is missing")
	}
	return entry{name, *in.DType, *in.Shape, *in.Offsets}, nil
}
