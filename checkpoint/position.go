package checkpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	strict "github.com/go-json-experiment/json"

	"github.com/local-to-global/lgl/curriculum"
	"github.com/local-to-global/lgl/nn"
	"github.com/local-to-global/lgl/record"
)

// positionFormat is the version of Position that this package writes and reads.
const positionFormat = 1

// Position is where a run is, beside the numbers that are tensors: together with them, all that
// the rest of the run rests on. What is drawn at random derives from seeds, stage, epoch and step,
// so no generator has a state to keep.
type Position struct {
	Format   int         `json:"format"`
	Identity Identity    `json:"identity"`
	Log      record.Mark `json:"log"` // the end of events.jsonl then

	Stages       int                `json:"stages"`            // begun
	Epoch        int                `json:"epoch"`             // begun since the run began
	SinceRestart float64            `json:"since_restart"`     // epochs done since the learning rate began
	Moved        bool               `json:"moved"`             // every parameter was seen to move
	Done         []curriculum.Stage `json:"done"`              // the history that the curriculum reads
	Forwarded    int64              `json:"forwarded"`         // training samples that only passed through the model
	Seconds      float64            `json:"seconds"`           // since the run began, pauses not counted
	Result       record.RunEnded    `json:"result"`            // so far
	LRScale      float64            `json:"lr_scale"`          // of every learning rate to come
	Resumed      int                `json:"resumed"`           // times that the run was resumed
	Timings      json.RawMessage    `json:"timings,omitempty"` // what the algorithms of the model and of a teacher were chosen by (engine.Timings)

	Stage *Stage `json:"stage"` // nil between stages
}

// Identity is what a run must have in common with the one that it goes on with.
type Identity struct {
	Config map[string]any    `json:"config"` // the settings
	Data   map[string]string `json:"data"`   // SHA-256 of samples and labels: "training data", "test data"
	// Files has, by the setting that names it, the SHA-256 of what was read in a file beside the data.
	Files  map[string]string `json:"files,omitempty"`
	Engine record.Engine     `json:"engine"`
	// Decoder is what decodes JPEG, where the data are pictures in folders.
	Decoder string `json:"decoder,omitempty"`
}

// Stage is a stage that has begun.
type Stage struct {
	Stage   curriculum.Stage     `json:"stage"`
	Stop    curriculum.StopState `json:"stop"`
	Epochs  int                  `json:"epochs"` // begun
	Entropy *float64             `json:"entropy"`
	ByClass map[int]float64      `json:"by_class"`
	Tested
	Best   *Best   `json:"best"`
	Select bool    `json:"select"` // the samples of the next epoch are still to be chosen
	Within *Within `json:"within"` // nil between epochs and after the last, which Stop tells
}

// Best is the epoch whose weights a stage hands on.
type Best struct {
	Epoch int     `json:"epoch"`
	Score float64 `json:"score"`
	Tested
}

// Tested is what an evaluation on the test set found, of weights that may be a stage's last.
type Tested struct {
	Top1      *float64        `json:"top1"`                // all classes
	Recalls   map[int]float64 `json:"recalls"`             // share of the test samples of each active class that is right
	Confusion [][3]int        `json:"confusion,omitempty"` // as in record.StageEnded
}

// Within is where a run is within an epoch.
type Within struct {
	Steps   int     `json:"steps"`   // done
	Samples int     `json:"samples"` // of these steps
	Skipped int     `json:"skipped"` // of these samples, those whose step was not made (on-nan: skip)
	Sum     float64 `json:"sum"`     // of their losses
	Seconds float64 `json:"seconds"` // that they took
	// SelectSeconds is how long the choice of the epoch's samples took, where they are chosen for it.
	SelectSeconds float64 `json:"select_seconds,omitempty"`
}

// Loss is the mean loss of the steps that were made; NaN if none was.
func (w Within) Loss() float64 { return w.Sum / float64(w.Samples-w.Skipped) }

// The groups of tensors of a Snapshot, by prefix.
const (
	ModelTensors   = "model/"   // weights, running statistics, momenta
	BestTensors    = "best/"    // the same, of the best epoch of the stage
	BeforeTensors  = "before/"  // weights before the first step, until all were seen to move
	TeacherTensors = "teacher/" // weights of the stage before, for distill; none in the first stage
	FrozenTensors  = "frozen/"  // the first head, for compat: authors
	lossTensor     = "losses"   // of every training sample when last trained on
	stageTensor    = "weights"  // of every training sample in the stage
	doneTensor     = "done/"    // the same of stage N of the history
)

// Group returns the tensors of a group under their own names; nil if there are none.
func (c Snapshot) Group(prefix string) nn.State {
	var s nn.State
	for name, t := range c.Tensors {
		if own, ok := strings.CutPrefix(name, prefix); ok {
			if s == nil {
				s = nn.State{}
			}
			s[own] = t
		}
	}
	return s
}

// Losses returns the last losses of the training samples; nil if none was trained on.
func (c Snapshot) Losses() []float32 { return c.Tensors[lossTensor].Data }

