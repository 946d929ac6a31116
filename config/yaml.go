package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Load reads a YAML file over base: keys that it has replace base's values. An unknown key, a
// key that stands twice or a value of the wrong type is an error that names file, line and key.
func Load(path string, base Config) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return base, err
	}
	c, given := base, map[string]any{}
	err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&c)
	if errors.Is(err, io.EOF) { // nothing but comments
		return base, nil
	}
	if err == nil {
		err = errors.Join(yaml.Unmarshal(text, &given), whole(given))
	}
	if err != nil {
		return base, fmt.Errorf("%s: %s\nknown keys: %s", path, yaml.FormatError(err, false, true), strings.Join(Keys(), ", "))
	}
	return c, nil
}

// whole refuses fractions for settings that are whole numbers, which the decoder would cut off.
func whole(given map[string]any) error {
	t := reflect.TypeFor[Config]()
	for i, key := range Keys() {
		v, isFloat := given[key].(float64)
		if kind := t.Field(i).Type.Kind(); isFloat && (kind == reflect.Int || kind == reflect.Uint64) {
			return fmt.Errorf("%s: %v: want a whole number", key, v)
		}
	}
	return nil
}

// YAML returns the configuration as a file that Load reads back to the same.
func (c Config) YAML() ([]byte, error) { return yaml.Marshal(c) }

// Map returns the configuration by key, as records hold it.
func (c Config) Map() map[string]any {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // only numbers, strings and booleans; Check refuses NaN
	}
	m := map[string]any{}
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err)
	}
	return m
}

// Keys returns the names of all settings, in order.
func Keys() []string {
	t := reflect.TypeFor[Config]()
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("yaml")
	}
	return keys
}
