package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/local-to-global/lgl/internal/meant"
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
	best := meant.Name(key, Keys(), len(key)/2+1)
	if best == "" {
		return fmt.Errorf("unknown setting %q; the settings are %s", key, strings.Join(Keys(), ", "))
	}
	return fmt.Errorf("unknown setting %q; did you mean %s?", key, best)
}
