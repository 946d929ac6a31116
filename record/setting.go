package record

import (
	"errors"
	"fmt"
	"strconv"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SettingText returns a value of RunStarted.Config as text: a number with all its digits and no exponent,
// which fmt would give 1234567 as a float64.
func SettingText(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// Exact reads a whole number that a float64 would change as a uint64, so that no seed loses digits.
var Exact = strict.WithUnmarshalers(strict.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	text, err := d.ReadValue()
	if err != nil {
		return err
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return err
	}
	*v = f
	if u, err := strconv.ParseUint(string(text), 10, 64); err == nil && SettingText(f) != string(text) {
		*v = u
	}
	return nil
}))
