package tensorboard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink"
)

// vectors is what TensorBoard reads in the file of events; by testdata/vectors.sh.
//
//go:embed testdata/tensorboard.json
var vectors []byte

// events are a run of two stages, with settings of each type, names that are markup, and a warning.
func events() []record.Stamped {
	test := func(top1, loss float64) *record.Accuracy {
		return &record.Accuracy{Samples: 6, Loss: loss, Top1: top1, Top1Active: top1, Top1New: record.Known(top1)}
	}
	var all []record.Stamped
	for i, e := range []record.Event{
		record.RunStarted{Run: "first", Config: map[string]any{"lr": 0.05, "stages": 2, "seed": uint64(7), "keep-momentum": true, "data": "töy"},
			Data: record.Data{Classes: []string{"a_b", "<b>&*", "ü|`x`"}}},
		record.StageStarted{Stage: 1, Classes: []int{1}, New: []int{1}, Samples: 30, Epochs: 1},
		record.EpochEnded{Stage: 1, StageEpoch: 1, Epoch: 1, LR: 0.05, TrainLoss: 0.1, EntropyActive: record.Known(0), Test: test(0.25, 1.5), SamplesSeen: 30, Seconds: 1},
		record.StageEnded{Stage: 1, Reason: "epochs", Epochs: 1, Top1ByClass: map[int]float64{1: 1}},
		record.StageStarted{Stage: 2, Classes: []int{1, 0, 2}, New: []int{0, 2}, Samples: 90, Epochs: 2, Scores: map[int]float64{0: 0.5, 2: 0.25}, EntropyActive: record.Known(0.75), Note: "by H(T|X)"},
		record.Warning{Text: "back to checkpoint 1, with 0.5 of the learning rate"},
		record.EpochEnded{Stage: 2, StageEpoch: 1, Epoch: 2, LR: 0.05, TrainLoss: 0.7, EntropyActive: record.Known(0.5), Test: test(0.5, 1), Validation: test(0.75, 0.5), SamplesSeen: 120, Seconds: 2.5},
		record.EpochEnded{Stage: 2, StageEpoch: 2, Epoch: 3, LR: 0.025, TrainLoss: 1e-7, Test: test(1, 0), SamplesSeen: 5_000_000_000, SamplesProbed: 12, Seconds: 4, Selected: record.Known(0.5), Lambda: record.Known(2), Gamma: record.Known(1)},
		record.StageEnded{Stage: 2, Reason: "epochs", Epochs: 2, Top1ByClass: map[int]float64{0: 0.5, 1: 1, 2: 0.5}},
		record.RunEnded{Status: "done"},
	} {
		all = append(all, record.Stamped{Time: time.UnixMilli(1_700_000_000_250 + int64(1000*i)), Event: e})
	}
	return all
}

