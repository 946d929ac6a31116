package paper

import (
	"context"
	"fmt"
	"slices"

	"github.com/local-to-global/lgl/config"
	"github.com/local-to-global/lgl/report"
	"github.com/local-to-global/lgl/report/figure"
)

// table4 is table 4, with the baselines of as many samples that the paper does not have.
func table4() Experiment {
	return Experiment{
		Name: "table4", Short: "Compare LGL(r,2) and (r,3) with the baselines on ImageNet: table 4",
		Long: `Table 4 (section 5.4): top-1 of VGG-16 and ResNet-50 on ImageNet, trained plainly, by
LGL with 2 and by LGL with 3 stages; and, beside each of these, by a baseline that sees
as many samples, which the paper does not have. Each network costs eight of its
baselines a seed; the paper has one seed.

VGG-16 is torchvision's with batch norm: without, the paper's learning rate of 0.1 is
too high, says PyTorch's example, whose settings the paper took. So weights are drawn
as torchvision's networks draw them (--init he). Small and tiny take narrow networks on
pictures of 64 pixels.`,
		Example: `  lgl paper table4 --data /data/imagenet --scale full --engine xla --precision bf16
  lgl paper table4 --data /data/imagenet --scale small --model resnet50`,
		Wanted: `ImageNet (ILSVRC 2012) may not be passed on, so lgl cannot fetch it. To get it: register at
https://image-net.org, download ILSVRC2012_img_train.tar (138 GB) and ILSVRC2012_img_val.tar (6.3 GB), and unpack
them to DIR/train/CLASS/*.JPEG and DIR/val/CLASS/*.JPEG, 1,000 folders each (imagenet/extract_ILSVRC.sh of
https://github.com/pytorch/examples does that); then lgl paper table4 --data DIR. Any other folder of pictures will do, too`,
		Seeds: 1, Pictures: pictureSize, Models: networkNames(),
		Suite: Setup.table4Suite,
		Result: func(_ context.Context, s Setup, runs []report.Run, _ Prober) (Result, error) {
			return s.table4Result(runs), nil
		},
	}
}

// network is a network of table 4.
type network struct {
	name, paper string // as --model and as the paper have it
	full        string // the model at full scale
	reduced     string // the model for smaller pictures
}

// networks are those of table 4, in its order. The paper does not say whether its VGG-16 has batch
// norm. PyTorch's example, whose settings it takes, has it that 0.1 is too high for VGG without.
var networks = []network{
	{"vgg16", "VGG-16", "vgg16_bn-imagenet", "vgg16"},
	{"resnet50", "ResNet-50", "resnet50", "resnet50"},
}

func networkNames() (names []string) {
	for _, n := range networks {
		names = append(names, n.name)
	}
	return names
}

// networks are those asked for.
func (s Setup) networks() []network {
	return slices.DeleteFunc(slices.Clone(networks), func(n network) bool {
		return s.Models != nil && !slices.Contains(s.Models, n.name)
	})
}

// model is the network's at a scale.
func (n network) model(scale string) string {
	if scale == "full" {
		return n.full
	}
	return n.reduced
}

// pictureSize is the height and width of the pictures at a scale.
func pictureSize(scale string) int {
	if scale == "full" {
		return 224
	}
	return 64
}

// photoBase holds what all cells of a network of table 4 share, at the setup's scale.
//
//   - full is the paper's, which is that of PyTorch's example for ImageNet: batch 256, learning rate
//     0.1, times 0.1 every 30 of 90 epochs, weight decay 1e-4, pictures of 224, and torchvision's
//     networks, whose initial weights are He's;
//   - small takes an hour or two for each network on two cores: a quarter of the channels, 50
//     pictures of each class, of 64 pixels, and a tenth of the epochs;
//   - tiny takes a minute: a sixteenth of the channels, two pictures of each of many classes, one epoch.
func (s Setup) photoBase(n network) config.Config {
	c := config.Paper()
	c.Data, c.Augment, c.ImageSize = s.Data.Arg, "resized-crop-flip", pictureSize(s.Scale)
	c.Model, c.Init = n.model(s.Scale), "he"
	c.Batch, c.LR, c.LRDecay, c.LRStep, c.Epochs, c.WeightDecay = 256, 0.1, 0.1, 30, 90, 1e-4
	switch k := len(s.Data.Classes); s.Scale {
	case "small":
		c.Width, c.Epochs, c.LRStep, c.Batch, c.TrainSamples = 0.25, 9, 3, 64, 50*k
	case "tiny":
		c.Width, c.Epochs, c.Batch, c.TrainSamples, c.EntropySamples = 0.0625, 1, 32, max(2*k, 300), 100
	}
	if c.TrainSamples >= s.Data.Train {
		c.TrainSamples = 0 // all there are
	}
	return c
}

