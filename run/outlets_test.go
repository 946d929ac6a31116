package run

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink/mlflow/mlflowtest"
)

// A run directory of a stranger's gets no credentials.
func TestStrangersServer(t *testing.T) {
	s := mlflowtest.New(t)
	dir, o := filepath.Join(t.TempDir(), "run"), quiet()
	o.Outlets.MLflow = s.URL
	if _, err := Train(t.Context(), toy(t), dir, o); err != nil {
		t.Fatal(err)
	}
	var keys []string
	s.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		keys = append(keys, r.Header.Get("Authorization"))
		return false
	}
	t.Setenv("MLFLOW_TRACKING_TOKEN", "key")
	for _, uri := range []string{"http://127.0.0.1:1", s.URL} {
		t.Setenv("MLFLOW_TRACKING_URI", uri)
		known := outlets{say: func(string) {}, dir: dir}
		if err := known.open(OutletOptions{}); err != nil {
			t.Fatal(err)
		}
		known.close()
	}
	if len(keys) < 2 || keys[0] != "" || keys[len(keys)-1] != "Bearer key" {
		t.Errorf("credentials that were sent: %q", keys)
	}
}

// A board that cannot be written is told once, and is no matter for the run.
func TestLostBoard(t *testing.T) {
	o := outlets{say: func(string) {}, dir: filepath.Join(t.TempDir(), "gone")}
	var warned []string
	o.warn = func(text string) error { warned = append(warned, text); return nil }
	if err := o.openBoard(nil); err != nil {
		t.Error(err)
	}
	for range 3 {
		if err := o.Emit(record.Warning{Text: "x"}); err != nil {
			t.Error(err)
		}
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "no more for TensorBoard: ") {
		t.Errorf("%q", warned)
	}
	o.close()
}
