// Package record is a run's log: the closed set of events that training emits, and the JSON
// lines that hold them. FORMAT.md documents the file.
//
//  1. package train emits events to a Sink as they happen;
//  2. Log, a Sink, appends each as one line (Writer) to events.jsonl, and can be taken back to a Mark;
//  3. Read gives them back to reports, the terminal and other tools.
//
// Sinks observe; they cannot steer.
package record

import (
	"strconv"
	"time"
)

// Event is one of RunStarted, StageStarted, EpochEnded, StageEnded, Warning and RunEnded.
type Event interface{ eventType() string }

// Sink receives the events of a run, in order. An error ends the run.
type Sink interface{ Emit(Event) error }

// RunStarted is the first event of a run: all that is known before training.
type RunStarted struct {
	Format           int               `json:"format"` // version of this file format: 1
	Run              string            `json:"run"`    // the run directory's base name
	Method           string            `json:"method"` // as in config.Method
	Label            string            `json:"label"`  // for tables: "LGL(d,3)"
	Config           map[string]any    `json:"config"` // resolved; Read gives float64s, or uint64s where these lose digits
	Data             Data              `json:"data"`
	Model            Model             `json:"model"`
	Engine           Engine            `json:"engine"`
	Machine          Machine           `json:"machine"`
	Revision         string            `json:"revision"`          // of lgl
	Seeds            map[string]uint64 `json:"seeds"`             // by stream: init, order, classes
	StagesPredicted  int               `json:"stages_predicted"`  // 0 in logs of earlier versions
	EpochsPredicted  int               `json:"epochs_predicted"`  // of all stages, 0 if not known
	SamplesPredicted int64             `json:"samples_predicted"` // to be trained on, 0 if not known
	CostPredicted    float64           `json:"cost_predicted"`    // SamplesPredicted over epochs x N
	Extends          *Extends          `json:"extends,omitempty"` // of a run that lgl extend made
}

// Extends says whose network a run goes on with, for more classes.
type Extends struct {
	Run    string `json:"run"`             // base name of that run's directory
	Label  string `json:"label,omitempty"` // its own, as in RunStarted; "" in logs that do not have it
	Stage  int    `json:"stage"`           // whose weights these are
	SHA256 string `json:"sha256"`          // of their file, of which the run directory has a copy
	Known  int    `json:"known"`           // classes that they know: the first head rows
	// Top1 is of that network on the test samples of the known classes, arg-max over these alone;
	// nil if there are none. Top1ByClass is the same by class.
	Top1        *float64        `json:"top1"`
	Top1ByClass map[int]float64 `json:"top1_by_class,omitempty"`
}

// Data describes the data of a run.
type Data struct {
	Name       string    `json:"name"`
	Train      int       `json:"train"` // samples, after subset and hold-out
	Validation int       `json:"validation"`
	Test       int       `json:"test"`
	Classes    []string  `json:"classes"`   // class name by head row
	PerClass   []int     `json:"per_class"` // training samples by class
	Shape      []int     `json:"shape"`     // of a sample as the network sees it
	Mean       []float32 `json:"mean"`      // per channel, of the training data
	Std        []float32 `json:"std"`
	// Decoder is what decoded JPEG, where the data are pictures in folders.
	Decoder string `json:"decoder,omitempty"`
	// SHA256 tells other pictures or labels apart under one Name (data.Fingerprint), where the data are pictures in
	// folders: these can be edited between two runs.
	SHA256 string `json:"sha256,omitempty"`
}

// Class returns the name of class k, or its number where the data have no such class, as a damaged log
// may have it.
func (d Data) Class(k int) string {
	if k < 0 || k >= len(d.Classes) {
		return strconv.Itoa(k)
	}
	return d.Classes[k]
}

// FLOPs returns the floating-point operations of a network of so many multiply-adds for a sample: two for
// each, and for a sample trained on those of three forward passes.
func FLOPs(macs, seen, probed int64) (trained, forwarded float64) {
	forward := 2 * float64(macs)
	return 3 * forward * float64(seen), forward * float64(probed)
}

// Model describes the network of a run.
type Model struct {
	Name   string `json:"name"`
	Params int    `json:"params"` // trainable values
	MACs   int64  `json:"macs"`   // multiply-adds of one sample's forward pass
	// InitSHA256 is that of the file with the initial weights, where config has one as init.
	InitSHA256 string `json:"init_sha256,omitempty"`
}

// Engine says what computed a run.
type Engine struct {
	Name    string            `json:"name"`
	Version string            `json:"version"` // of the library, "" for none
	Threads int               `json:"threads"`
	Why     string            `json:"why"`            // of the choice, in words
	Plan    map[string]string `json:"plan,omitempty"` // what computes what: algorithm by layer and direction, program of a step
}

// Machine says what a run ran on.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
}

// StageStarted begins a stage, after head rows were drawn anew and before the first step.
type StageStarted struct {
	Stage   int    `json:"stage"` // from 1
	Classes []int  `json:"classes"`
	New     []int  `json:"new"`
	Known   []int  `json:"known,omitempty"` // those of Classes that were trained before the run (lgl extend); in its first stage only
	Fresh   []int  `json:"fresh"`           // head rows drawn anew
	Masked  bool   `json:"masked"`          // softmax over active classes only
	Samples int    `json:"samples"`         // an epoch of the stage; the first, where they are chosen for each
	Epochs  int    `json:"epochs"`          // planned; 0 when the stage runs until converged
	Note    string `json:"note,omitempty"`
	// Scores are H(T|X_{i}) in nats by class index for the candidates of this stage.
	Scores map[int]float64 `json:"scores,omitempty"`
	// EntropyActive is the mean H(T|X = x) over samples of the active classes before training.
	EntropyActive  *float64 `json:"entropy_active"`
	EntropySamples int      `json:"entropy_samples"` // samples behind it
}

