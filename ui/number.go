package ui

import (
	"math"
	"strconv"

	"github.com/local-to-global/lgl/record"
)

// number is a float64 that JSON has as null where it is not finite: not known.
type number float64

// unknown is a number that is not known.
var unknown = number(math.NaN())

// known returns what p points to, or unknown.
func known(p *float64) number { return number(record.Value(p)) }

// exact returns a value of JSON as JavaScript reads it without loss: a whole number that would lose digits as
// its digits.
func exact(v any) any {
	if n, ok := v.(uint64); ok && n > 1<<53 {
		return strconv.FormatUint(n, 10)
	}
	return v
}

func (n number) MarshalJSON() ([]byte, error) { return appendJSON(nil, float64(n), 64), nil }

// places are where the points of a curve stand.
type places []float64

func (p places) MarshalJSON() ([]byte, error) { return joined(p, 64), nil }

// values are the points of a curve, with as many digits as they are kept with.
type values []float32

func (v values) MarshalJSON() ([]byte, error) { return joined(v, 32), nil }

// joined returns numbers in JSON, at once: there may be a hundred thousand.
func joined[T float32 | float64](numbers []T, bits int) []byte {
	b := append(make([]byte, 0, 10*len(numbers)+2), '[')
	for i, n := range numbers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, float64(n), bits)
	}
	return append(b, ']')
}

// appendJSON appends a number, of which so many bits count.
func appendJSON(b []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, bits)
}
