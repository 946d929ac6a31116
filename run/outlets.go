package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/local-to-global/lgl/internal/atomicfile"
	"github.com/local-to-global/lgl/internal/failure"
	"github.com/local-to-global/lgl/internal/shell"
	"github.com/local-to-global/lgl/record"
	"github.com/local-to-global/lgl/sink/mlflow"
	"github.com/local-to-global/lgl/sink/tensorboard"
)

// OutletOptions say which other tools get a run's log while it is written.
type OutletOptions struct {
	TensorBoard bool
	MLflow      string // address of a tracking server; "": none; "env": that of the environment
}

// Server returns the MLflow server that they name, nil for none; it sends nothing. An address that is none is an error here,
// and a warning in the log of a run.
func (o OutletOptions) Server() (*mlflow.Server, error) {
	if o.MLflow == "" {
		return nil, nil
	}
	return MLflowServer("--mlflow", o.MLflow)
}

// MLflowServer returns the server at an address, of which "env" is that in MLFLOW_TRACKING_URI, with the credentials of the
// environment. Errors name the flag that the address is of.
func MLflowServer(flag, address string) (*mlflow.Server, error) {
	if address == "env" {
		if address = os.Getenv("MLFLOW_TRACKING_URI"); address == "" {
			return nil, failure.Usage(fmt.Errorf("%s env: MLFLOW_TRACKING_URI is not set", flag))
		}
		flag += " env: MLFLOW_TRACKING_URI"
	}
	s, err := mlflow.NewServer(address, os.Getenv)
	if err != nil {
		return nil, failure.Usage(fmt.Errorf("%s %w", flag, err))
	}
	return s, nil
}

// knownServer returns the server that a run directory names. It gets the credentials of the environment
// only if the environment names it, too: a run directory can come from anyone.
func knownServer(address string) (*mlflow.Server, error) {
	s, err := mlflow.NewServer(address, func(string) string { return "" })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", refFile, err)
	}
	if mine, err := mlflow.NewServer(os.Getenv("MLFLOW_TRACKING_URI"), os.Getenv); err == nil && mine.String() == s.String() {
		return mine, nil
	}
	return s, nil
}

// experiment is the MLflow experiment of a run that is made now.
func experiment() string {
	if name := os.Getenv("MLFLOW_EXPERIMENT_NAME"); name != "" {
		return name
	}
	return "lgl"
}

// outlets give other tools a run's log while it is written. What fails there is told, and is no matter
// for the run.
type outlets struct {
	say    func(line string)
	dir    string
	warn   func(text string) error // puts it into the log
	last   func() time.Time        // of the last event in the log
	board  *tensorboard.Writer     // nil: none
	lost   bool                    // the board could not be written
	server *mlflow.Run             // nil: none
	ended  bool                    // the log has its last event
}

var _ record.Sink = (*outlets)(nil)

// open opens those that are asked for, and those that the run in dir had before, and gives them
// its log so far.
func (o *outlets) open(asked OutletOptions) error {
	past, err := logged(o.dir)
	if err != nil {
		return err
	}
	if err := o.openServer(asked, past); err != nil {
		return err
	}
	if asked.TensorBoard || len(tensorboard.Files(o.dir)) > 0 {
		return o.openBoard(past)
	}
	return nil
}

// openBoard makes the event file, anew where there is one.
func (o *outlets) openBoard(past []record.Stamped) (err error) {
	o.board, err = tensorboard.Open(o.dir, past)
	return o.lose(err)
}

// openServer takes up the run that the server has, or has it made.
func (o *outlets) openServer(asked OutletOptions, past []record.Stamped) error {
	s, ref, err := o.serverOf(asked)
	if err != nil {
		return o.warn(fmt.Sprintf("nothing is sent to MLflow: %v", err))
	}
	if s != nil {
		o.server = mlflow.Open(serverOptions(o.dir, s, ref), past)
	}
	return nil
}

// serverOf returns the server that is asked for, or else the one that the run had before, nil for none, and what it calls the
// run. From now on it is the run's own.
func (o *outlets) serverOf(asked OutletOptions) (s *mlflow.Server, ref mlflow.Ref, err error) {
	all, err := readRefs(o.dir)
	if err != nil {
		return nil, ref, err
	}
	s, err = asked.Server()
	if s == nil && err == nil && all.Own != "" {
		s, err = knownServer(all.Own)
	}
	if s == nil || err != nil {
		return nil, ref, err
	}
	if s.String() != all.Own {
		err = changeRefs(o.dir, func(r *refs) { r.Own = s.String() })
	}
	return s, all.Runs[s.String()], err
}

// serverOptions are those by which a server goes on with the run in dir, which it calls ref, or makes it.
func serverOptions(dir string, s *mlflow.Server, ref mlflow.Ref) mlflow.Options {
	keep := func(ref mlflow.Ref) error {
		return changeRefs(dir, func(r *refs) { r.Runs[ref.Server] = ref })
	}
	return mlflow.Options{Server: s, Experiment: experiment(), Ref: ref, Keep: keep}
}

