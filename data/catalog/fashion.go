package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/idx"
)

// fashionClasses are the class names of Fashion-MNIST (Xiao et al. 2017, table 2).
var fashionClasses = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

// fashionLabels is the SHA-256 of the 60000 training labels of Fashion-MNIST, a byte each.
const fashionLabels = "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7"

// isFashion reports whether training data are Fashion-MNIST's, by their labels.
func isFashion(train data.Source) bool {
	h := sha256.New()
	for _, label := range data.Labels(train) {
		h.Write([]byte{byte(label)})
	}
	return hex.EncodeToString(h.Sum(nil)) == fashionLabels
}

// openFashion reads Fashion-MNIST, and nothing else that has the same file names.
func openFashion(dir string, _ Options) (train, test data.Source, err error) {
	train, test, err = both(idx.Load(dir, fashionClasses))
	if err == nil && !isFashion(train) {
		return nil, nil, fmt.Errorf("%s holds other labels than Fashion-MNIST; to use it as it is, give its path", dir)
	}
	return train, test, err
}
