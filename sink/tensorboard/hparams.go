package tensorboard

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/local-to-global/lgl/internal/wire"
	"github.com/local-to-global/lgl/record"
)

// The numbers are those of fields and enumerations in tensorboard/plugins/hparams: plugin_data.proto and
// api.proto; and in google/protobuf/struct.proto.

// The tags by which the plugin knows its values.
const (
	startTag = "_hparams_/session_start_info"
	endTag   = "_hparams_/session_end_info"
)

// started returns the settings of a run, for the page that compares runs by them: a SessionStartInfo.
func started(run record.RunStarted, at time.Time) wire.Message {
	var info wire.Message
	for _, key := range slices.Sorted(maps.Keys(run.Config)) {
		var entry wire.Message
		entry.Text(1, key)
		entry.Sub(2, value(run.Config[key]))
		info.Sub(1, entry)
	}
	info.Double(5, seconds(at))
	return plugin(startTag, 3, info)
}

// ended returns how a run ended: a SessionEndInfo.
func ended(run record.RunEnded, at time.Time) wire.Message {
	const success, failure = 1, 2 // Status
	status := int64(failure)
	if run.Status == "done" {
		status = success
	}
	var info wire.Message
	info.Number(1, status)
	info.Double(2, seconds(at))
	return plugin(endTag, 4, info)
}

// plugin returns a Summary.Value of the hparams plugin, its info in a field of HParamsPluginData.
func plugin(tag string, field wire.Field, info wire.Message) (v wire.Message) {
	var data wire.Message
	data.Sub(field, info)
	v.Text(1, tag)
	v.Sub(9, metadata("hparams", data))
	return v
}

// value returns a google.protobuf.Value.
func value(x any) (v wire.Message) {
	switch x := x.(type) {
	case bool:
		v.Bool(4, x)
	case int:
		v.Double(2, float64(x))
	case uint64:
		v.Double(2, float64(x))
	case float64:
		v.Double(2, x)
	default:
		v.Text(3, fmt.Sprint(x))
	}
	return v
}

// seconds are those since 1970; their nanoseconds together are more than a float64 can count.
func seconds(at time.Time) float64 { return float64(at.Unix()) + float64(at.Nanosecond())/1e9 }
