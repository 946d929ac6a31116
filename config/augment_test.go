package config

import (
	"strings"
	"testing"
)

// Every setting is taken apart to what it says, and put together again.
func TestAugmentation(t *testing.T) {
	for text, c := range map[string]struct {
		want   Augmentation
		string string // "": text
	}{
		"auto":                      {Augmentation{Auto: true}, ""},
		"none":                      {Augmentation{}, ""},
		"flip":                      {Augmentation{Flip: true}, ""},
		"crop":                      {Augmentation{View: "crop"}, ""},
		"crop-flip":                 {Augmentation{View: "crop", Flip: true}, ""},
		"resized-crop":              {Augmentation{View: "resized-crop"}, ""},
		"resized-crop-flip":         {Augmentation{View: "resized-crop", Flip: true}, ""},
		"flip,resized-crop":         {Augmentation{View: "resized-crop", Flip: true}, "resized-crop-flip"},
		"color-jitter":              {Augmentation{Jitter: [4]float64{.4, .4, .4, .1}}, "color-jitter=0.4:0.4:0.4:0.1"},
		"color-jitter=0.3":          {Augmentation{Jitter: [4]float64{.3}}, "color-jitter=0.3:0:0:0"},
		"rand-augment":              {Augmentation{Operations: 2, Magnitude: 9}, "rand-augment=2:9"},
		"rand-augment=3":            {Augmentation{Operations: 3, Magnitude: 9}, "rand-augment=3:9"},
		"rand-augment=1:0":          {Augmentation{Operations: 1}, ""},
		"trivial-augment":           {Augmentation{Trivial: true}, ""},
		"rand-augment=1:0:bilinear": {Augmentation{Operations: 1, Bilinear: true}, ""},
		"rand-augment=1:0:nearest":  {Augmentation{Operations: 1}, "rand-augment=1:0"},
		"trivial-augment=bilinear":  {Augmentation{Trivial: true, Bilinear: true}, ""},
		"erase":                     {Augmentation{Erase: .5}, "erase=0.5"},
		"erase=0.1:random":          {Augmentation{Erase: .1, EraseRandom: true}, ""},
		"erase=0.1:-2.5":            {Augmentation{Erase: .1, EraseValue: -2.5}, ""},
		"erase=0.25, rand-augment=2:30, auto , color-jitter=0.5:0:0.1:0.5": {
			Augmentation{Auto: true, Jitter: [4]float64{.5, 0, .1, .5}, Operations: 2, Magnitude: 30, Erase: .25},
			"auto,color-jitter=0.5:0:0.1:0.5,rand-augment=2:30,erase=0.25"},
	} {
		c0 := Config{Augment: text}
		got, err := c0.Augmentation()
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, c.want)
		}
		if c.string == "" {
			c.string = text
		}
		if got.String() != c.string {
			t.Errorf("%s: written %s; want %s", text, got, c.string)
		}
		if again, err := (Config{Augment: got.String()}).Augmentation(); err != nil || again != got {
			t.Errorf("%s: read again %+v, %v", got, again, err)
		}
	}
}

// What is wrong is refused, with the part named.
func TestAugmentationRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                             `unknown part ""; want auto, none`,
		"crop,":                        `unknown part ""`,
		"colour-jitter":                `unknown part "colour-jitter"; want auto, none, flip, crop, crop-flip, resized-crop, resized-crop-flip, color-jitter, rand-augment, trivial-augment, erase`,
		"erase,erase=0.1":              "erase stands there twice",
		"crop-flip,resized-crop":       "crop-flip and resized-crop: want one of them",
		"auto,flip":                    "auto and flip: want one of them",
		"none,erase":                   "none and erase: want one of them",
		"erase,none":                   "erase and none: want one of them",
		"flip,crop-flip":               "flip and crop-flip: want one of them",
		"rand-augment,trivial-augment": "rand-augment and trivial-augment: want one of them",
		"flip=0.5":                     "flip: takes no values",
		"trivial-augment=":             `trivial-augment: interpolation "": want nearest or bilinear`,
		"rand-augment=":                `rand-augment: operations "": want a whole number from 1 to 100`,
		"rand-augment=0:9":             `rand-augment: operations "0": want a whole number from 1 to 100`,
		"rand-augment=2:31":            `rand-augment: magnitude "31": want a whole number from 0 to 30`,
		"rand-augment=2:9:0.5":         `rand-augment: interpolation "0.5": want nearest or bilinear`,
		"rand-augment=2:9:nearest:1":   "rand-augment: 4 values; want operations:magnitude, or",
		"trivial-augment=a:b":          "trivial-augment: 2 values; want bilinear, or none",
		"rand-augment=2.5":             `rand-augment: operations "2.5": want a whole number`,
		"color-jitter=-1":              `color-jitter: brightness "-1": want a number from 0 to 100`,
		"color-jitter=0:NaN":           `color-jitter: contrast "NaN": want a number from 0 to`,
		"color-jitter=0:0:inf":         `color-jitter: saturation "inf": want a number`,
		"color-jitter=1:1:1:0.6":       `color-jitter: hue "0.6": want a number from 0 to 0.5`,
		"color-jitter=1:1:1:0.1:1":     "color-jitter: 5 values; want brightness:contrast:saturation:hue",
		"color-jitter=0":               "color-jitter: all values are 0",
		"erase=0":                      "erase: probability 0 changes nothing",
		"erase=1.1":                    `erase: probability "1.1": want a number from 0 to 1`,
		"erase=0.5:noise":              `erase: value "noise": want a number from -1000 to 1000, or random`,
		"erase=0.5:0:0":                "erase: 3 values; want probability, or probability:value",
	} {
		c := Default()
		c.Augment = text
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "--augment ") {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}