// Pack makes a Snapshot of a position, groups of tensors and the last losses of the samples.
func Pack(p Position, groups map[string]nn.State, losses []float32) (Snapshot, error) {
	c := Snapshot{Tensors: nn.State{}}
	for prefix, s := range groups {
		for name, t := range s {
			c.Tensors[prefix+name] = t
		}
	}
	c.vector(lossTensor, losses)
	p.Format = positionFormat
	p.Done = slices.Clone(p.Done)
	for i := range p.Done {
		c.vector(doneTensor+fmt.Sprint(i), p.Done[i].Weights)
		p.Done[i].Weights = nil
	}
	if p.Stage != nil {
		st := *p.Stage
		c.vector(stageTensor, st.Stage.Weights)
		st.Stage.Weights = nil
		p.Stage = &st
	}
	var err error
	c.Position, err = json.MarshalIndent(p, "", " ")
	return c, err
}

// vector adds numbers, if there are any.
func (c Snapshot) vector(name string, values []float32) {
	if len(values) > 0 {
		c.Tensors[name] = nn.Tensor{Shape: []int{len(values)}, Data: values}
	}
}

// Unpack is the inverse of Pack.
func (c Snapshot) Unpack() (Position, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(c.Position, &version); err != nil {
		return Position{}, fmt.Errorf("position: %w", err)
	}
	if version.Format != positionFormat {
		return Position{}, fmt.Errorf("position: format %d; this lgl reads format %d: use the lgl that wrote it", version.Format, positionFormat)
	}
	var p Position
	if err := strict.Unmarshal(c.Position, &p, strict.RejectUnknownMembers(true), record.Exact); err != nil {
		return p, fmt.Errorf("position: %w", err)
	}
	for i := range p.Done {
		p.Done[i].Weights = c.Tensors[doneTensor+fmt.Sprint(i)].Data
	}
	if p.Stage != nil {
		p.Stage.Stage.Weights = c.Tensors[stageTensor].Data
	}
	return p, nil
}

// Difference is a part of the Identity of a checkpoint that is not that of now.
type Difference struct {
	What, Was, Is string
	Safe          bool // training can go on, if to other bits
}

// Differences compares a checkpoint's Identity with what is there now. usual are the settings of a
// run that knew fewer.
func (i Identity) Differences(now Identity, usual map[string]any) []Difference {
	var all []Difference
	add := func(what, was, is string, safe bool) {
		if was != is {
			all = append(all, Difference{what, was, is, safe})
		}
	}
	for _, what := range slices.Sorted(maps.Keys(now.Data)) {
		add("the SHA-256 of the "+what, i.Data[what], now.Data[what], false)
	}
	digested := map[string]bool{} // what lies in these files is compared, and not where they lie
	for _, key := range slices.Sorted(maps.Keys(now.Files)) {
		if was, known := i.Files[key]; known { // lgl did not keep it always
			digested[key] = true
			add(fmt.Sprintf("what lgl read in --%s %v, by its SHA-256,", key, now.Config[key]), was, now.Files[key], false)
		}
	}
	now.Config, usual = decoded(now.Config), decoded(usual)
	for _, key := range slices.Sorted(maps.Keys(now.Config)) {
		was, known := i.Config[key]
		if !known {
			was = usual[key] // lgl did not have the setting then
		}
		if !digested[key] && !slices.Contains(machine, key) && !slices.Contains(harmless, key) {
			add("--"+key, record.SettingText(was), record.SettingText(now.Config[key]), false)
		}
	}
	add("decoder of JPEG", i.Decoder, now.Decoder, true)
	add("engine", i.Engine.Name, now.Engine.Name, true)
	if i.Engine.Name == now.Engine.Name {
		add("engine version", i.Engine.Version, now.Engine.Version, true)
	}
	if i.Engine.Name != "xla" || now.Engine.Name != "xla" { // whose threads only load
		add("threads", fmt.Sprint(i.Engine.Threads), fmt.Sprint(now.Engine.Threads), true)
	}
	if i.Engine.Name != now.Engine.Name || i.Engine.Version != now.Engine.Version {
		return all // whose algorithms have other names
	}
	was, is := i.Engine.Plan, now.Engine.Plan
	keys := slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(is))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		add("algorithm of "+key, cmp.Or(was[key], "unknown"), cmp.Or(is[key], "unknown"), true)
	}
	return all
}

// machine are the settings that say what computes, which Identity holds as Engine.
var machine = []string{"engine", "precision", "xla-plugin", "threads"}

// harmless are settings that change nothing of a run: a word to find it by, and where its data and the run that it extends
// lie, which their digests hold to what they were.
var harmless = []string{"tags", "data", "labels", "old-data", "extend"}

// decoded returns settings as they come back from JSON.
func decoded(settings map[string]any) (m map[string]any) {
	text, err := json.Marshal(settings)
	if err == nil {
		err = strict.Unmarshal(text, &m, record.Exact)
	}
	if err != nil { // settings are words and numbers
		panic(err)
	}
	return m
}
