// Package watch tells when files change that something is made from: once for
// each burst, be it an editor's save or a git checkout of thousands of files.
//
//	w, err := watch.New(ctx, watch.Options{Root: "/srv/api", Patterns: []string{"src/**/*.go", "go.mod"}})
//	...
//	defer w.Close()
//	for c := range w.Changes() {
//		rebuild(c.Files)
//	}
//	return w.Err()
//
// What counts is a file's content. Other permissions or a read are no change,
// nor is a file that came and went within a burst. Files that a .gitignore
// excludes (of any folder from the repository's root down, and
// .git/info/exclude), what editors leave while a file is open, and .git itself
// don't count either. But what a pattern names without a wildcard is watched
// even if git ignores it: ".env", or "dist/app.js".
//
// Only folders that can hold a match are watched. Symbolic links below Root are
// files here: they change when they are made anew, not when their target does,
// and are not followed. Rules for git from above Root are read when Root comes,
// and not again when they change.
package watch

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Options say what to watch.
type Options struct {
	// Root is the folder that patterns are relative to; it is absolute. It may
	// be a link, may be missing, and may come and go.
	Root string
	// Patterns are of files to watch, in doublestar's syntax: "src/**/*.go",
	// "*.{js,ts}". One without a wildcard, or with a slash at its end, means all
	// in it if it is a folder.
	Patterns []string
	// Ignore are patterns of files and folders to leave out.
	Ignore []string
	// Quiet is how long nothing must change before a burst is over; 100ms if 0.
	Quiet time.Duration
	// Max is how long a burst that does not end is waited for; 2s if 0.
	Max time.Duration
}

// Change is a burst.
type Change struct {
	Files []string  // relative to Root, with slashes, sorted, at most MaxFiles
	More  int       // how many further files changed
	At    time.Time // when the first change was seen
}

// MaxFiles is how many files a Change names.
const MaxFiles = 100

const (
	defaultQuiet = 100 * time.Millisecond
	defaultMax   = 2 * time.Second
	// lookEvery is how often Root is looked at: that a folder above it was moved,
	// or that it is there again, the kernel does not tell.
	lookEvery = time.Second
)

// Watcher watches until it is closed or its context ends.
type Watcher struct {
	changes chan Change
	end     context.CancelFunc
	done    chan struct{} // closed when the loop has ended
	err     error         // for reading after done
	closing error
}

// system is what tests replace to reach the system's limits.
type system struct {
	open func() (*fsnotify.Watcher, error)
	add  func(w *fsnotify.Watcher, dir string) error
}

// New begins to watch: what changes after it returned is told.
func New(ctx context.Context, o Options) (*Watcher, error) {
	return start(ctx, o, system{open: fsnotify.NewWatcher, add: (*fsnotify.Watcher).Add})
}

func start(ctx context.Context, o Options, sys system) (*Watcher, error) {
	if !filepath.IsAbs(o.Root) {
		return nil, fmt.Errorf("watch: the folder %q is not absolute", o.Root)
	}
	root := filepath.Clean(o.Root)
	if fi, err := os.Stat(root); err == nil && !fi.IsDir() {
		return nil, fmt.Errorf("watch: %s is not a folder", root)
	}
	ps, err := parse(o.Patterns, o.Ignore)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	if o.Quiet <= 0 {
		o.Quiet = defaultQuiet
	}
	if o.Max <= 0 {
		o.Max = defaultMax
	}
	o.Max = max(o.Max, o.Quiet)

	t := &tree{
		root: root, patterns: ps,
		folders: map[string]*folder{}, touched: map[string]mark{}, reread: map[string]bool{},
	}
	if t.fs, err = sys.open(); err != nil {
		return nil, fmt.Errorf("watch: %w", t.explain(err))
	}
	t.add = func(dir string) error { return sys.add(t.fs, dir) }
	if _, err := t.look(true, false); err != nil {
		_ = t.fs.Close() // the first error is the one that helps
		return nil, fmt.Errorf("watch: %w", err)
	}
	ctx, end := context.WithCancel(ctx)
	w := &Watcher{changes: make(chan Change), end: end, done: make(chan struct{})}
	go func() {
		defer close(w.changes) // the last, so that who sees it may ask Err
		defer close(w.done)
		defer end()
		if err := w.loop(ctx, t, o.Quiet, o.Max); err != nil {
			w.err = fmt.Errorf("watch: %w", err)
		}
		if err := t.fs.Close(); err != nil {
			w.closing = fmt.Errorf("watch: close: %w", err)
		}
	}()
	return w, nil
}

// Changes gives each burst. One that nobody takes grows until somebody does. It
// is closed when the Watcher ends.
func (w *Watcher) Changes() <-chan Change { return w.changes }

// Err tells why Changes was closed: nil if by Close or by the context. A limit
// of the system that is reached while new folders come ends a Watcher too: one
// that is blind in part would be trusted.
func (w *Watcher) Err() error {
	select {
	case <-w.done:
		return w.err
	default:
		return nil
	}
}

// Close ends the watching, and returns when nothing of it runs any more.
func (w *Watcher) Close() error {
	w.end()
	for range w.changes {
		continue // what is told no more
	}
	return w.closing
}

// burst is what was not told yet.
type burst struct {
	first, last time.Time       // of the events that were not looked into
	files       map[string]bool // that changed, and whether they were there before
	at          time.Time       // when the first of them was seen
}

func (b *burst) touch() {
	b.last = time.Now()
	if b.first.IsZero() {
		b.first = b.last
	}
}

func (b *burst) report(rel string, before, now bool) {
	if len(b.files) == 0 {
		b.at = b.first
	}
	if was, ok := b.files[rel]; ok {
		before = was
	}
	b.files[rel] = before
	if !before && !now {
		delete(b.files, rel) // it came and went
	}
}

func (b *burst) change() Change {
	all := slices.Sorted(maps.Keys(b.files))
	some := all[:min(len(all), MaxFiles)]
	return Change{Files: slices.Clone(some), More: len(all) - len(some), At: b.at}
}

func (w *Watcher) loop(ctx context.Context, t *tree, quiet, most time.Duration) error {
	looks := time.NewTicker(lookEvery)
	defer looks.Stop()
	due := time.NewTimer(quiet)
	due.Stop()
	defer due.Stop()
	b := burst{files: map[string]bool{}}
	var next Change
	for {
		var out chan<- Change
		if len(b.files) > 0 {
			out = w.changes
		}
		some, err := false, error(nil)
		select {
		case <-ctx.Done():
			return nil
		case e := <-t.fs.Events:
			some, err = t.event(e)
		case lost := <-t.fs.Errors:
			// Most likely there were more events than the kernel's queue holds.
			// Whatever it was, all has to be read again.
			some = lost != nil
			t.missed = t.missed || some
		case <-looks.C:
			some, err = t.look(false, true)
		case <-due.C:
			// The timer isn't set anew at each event: there may be thousands.
			over := b.last.Add(quiet)
			if end := b.first.Add(most); end.Before(over) {
				over = end
			}
			if left := time.Until(over); left > 0 {
				due.Reset(left)
				break
			}
			err = t.resolve(b.report)
			next = b.change()
			b.first = time.Time{}
		case out <- next:
			clear(b.files)
		}
		if err != nil {
			return err
		}
		if some {
			if b.first.IsZero() {
				due.Reset(quiet)
			}
			b.touch()
		}
	}
}
