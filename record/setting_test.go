package record

import (
	"bytes"
	"math"
	"reflect"
	"testing"
)

// Settings come back from a log with all their digits, and as text are what they were.
func TestSettings(t *testing.T) {
	var log bytes.Buffer
	written := map[string]any{
		"seed": uint64(math.MaxUint64), "seed-init": uint64(1<<53 + 1), "seed-order": uint64(1234567), "epochs": -3, "lr": 0.0625, "max": 1e300,
		"until": "epochs", "masked": true, "tags": []string{"a", "b"},
	}
	if err := NewWriter(&log).Emit(RunStarted{Format: Format, Config: written}); err != nil {
		t.Fatal(err)
	}
	events, err := Read(&log)
	if err != nil {
		t.Fatal(err)
	}
	read := events[0].Event.(RunStarted).Config
	want := map[string]any{
		"seed": uint64(math.MaxUint64), "seed-init": uint64(1<<53 + 1), "seed-order": 1234567.0, "epochs": -3.0, "lr": 0.0625, "max": 1e300,
		"until": "epochs", "masked": true, "tags": []any{"a", "b"},
	}
	if !reflect.DeepEqual(read, want) {
		t.Errorf("read %#v; want %#v", read, want)
	}
	for key, text := range map[string]string{"seed": "18446744073709551615", "seed-init": "9007199254740993", "seed-order": "1234567", "lr": "0.0625", "tags": "[a b]"} {
		if got := SettingText(read[key]); got != text {
			t.Errorf("%s is %q; want %q", key, got, text)
		}
	}
}