// EpochEnded closes an epoch.
type EpochEnded struct {
	Stage         int       `json:"stage"`       // from 1
	StageEpoch    int       `json:"stage_epoch"` // from 1, within the stage
	Epoch         int       `json:"epoch"`       // from 1, within the run
	LR            float64   `json:"lr"`
	TrainLoss     float64   `json:"train_loss"`           // mean over the epoch's samples, as trained
	EntropyActive *float64  `json:"entropy_active"`       // as in StageStarted, after the epoch
	Test          *Accuracy `json:"test"`                 // on the test set
	Validation    *Accuracy `json:"validation,omitempty"` // on the held-out training data
	SamplesSeen   int64     `json:"samples_seen"`         // trained on since the run began
	SamplesProbed int64     `json:"samples_probed"`       // only forwarded, for choice, entropy and distillation
	TrainSeconds  float64   `json:"train_seconds"`        // spent in this epoch's steps
	Seconds       float64   `json:"seconds"`              // since the run began
	// Of an epoch whose samples were chosen for it (self-paced methods), else nil:
	Selected      *float64 `json:"selected,omitempty"`       // share of the training samples trained on
	Lambda        *float64 `json:"lambda,omitempty"`         // that chose them; nil: all samples are in, or none parts them
	Gamma         *float64 `json:"gamma,omitempty"`          // likewise, of spld
	SelectSeconds float64  `json:"select_seconds,omitempty"` // spent choosing them, the forward pass included
}

// Accuracy is the result of one evaluation.
type Accuracy struct {
	Samples    int     `json:"samples"`
	Loss       float64 `json:"loss"`        // mean cross-entropy over all samples and outputs
	Top1       float64 `json:"top1"`        // share right, 0..1, all classes, arg-max over all outputs
	Top1Active float64 `json:"top1_active"` // samples of active classes, arg-max over the outputs in use; 0 if there are none
	// Top1New and Top1Old are Top1Active over the classes that entered with the stage, and over
	// those active before it; nil where there are no samples of such.
	Top1New *float64 `json:"top1_new"`
	Top1Old *float64 `json:"top1_old"`
}

// StageEnded closes a stage.
type StageEnded struct {
	Stage         int      `json:"stage"`
	Reason        string   `json:"reason"`      // "epochs", "samples", "converged", "max-epochs", "interrupted", "not-finite", "error"
	Epochs        int      `json:"epochs"`      // done
	Carry         string   `json:"carry"`       // which weights go on: last, best, best-test
	CarryEpoch    int      `json:"carry_epoch"` // their stage epoch
	EntropyActive *float64 `json:"entropy_active"`
	Top1          *float64 `json:"top1"` // of these weights, test set, all classes; null: not measured
	// EntropyByClass is EntropyActive for each active class that has samples behind it.
	EntropyByClass map[int]float64 `json:"entropy_by_class,omitempty"`
	// Top1ByClass is Accuracy.Top1Active on the test set for each active class.
	Top1ByClass map[int]float64 `json:"top1_by_class,omitempty"`
	// Confusion counts the test samples of all classes by label and prediction, arg-max over all
	// outputs: label, prediction, count, sorted, without zeros; nil where that takes more than MostCells.
	Confusion [][3]int `json:"confusion,omitempty"`
	Weights   string   `json:"weights"` // file, relative to the run directory; "": not one step was made
	SHA256    string   `json:"sha256"`  // of that file
}

// MostCells limits StageEnded.Confusion, so that its line stays far shorter than Read allows: 1,000
// classes with 50 test samples each have 50,000 cells at most, which is 600 KB.
const MostCells = 100_000

// Warning is something a reader of the results should know.
type Warning struct {
	Text string `json:"text"`
}

// RunEnded is the last event of a run that was not killed.
type RunEnded struct {
	Status           string   `json:"status"`    // "done", "interrupted", "failed"
	Reason           string   `json:"reason"`    // in words, when not done
	Top1Last         *float64 `json:"top1_last"` // test set, all classes, at the last epoch; null: no epoch ended
	Top1Best         *float64 `json:"top1_best"` // the best epoch by TEST accuracy: for reference only
	Top1Kept         *float64 `json:"top1_kept"` // of the weights that the last stage saved; null: not measured
	SamplesSeen      int64    `json:"samples_seen"`
	SamplesPredicted int64    `json:"samples_predicted"`
	SamplesProbed    int64    `json:"samples_probed"`
	FLOPsTrained     float64  `json:"flops_trained"`   // 6 MACs a sample seen: a step costs three forward passes
	FLOPsForwarded   float64  `json:"flops_forwarded"` // 2 MACs a sample probed
	Seconds          float64  `json:"seconds"`
	TrainSeconds     float64  `json:"train_seconds"`
	ClassesOrder     []int    `json:"classes_order"`     // the sequence s
	Resumed          int      `json:"resumed,omitempty"` // times that the run went on from a checkpoint
}

// Type returns the type of an event by its name in logs: run_started.
func Type(e Event) string { return e.eventType() }

func (RunStarted) eventType() string   { return "run_started" }
func (StageStarted) eventType() string { return "stage_started" }
func (EpochEnded) eventType() string   { return "epoch_ended" }
func (StageEnded) eventType() string   { return "stage_ended" }
func (Warning) eventType() string      { return "warning" }
func (RunEnded) eventType() string     { return "run_ended" }

// Stamped is an event with the time at which it was written.
type Stamped struct {
	Time  time.Time
	Event Event
}