// table4Methods are the rows of table 4, of each network.
func (s Setup) table4Methods() []method {
	methods, stages := []method{baseline}, s.Data.stagesUpTo(3)
	for _, m := range stages {
		methods = append(methods, equal(m))
	}
	for _, m := range stages {
		methods = append(methods, lgl("random", m))
	}
	return methods
}

func (s Setup) table4Suite() Suite {
	suite := Suite{Title: s.heading("Table 4")}
	for _, n := range s.networks() {
		methods := s.table4Methods()
		for i := range methods {
			methods[i].name = n.name + "-" + methods[i].name
		}
		suite.Cells = append(suite.Cells, s.cells(s.photoBase(n), methods)...)
	}
	return suite
}

// table4Result is a table with a group of rows, and a figure with a panel, for each network.
func (s Setup) table4Result(runs []report.Run) Result {
	t := report.Sheet{Title: s.heading("Table 4")}
	f := figure.Figure{Columns: 1, Width: rowsWidth, Height: rowsHeight(len(s.table4Methods()))}
	for _, n := range s.networks() {
		var papers map[string]float64
		if s.Scale == "full" && len(s.Data.Classes) == 1000 {
			papers = published[n.stands()]
		}
		own := with(runs, "model", n.model(s.Scale))
		part := report.Results(own)
		s.addPublished(&part, n.stands())
		n.join(&t, part)
		f.Panels = append(f.Panels, s.rowsPanel("Table 4, "+n.paper, own, papers))
	}
	t.Notes = append(t.Notes, s.photoNote())
	return Result{Tables: []report.Sheet{t}, Figure: &f,
		Alt: "For each network a row of dots for each method, one dot a seed, with mean and standard deviation of top-1."}
}

// stands names the numbers of the paper that stand beside those of the network.
func (n network) stands() string { return "ImageNet, " + n.paper }

// join adds the rows of a network to a table, with its name before them.
func (n network) join(t *report.Sheet, part report.Sheet) {
	names, words := make([]string, len(part.Rows)), make([]string, len(part.Rows))
	for i := range names {
		names[i], words[i] = n.name, n.paper
	}
	part.Insert(0, "network", "network", words, names)
	if t.Header == nil {
		t.Header, t.Left, t.Data = part.Header, append(part.Left, "method"), part.Data[:1]
	}
	t.Rows, t.Data = append(t.Rows, part.Rows...), append(t.Data, part.Data[1:]...)
	for _, note := range part.Notes {
		if !slices.Contains(t.Notes, note) {
			t.Notes = append(t.Notes, note)
		}
	}
}

// photoNote says what the scale means.
func (s Setup) photoNote() string {
	c := s.photoBase(networks[0])
	text := fmt.Sprintf("Scale %s: pictures of %d, learning rate %v, times %v every %d epochs, momentum %v, weight decay %v, initial weights %s",
		s.Scale, c.ImageSize, c.LR, c.LRDecay, c.LRStep, c.Momentum, c.WeightDecay, c.Init)
	if s.Scale == "full" {
		return text + "; the paper's settings. VGG-16 is torchvision's vgg16_bn; the paper does not say whether its own has batch norm."
	}
	return text + fmt.Sprintf("; reduced from the paper's (all pictures at 224, 90 epochs, batch 256, networks %g times as wide, "+
		"VGG-16 with three linear layers): what can be compared with the paper is the order of the methods, not their numbers.", 1/c.Width)
}
