package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Augmentation is the setting augment, taken apart: how training images vary.
type Augmentation struct {
	Auto bool   // crop and flip as suits the data
	View string // crop, resized-crop or ""
	Flip bool
	// Jitter is ColorJitter's brightness, contrast, saturation and hue.
	Jitter [4]float64
	// Operations of RandAugment, with Magnitude.
	Operations, Magnitude int
	Trivial               bool // TrivialAugmentWide
	Bilinear              bool // these two interpolate
	// Erase is RandomErasing's probability; what it erases gets EraseValue, or random values.
	Erase, EraseValue float64
	EraseRandom       bool
}

// parts are those of the setting augment; each reads its values.
var parts = []struct {
	name string
	read func(a *Augmentation, values []string) error
}{
	{"auto", bare(func(a *Augmentation) { a.Auto = true })},
	{"none", bare(func(*Augmentation) {})},
	{"flip", bare(func(a *Augmentation) { a.Flip = true })},
	{"crop", bare(func(a *Augmentation) { a.View = "crop" })},
	{"crop-flip", bare(func(a *Augmentation) { a.View, a.Flip = "crop", true })},
	{"resized-crop", bare(func(a *Augmentation) { a.View = "resized-crop" })},
	{"resized-crop-flip", bare(func(a *Augmentation) { a.View, a.Flip = "resized-crop", true })},
	{"color-jitter", (*Augmentation).readJitter},
	{"rand-augment", (*Augmentation).readRand},
	{"trivial-augment", (*Augmentation).readTrivial},
	{"erase", (*Augmentation).readErase},
}

// partNames returns the names of the parts.
func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// apart are sets of parts of which one can be there.
var apart = [][]string{
	{"auto", "none", "crop", "crop-flip", "resized-crop", "resized-crop-flip"},
	{"auto", "none", "flip", "crop-flip", "resized-crop-flip"},
	{"none", "color-jitter"}, {"none", "rand-augment", "trivial-augment"}, {"none", "erase"},
}

// For returns a with auto resolved: for pictures in folders, for other photos, or for what is neither.
func (a Augmentation) For(pictures, photos bool) Augmentation {
	if !a.Auto {
		return a
	}
	a.Auto = false
	switch {
	case pictures:
		a.View, a.Flip = "resized-crop", true
	case photos:
		a.View, a.Flip = "crop", true
	}
	return a
}

// Augmentation takes the setting augment apart: parts with commas between, in any order; they are done in
// that of torchvision's reference recipe. An error names the part.
func (c Config) Augmentation() (a Augmentation, err error) {
	var seen []string
	for part := range strings.SplitSeq(c.Augment, ",") {
		name, values, _ := strings.Cut(strings.TrimSpace(part), "=")
		err := a.read(name, values, strings.Contains(part, "="))
		if err == nil {
			err = fits(name, seen)
		}
		if err != nil {
			return a, fmt.Errorf("--augment %q: %w", c.Augment, err)
		}
		seen = append(seen, name)
	}
	return a, nil
}

