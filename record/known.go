package record

import "math"

// Known returns a pointer to x, nil for NaN, which JSON does not have: what is not known is null.
func Known(x float64) *float64 {
	if math.IsNaN(x) {
		return nil
	}
	return &x
}

// Value is the inverse of Known.
func Value(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}
