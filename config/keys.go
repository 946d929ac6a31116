package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Keys returns the names of all settings, in order.
func Keys() []string {
	t := reflect.TypeFor[Config]()
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("yaml")
	}
	return keys
}

// Map returns the settings by key, as records hold them.
func (c Config) Map() map[string]any {
	m := map[string]any{}
	for _, key := range Keys() {
		field, _ := c.field(key)
		m[key] = field.Interface()
		if field.Kind() == reflect.Slice && field.Len() == 0 {
			m[key] = []string{} // JSON's list, not null
		}
	}
	return m
}

// field returns the field named key, to be read or set.
func (c *Config) field(key string) (reflect.Value, bool) {
	for i, k := range Keys() {
		if k == key {
			return reflect.ValueOf(c).Elem().Field(i), true
		}
	}
	return reflect.Value{}, false
}

// unknown says that no setting is named key, and which one was likely meant.
func unknown(key string) error {
	key = key[:min(len(key), 80)]
	best, edits := "", len(key)/2+1
	for _, k := range Keys() {
		if n := Distance(strings.ToLower(key), k); n < edits {
			best, edits = k, n
		}
	}
	if best == "" {
		return fmt.Errorf("unknown setting %q; the settings are %s", key, strings.Join(Keys(), ", "))
	}
	return fmt.Errorf("unknown setting %q; did you mean %s?", key, best)
}

// Distance is Levenshtein's, by which a misspelt name is told from the one that was meant: the fewest insertions, deletions and changes of a byte that turn a
// into b. row[j] is that of a[:i] and b[:j], and diagonal what row[j] was for i-1.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
