package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/local-to-global/lgl/record"
)

var garments = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

// plan describes a fabricated run.
type plan struct {
	label, method, choose string
	seed                  uint64
	epochs                int     // of a stage, or of the baseline
	equal                 int     // epochs of baseline-equal
	gain                  float64 // of the last accuracy, share
}

// demo fabricates the records of five methods over the given seeds, shaped like real ones.
func demo(seeds ...uint64) (runs []Run) {
	for _, p := range []plan{
		{label: "baseline", method: "baseline", epochs: 10},
		{label: "baseline-equal", method: "baseline-equal", epochs: 10, equal: 21, gain: .012},
		{label: "LGL(r,3)", method: "lgl", choose: "random", epochs: 10, gain: .011},
		{label: "LGL(d,3)", method: "lgl", choose: "dissimilar", epochs: 10, gain: .016},
		{label: "LGL(s,3)", method: "lgl", choose: "similar", epochs: 10, gain: .009},
	} {
		for _, s := range seeds {
			p.seed = s
			runs = append(runs, fabricate(p))
		}
	}
	return runs
}

// fabricate makes a finished run; equal p give equal runs.
func fabricate(p plan) Run {
	r := rand.New(rand.NewPCG(p.seed, uint64(len(p.label))*31+uint64(len(p.choose))))
	order := r.Perm(10)
	groups := [][]int{order}
	epochs := p.epochs
	switch p.method {
	case "baseline-equal":
		epochs = p.equal
	case "lgl":
		groups = [][]int{order[:4], order[4:7], order[7:]}
	}
	run := Run{Dir: "runs/" + p.label, Began: time.Date(2026, 1, 2, 3, 4, int(p.seed), 0, time.UTC), Started: begun(p)}
	seen, epoch, quality := int64(0), 0, 0.0
	var active []int
	for k, group := range groups {
		active = append(active, group...)
		share := float64(len(active)) / 10
		start := math.Log(10) * share * (1 - .7*quality) * (1 - .1*r.Float64())
		s := Stage{Started: record.StageStarted{Stage: k + 1, Classes: append([]int{}, active...), New: group,
			Samples: 1200 * len(active), Epochs: epochs, EntropyActive: &start, EntropySamples: 2000}}
		if k > 0 && p.choose != "random" {
			s.Started.Scores = map[int]float64{}
			for _, c := range order[len(active)-len(group):] {
				s.Started.Scores[c] = r.Float64() * math.Log(float64(len(active)-len(group)))
			}
		}
		for e := 1; e <= epochs; e++ {
			epoch++
			seen += int64(s.Started.Samples)
			quality += (1 - quality) * .22
			h := start * math.Exp(-float64(e)/2.5)
			inUse := .80 + (.10+p.gain)*(1-math.Exp(-float64(e)/2)) + .006*r.NormFloat64()
			s.Epochs = append(s.Epochs, record.EpochEnded{Stage: k + 1, StageEpoch: e, Epoch: epoch, LR: .05 * math.Pow(.95, float64(e-1)),
				TrainLoss: (share*2.2*math.Exp(-float64(e)/2) + .15) * (1 + .1*r.Float64()), EntropyActive: &h,
				Test:        &record.Accuracy{Samples: 10000, Loss: .3, Top1: inUse * share, Top1Active: inUse},
				SamplesSeen: seen, TrainSeconds: 2, Seconds: 2.4 * float64(epoch)})
		}
		last := s.Epochs[epochs-1]
		s.Ended = &record.StageEnded{Stage: k + 1, Reason: "epochs", Epochs: epochs, Carry: "last", CarryEpoch: epochs,
			EntropyActive: last.EntropyActive, Weights: fmt.Sprintf("weights/stage-%d.safetensors", k+1)}
		run.Stages = append(run.Stages, s)
	}
	last, _ := run.last()
	run.Started.SamplesPredicted = seen
	run.Started.CostPredicted = float64(seen) / float64(12000*p.epochs)
	best := last.Test.Top1 + .001
	run.Ended = &record.RunEnded{Status: "done", Top1Last: &last.Test.Top1, Top1Best: &best, SamplesSeen: seen,
		SamplesPredicted: seen, SamplesProbed: int64(2000 * (epoch + 1)), Seconds: last.Seconds, TrainSeconds: 2 * float64(epoch), ClassesOrder: order}
	return run
}

// begun is the RunStarted of a plan.
func begun(p plan) record.RunStarted {
	choose := p.choose
	if choose == "" {
		choose = "random"
	}
	return record.RunStarted{Format: 1, Run: fmt.Sprintf("%s-seed%d", p.label, p.seed), Method: p.method, Label: p.label,
		Config: map[string]any{"data": "fashion-mnist", "train-samples": 12000, "model": "vgg11", "width": .25, "method": p.method,
			"stages": 3, "select": choose, "partition": "even", "carry": "last", "epochs": p.epochs, "until": "epochs", "batch": 128,
			"lr": .05, "seed": p.seed, "engine": "auto"},
		Data:    record.Data{Name: "fashion-mnist", Train: 12000, Test: 10000, Classes: garments, Shape: []int{1, 32, 32}},
		Model:   record.Model{Name: "vgg11", Params: 580618, MACs: 9_700_000},
		Engine:  record.Engine{Name: "onednn", Version: "2.6.3", Threads: 2, Why: "auto: faster for this net"},
		Machine: record.Machine{CPU: "AMD EPYC", Cores: 2, OS: "linux/amd64", Go: "go1.26"}, Revision: "abc1234",
		Seeds: map[string]uint64{"init": p.seed, "order": p.seed, "classes": p.seed}}
}
