package engine

import "encoding/json"

// Timings returns what the algorithms of models of one network were chosen by, together, for
// Options.Timings; nil if none of them is Timed.
func Timings(models ...Model) json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, m := range models {
		t, ok := m.(Timed)
		if !ok {
			continue
		}
		if err := json.Unmarshal(t.Timings(), &all); err != nil {
			panic(err) // Timed gives a JSON object
		}
	}
	if len(all) == 0 {
		return nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // of which each was JSON
	}
	return text
}