// SendLog sends a server what it lacks of the events of the run in dir, and notes there what the server calls the run. It
// waits as mlflow.Send does. A run that is sending to that server by itself is refused.
func SendLog(ctx context.Context, dir string, s *mlflow.Server, events []record.Stamped) (err error) {
	all, err := readRefs(dir)
	if err != nil {
		return err
	}
	unlock := func() error { return nil }
	if s.String() == all.Own { // both would send the points that are new
		if unlock, err = lockOut(dir, s); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, unlock()) }()
	err = mlflow.Send(ctx, serverOptions(dir, s, all.Runs[s.String()]), events)
	if mlflow.IsGone(err) {
		return failure.Hint(err, "without the server's part of %s the run is made there anew", shell.Quoted(filepath.Join(dir, refFile)))
	}
	return err
}

// lockOut keeps the run in dir, whose own server is s, from going on. Where none can be taken, as in a directory that cannot
// be written, no run is at work.
func lockOut(dir string, s *mlflow.Server) (unlock func() error, err error) {
	unlock, err = Lock(dir)
	switch {
	case errors.Is(err, errHeld):
		return nil, failure.Hint(fmt.Errorf("the run itself sends to %s: %w", s, err), "when that has ended, the same command sends what the server then lacks")
	case err != nil:
		return func() error { return nil }, nil
	}
	return unlock, nil
}

// back follows a log that was taken back.
func (o *outlets) back() error {
	if o.board == nil || o.lost {
		return nil
	}
	err := o.board.Close()
	past, logErr := logged(o.dir)
	if err = errors.Join(err, logErr); err != nil {
		return o.lose(err)
	}
	return o.openBoard(past)
}

// Emit gives the outlets the last event of the log, with its time there: an export is to send the same.
func (o *outlets) Emit(e record.Event) error {
	s := record.Stamped{Time: o.last(), Event: e}
	_, o.ended = e.(record.RunEnded)
	if o.board != nil && !o.lost {
		if err := o.lose(o.board.Write(s)); err != nil {
			return err
		}
	}
	if o.server != nil {
		if err := o.server.Write(s); err != nil {
			return o.tell(fmt.Sprintf("%v; training goes on", err))
		}
	}
	return nil
}

// lose gives the board up because of an error, if there is one.
func (o *outlets) lose(err error) error {
	if err == nil {
		return nil
	}
	o.lost = true
	return o.tell(fmt.Sprintf("no more for TensorBoard: %v; training goes on, and lgl export %s --to tensorboard writes it later", err, shell.Quoted(o.dir)))
}

// tell puts a warning into the log; behind its last event nothing may stand.
func (o *outlets) tell(text string) error {
	if o.ended {
		o.say("warning: " + text)
		return nil
	}
	return o.warn(text)
}

// How long the end of a run waits until a server has what is left: in all, and without an answer.
const (
	longestWait = 30 * time.Second
	patience    = 10 * time.Second
)

// close closes the outlets. What is not delivered is told.
func (o *outlets) close() {
	if o.board != nil {
		if err := o.board.Close(); err != nil && !o.lost {
			o.say("warning: TensorBoard's event file: " + err.Error())
		}
	}
	if o.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), longestWait)
		defer cancel()
		if err := o.server.Close(ctx, patience); err != nil {
			o.say(fmt.Sprintf("warning: %v\nhint: lgl export %s --to mlflow --out %s sends what it lacks", err, shell.Quoted(o.dir), shell.Quoted(o.server.Server.String())))
		}
	}
}

// refFile holds the refs of a run.
const refFile = "mlflow.json"

// refs are what MLflow's servers call a run.
type refs struct {
	Own  string                `json:"own,omitempty"` // server that the run itself sends to; "": none
	Runs map[string]mlflow.Ref `json:"runs"`          // by server
}

// readRefs returns what servers call the run in dir.
func readRefs(dir string) (refs, error) {
	var file struct {
		refs
		mlflow.Ref // that of the run's own server, which was all that earlier versions of lgl kept
	}
	file.Runs = map[string]mlflow.Ref{}
	path := filepath.Join(dir, refFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return file.refs, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return refs{}, failure.Hint(fmt.Errorf("%s: %w", path, err), "without that file the run is made on the server anew")
	}
	if file.Server != "" {
		file.Own, file.Runs[file.Server] = file.Server, file.Ref
	}
	return file.refs, nil
}

// changeRefs changes what servers call the run in dir. It reads that again, as an export can have added to it.
func changeRefs(dir string, change func(*refs)) error {
	r, err := readRefs(dir)
	if err != nil {
		return err
	}
	change(&r)
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, refFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}