// write writes the events to a file, those from split on one by one, and returns what is in it.
func write(t *testing.T, dir string, all []record.Stamped, split int) []byte {
	t.Helper()
	w, err := Open(dir, all[:split])
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all[split:] {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(w.Path())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The file is, to the bit, one in which TensorBoard read each point, text and setting as it was meant.
func TestTensorBoardReads(t *testing.T) {
	dir := os.Getenv("LGL_BOARD")
	if dir == "" {
		dir = t.TempDir()
	}
	all := events()
	file := write(t, dir, all, 3)
	var want struct {
		SHA256         string
		Scalars        map[string][][3]float64
		Texts          map[string][][2]any
		Started, Ended map[string]any
	}
	if err := json.Unmarshal(vectors, &want); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != want.SHA256 {
		t.Fatalf("not the file that TensorBoard read; testdata/vectors.sh has it read this one")
	}
	scalars, texts := map[string][][3]float64{}, map[string][][2]any{}
	var r sink.Reader
	for _, e := range all {
		points, note := r.Take(e.Event)
		for _, p := range points {
			scalars[p.Name] = append(scalars[p.Name], [3]float64{seconds(e.Time), float64(p.Step), float64(float32(p.Value))})
		}
		if note != nil {
			texts["Run/"+note.About] = append(texts["Run/"+note.About], [2]any{float64(note.Step), markdown(note.Text)})
		}
	}
	if !reflect.DeepEqual(scalars, want.Scalars) {
		t.Errorf("TensorBoard read the scalars\n%v\nwant\n%v", want.Scalars, scalars)
	}
	if !reflect.DeepEqual(texts, want.Texts) {
		t.Errorf("TensorBoard read the texts\n%v\nwant\n%v", want.Texts, texts)
	}
	if hparams := map[string]any{"lr": 0.05, "stages": 2.0, "seed": 7.0, "keep-momentum": true, "data": "töy"}; !reflect.DeepEqual(want.Started["hparams"], hparams) {
		t.Errorf("TensorBoard read the settings %v", want.Started["hparams"])
	}
	if want.Started["startTimeSecs"] != 1700000000.25 || want.Ended["status"] != "STATUS_SUCCESS" || want.Ended["endTimeSecs"] != 1700000009.25 {
		t.Errorf("TensorBoard read the start %v, the end %v", want.Started["startTimeSecs"], want.Ended)
	}
}

// A number is the record that TensorBoard's own writer makes of it.
func TestAsTensorBoardWrites(t *testing.T) {
	var want struct{ Record string }
	if err := json.Unmarshal(vectors, &want); err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1_700_000_000_250)
	got := appendRecord(nil, event(at, 3000, summary(scalar(sink.Point{Name: "Loss/train", Step: 3000, Value: 0.1}))))
	if text := base64.StdEncoding.EncodeToString(got); text != want.Record {
		t.Errorf("%s\nwant %s", text, want.Record)
	}
}

// The CRC-32C of RFC 3720, B.4, and the mask of the TFRecord format: rotated right by 15 bits, plus
// 0xa282ead8.
func TestChecksum(t *testing.T) {
	ascending := make([]byte, 32)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	for _, c := range []struct {
		data []byte
		crc  uint32
	}{{make([]byte, 32), 0x8a9136aa}, {bytes.Repeat([]byte{0xff}, 32), 0x62a8ab43}, {ascending, 0x46dd794e}} {
		if got := crc32.Checksum(c.data, castagnoli); got != c.crc {
			t.Errorf("%x; want %x", got, c.crc)
		}
		rotated := uint64(c.crc)<<17 | uint64(c.crc)>>15
		if got := masked(c.data); got != uint32(rotated+0xa282ead8) {
			t.Errorf("masked: %x", got)
		}
	}
}

// However much of the log there is when the file is made, it becomes the same; the one before is empty,
// the one before that is gone, and the new one sorts behind them.
func TestReopened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [b] *?")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	all := events()
	want, last := write(t, dir, all, len(all)), ""
	for split := range all {
		if got := write(t, dir, all, split); split > 0 && !bytes.Equal(got, want) {
			t.Errorf("%d events, then the others: another file", split)
		}
		files := Files(dir)
		if len(files) != 2 || files[0] < last || files[1] <= files[0] {
			t.Fatalf("files %v after %s", files, last)
		}
		if info, err := os.Stat(files[0]); err != nil || info.Size() > 0 {
			t.Fatalf("%s: %d bytes, %v", files[0], info.Size(), err)
		}
		last = files[1]
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v in the folder, %v", entries, err)
	}
}

// Markdown is what it was when rendered: no name is markup, no line is lost.
func TestMarkdown(t *testing.T) {
	if got := markdown("a_b\n<i>&amp; é 世"); got != "a\\_b  \n\\<i\\>\\&amp; é 世" {
		t.Errorf("%q", got)
	}
}

// A folder that is not there or cannot be written is an error, and no file stays.
func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := Open(dir, events()); err == nil || !strings.Contains(err.Error(), "none") {
		t.Error(err)
	}
}