// read reads one part.
func (a *Augmentation) read(name, values string, given bool) error {
	for _, p := range parts {
		if p.name != name {
			continue
		}
		var list []string
		if given {
			list = strings.Split(values, ":")
		}
		if err := p.read(a, list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("unknown part %.80q; want %s, with commas between, and values as in rand-augment=2:9", name, strings.Join(partNames(), ", "))
}

// fits reports a part that cannot be there beside those before it.
func fits(name string, before []string) error {
	for _, other := range before {
		if other == name {
			return fmt.Errorf("%s stands there twice", name)
		}
		for _, set := range apart {
			if slices.Contains(set, name) && slices.Contains(set, other) {
				return fmt.Errorf("%s and %s: want one of them", other, name)
			}
		}
	}
	return nil
}

// bare returns the reader of a part without values.
func bare(set func(a *Augmentation)) func(a *Augmentation, values []string) error {
	return func(a *Augmentation, values []string) error {
		if values != nil {
			return errors.New("takes no values")
		}
		set(a)
		return nil
	}
}

// readJitter reads brightness, contrast, saturation and hue, as torchvision's ColorJitter takes them:
// those left out are 0.
func (a *Augmentation) readJitter(values []string) error {
	if values == nil {
		values = []string{"0.4", "0.4", "0.4", "0.1"}
	}
	if len(values) > len(a.Jitter) {
		return fmt.Errorf("%d values; want brightness:contrast:saturation:hue", len(values))
	}
	for i, name := range []string{"brightness", "contrast", "saturation", "hue"}[:len(values)] {
		most := 100.0
		if name == "hue" {
			most = 0.5
		}
		if err := readNumber(&a.Jitter[i], name, values[i], 0, most); err != nil {
			return err
		}
	}
	if a.Jitter == [4]float64{} {
		return errors.New("all values are 0: that changes nothing; leave it out")
	}
	return nil
}

// The operations that an image may go through, and the magnitudes of RandAugment.
const (
	mostOperations = 100
	mostMagnitude  = 30
)

// readRand reads RandAugment's number of operations, magnitude and interpolation.
func (a *Augmentation) readRand(values []string) error {
	a.Operations, a.Magnitude = 2, 9
	if len(values) > 3 {
		return fmt.Errorf("%d values; want operations:magnitude, or operations:magnitude:bilinear", len(values))
	}
	if len(values) == 3 {
		if err := a.readInterpolation(values[2]); err != nil {
			return err
		}
		values = values[:2]
	}
	for i, field := range []*int{&a.Operations, &a.Magnitude}[:len(values)] {
		name, least, most := []string{"operations", "magnitude"}[i], 1-i, []int{mostOperations, mostMagnitude}[i]
		v, err := strconv.Atoi(values[i])
		if err != nil || v < least || v > most {
			return fmt.Errorf("%s %.80q: want a whole number from %d to %d", name, values[i], least, most)
		}
		*field = v
	}
	return nil
}

// readTrivial reads TrivialAugmentWide's interpolation.
func (a *Augmentation) readTrivial(values []string) error {
	a.Trivial = true
	switch len(values) {
	case 0:
		return nil
	case 1:
		return a.readInterpolation(values[0])
	}
	return fmt.Errorf("%d values; want bilinear, or none", len(values))
}

// readInterpolation reads how shears, shifts and turns take their pixels.
func (a *Augmentation) readInterpolation(word string) error {
	if word != "nearest" && word != "bilinear" {
		return fmt.Errorf("interpolation %.80q: want nearest or bilinear", word)
	}
	a.Bilinear = word == "bilinear"
	return nil
}

// readErase reads RandomErasing's probability, and a value or the word random.
func (a *Augmentation) readErase(values []string) error {
	a.Erase = 0.5
	if len(values) > 2 {
		return fmt.Errorf("%d values; want probability, or probability:value", len(values))
	}
	if len(values) > 0 {
		if err := readNumber(&a.Erase, "probability", values[0], 0, 1); err != nil {
			return err
		}
		if a.Erase == 0 {
			return errors.New("probability 0 changes nothing; leave it out")
		}
	}
	if len(values) < 2 {
		return nil
	}
	if a.EraseRandom = values[1] == "random"; a.EraseRandom {
		return nil
	}
	if err := readNumber(&a.EraseValue, "value", values[1], -1000, 1000); err != nil {
		return fmt.Errorf("%w, or random", err)
	}
	return nil
}

// readNumber reads a number from least to most.
func readNumber(field *float64, name, text string, least, most float64) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= least && v <= most) {
		return fmt.Errorf("%s %.80q: want a number from %s to %s", name, text, digits(least), digits(most))
	}
	*field = v
	return nil
}

func digits(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// String returns the setting with every part and value, in the order in which they are done.
func (a Augmentation) String() string {
	var all []string
	add := func(there bool, part string, values ...string) {
		if len(values) > 0 {
			part += "=" + strings.Join(values, ":")
		}
		if there {
			all = append(all, part)
		}
	}
	add(a.Auto, "auto")
	switch {
	case a.Flip && a.View != "":
		add(true, a.View+"-flip")
	case a.Flip:
		add(true, "flip")
	default:
		add(a.View != "", a.View)
	}
	j := a.Jitter
	add(j != [4]float64{}, "color-jitter", digits(j[0]), digits(j[1]), digits(j[2]), digits(j[3]))
	var interpolation []string
	if a.Bilinear {
		interpolation = []string{"bilinear"}
	}
	add(a.Operations > 0, "rand-augment", append([]string{strconv.Itoa(a.Operations), strconv.Itoa(a.Magnitude)}, interpolation...)...)
	add(a.Trivial, "trivial-augment", interpolation...)
	switch {
	case a.EraseRandom:
		add(true, "erase", digits(a.Erase), "random")
	case a.EraseValue != 0:
		add(true, "erase", digits(a.Erase), digits(a.EraseValue))
	default:
		add(a.Erase > 0, "erase", digits(a.Erase))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ",")
}
