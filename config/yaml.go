package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// Load reads a YAML file, lines of the form "key: value", over base: keys that it has replace
// base's values. Anything else is an error that names file, line and key: an unknown key (and
// the one that was likely meant), a key that stands twice, a value of the wrong type. Load does
// not Check the result.
func Load(path string, base Config) (Config, error) {
	c, _, err := LoadKeys(path, base)
	return c, err
}

// LoadKeys is Load, and returns the keys that the file has.
func LoadKeys(path string, base Config) (c Config, keys []string, err error) {
	text, err := readText(path, mostSettings)
	if err != nil {
		return base, nil, err
	}
	file, err := parseYAML(path, text)
	if err != nil {
		return base, nil, err
	}
	c = base
	documents := 0
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if documents++; documents > 1 {
			return base, nil, fmt.Errorf("%s:%d: a second document begins; want one", path, d.Body.GetToken().Position.Line)
		}
		line := 0
		if keys, line, err = c.read(d.Body); err != nil {
			return base, nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
	}
	return c, keys, nil
}

// read sets the fields that a document holds, and returns their keys; an error comes with its line.
func (c *Config) read(body ast.Node) (keys []string, line int, err error) {
	mapping, ok := body.(*ast.MappingNode)
	if !ok {
		return nil, body.GetToken().Position.Line, errors.New(`want lines of the form "key: value"`)
	}
	for _, entry := range mapping.Values {
		key := entry.Key.GetToken()
		field, ok := c.field(key.Value)
		if !ok {
			return nil, key.Position.Line, unknown(key.Value)
		}
		text, ok := scalar(entry.Value)
		if list, is := entry.Value.(*ast.SequenceNode); is && field.Kind() == reflect.Slice {
			ok = setList(field, list)
		} else if ok {
			ok = set(field, text) == nil
		}
		if !ok {
			return nil, key.Position.Line, fmt.Errorf("%s: %.80q: want %s", key.Value, text, wants[field.Kind()])
		}
		keys = append(keys, key.Value)
	}
	return keys, 0, nil
}

// scalar returns the text of a value as the file has it, without quotes; false for no value, a
// list, a mapping or a reference.
func scalar(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return n.String(), false
}

// wants says what a field of a kind takes.
var wants = map[reflect.Kind]string{
	reflect.String: "text", reflect.Bool: "true or false", reflect.Int: "a whole number",
	reflect.Uint64: "a whole number, 0 or more", reflect.Float64: "a number", reflect.Slice: "a list of texts, such as [a, b]",
}

// set parses text into a field: 1.5 and 0x1F are no decimal whole numbers, yes is no truth value.
func set(field reflect.Value, text string) (err error) {
	switch v := field.Addr().Interface().(type) {
	case *string:
		*v = text
	case *bool:
		*v, err = strconv.ParseBool(text)
	case *int:
		*v, err = strconv.Atoi(text)
	case *uint64:
		*v, err = strconv.ParseUint(text, 10, 64)
	case *float64:
		*v, err = strconv.ParseFloat(text, 64)
	default:
		err = errors.New("is a list")
	}
	return err
}

// setList sets a field to the texts of a list, false if it has anything else in it.
func setList(field reflect.Value, list *ast.SequenceNode) bool {
	var texts []string
	for _, n := range list.Values {
		text, ok := scalar(n)
		if !ok {
			return false
		}
		texts = append(texts, text)
	}
	field.Set(reflect.ValueOf(texts))
	return true
}

// YAML returns the configuration as a file that Load reads back to the same. Text that anybody may
// choose stands in quotes: JSON's strings are YAML's.
func (c Config) YAML() ([]byte, error) {
	var b bytes.Buffer
	for _, key := range Keys() {
		field, _ := c.field(key)
		value := field.Interface()
		if field.Kind() == reflect.Slice && field.Len() == 0 {
			value = "[]"
		} else if field.Kind() == reflect.Slice || field.Kind() == reflect.String && !slices.Contains(words[key], field.String()) {
			quoted, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			value = string(quoted)
		}
		fmt.Fprintf(&b, "%s: %v\n", key, value)
	}
	return b.Bytes(), nil
}
