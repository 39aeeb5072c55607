package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"

	"github.com/fatih/color"

	"prox/internal/ansi"
	"prox/internal/api"
	"prox/internal/logstore"
	"prox/internal/record"
)

// flushAfter is how long a line may be held back while lines are followed.
const flushAfter = 10 * time.Millisecond

// merged prints lines of several services, each behind its service's name. Its
// methods may be called from several goroutines.
type merged struct {
	a         *app
	color     bool
	times     bool
	readable  bool           // records are shown as people read them
	highlight *regexp.Regexp // what of a line is to be seen at once; nil for nothing
	width     int            // of the names

	mu     sync.Mutex // guards everything below
	w      *bufio.Writer
	err    error // of the writer, for good
	colors map[string]color.Attribute
	timer  *time.Timer
	dirty  bool
	last   time.Time
	buf    []byte
}

// newMerged prints to w for services that are known so far.
func newMerged(a *app, w io.Writer, names []string) *merged {
	m := &merged{a: a, color: a.print.color, width: min(widest(names), 24), w: bufio.NewWriterSize(w, 64<<10), colors: map[string]color.Attribute{}}
	for _, n := range names {
		m.colorOf(n)
	}
	return m
}

func (m *merged) colorOf(name string) color.Attribute {
	c, ok := m.colors[name]
	if !ok {
		c = palette[len(m.colors)%len(palette)]
		m.colors[name] = c
	}
	return c
}

// line prints one line of a service's output.
func (m *merged) line(l logstore.Line) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.readable {
		if done, err := m.asRecord(l); done {
			return err
		}
	}
	if m.color {
		m.buf = m.marked(ansi.Clean(m.buf[:0], l.Text))
	} else {
		m.buf = ansi.Plain(m.buf[:0], l.Text)
	}
	return m.put(l.Time, l.Source, m.buf)
}

// asRecord prints a line that is a record as a person reads it; false when it is
// none.
func (m *merged) asRecord(l logstore.Line) (bool, error) {
	m.buf = ansi.Plain(m.buf[:0], l.Text)
	r, ok := record.Parse(m.buf)
	if !ok || r.Message == "" && r.Level == record.Unknown {
		return false, nil // data, perhaps, and nothing that was said
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(r.Readable(nil, m.color), []byte("\n")), []byte("\n")) {
		if err := m.put(l.Time, l.Source, m.marked(line)); err != nil {
			return true, err
		}
	}
	return true, nil
}

// marked makes what was looked for stand out. A line that has colours of its own
// is left as it is: they would end within it.
func (m *merged) marked(line []byte) []byte {
	if m.highlight == nil || bytes.IndexByte(line, 0x1b) >= 0 {
		return line
	}
	return m.highlight.ReplaceAllFunc(line, func(found []byte) []byte {
		if len(found) == 0 {
			return found
		}
		c := color.New(color.FgRed, color.Bold)
		c.EnableColor()
		return []byte(c.Sprint(string(found)))
	})
}

// gap stands between lines that were not next to each other.
func (m *merged) gap() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		_, m.err = m.w.WriteString(m.paint("--", color.Faint) + "\n")
	}
	return m.err
}

// record prints a line as a JSON object, for a program.
func (m *merged) record(l logstore.Line) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stream := "stdout"
	if l.Stream == logstore.Stderr {
		stream = "stderr"
	}
	m.buf = ansi.Plain(m.buf[:0], l.Text)
	b, err := json.Marshal(struct {
		Time     time.Time         `json:"time"`
		Service  string            `json:"service"`
		Instance string            `json:"instance"`
		Run      int               `json:"run"`
		Stream   string            `json:"stream"`
		Text     string            `json:"text"`
		Level    string            `json:"level,omitempty"`
		Fields   map[string]string `json:"fields,omitempty"`  // of a line that is JSON or logfmt
		Partial  bool              `json:"partial,omitempty"` // it has no end yet
	}{l.Time, serviceOf(l.Source), l.Source, l.Run, stream, string(m.buf), record.LevelOf(m.buf).String(), fieldsOf(m.buf), l.Partial})
	if err != nil {
		return fmt.Errorf("cannot print as JSON: %w", err)
	}
	if m.err == nil {
		m.last = time.Now()
		_, m.err = m.w.Write(append(b, '\n'))
		m.later()
	}
	return m.err
}

// fieldsOf are the fields of a line that is JSON or logfmt; nil for others.
func fieldsOf(line []byte) map[string]string {
	r, ok := record.Parse(line)
	if !ok {
		return nil
	}
	fields := make(map[string]string, len(r.Fields))
	for _, f := range r.Fields {
		fields[f.Key] = f.Value
	}
	return fields
}

// event prints a line of prox's own about a service.
func (m *merged) event(at time.Time, name, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text = "— " + plain(text)
	if m.color {
		text = m.paint(text, color.Bold)
	}
	_ = m.put(at, name, []byte(text)) // the next line tells that nobody listens
}

// eventRecord prints an event as a JSON object.
func (m *merged) eventRecord(ev api.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := json.Marshal(struct {
		Time     time.Time `json:"time"`
		Service  string    `json:"service,omitempty"`
		Instance string    `json:"instance,omitempty"`
		Run      int       `json:"run,omitempty"`
		Event    string    `json:"event"`
		State    string    `json:"state,omitempty"`
		Text     string    `json:"text"`
	}{ev.Time, ev.Service, ev.Instance, ev.Run, string(ev.Kind), string(ev.State), ev.Text()})
	if err != nil {
		return fmt.Errorf("cannot print as JSON: %w", err)
	}
	if m.err == nil {
		_, m.err = m.w.Write(append(b, '\n'))
		m.later()
	}
	return m.err
}

// failed is the writer's error, once it has one.
func (m *merged) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// put writes a line, and sees to it that it doesn't stay in the buffer.
func (m *merged) put(at time.Time, name string, text []byte) error {
	if m.err != nil {
		return m.err
	}
	m.last = time.Now()
	if m.times {
		_, _ = m.w.WriteString(at.Local().Format("2006-01-02T15:04:05.000Z07:00 "))
	}
	_, _ = m.w.WriteString(m.paint(pad(name, m.width)+"  |", m.colorOf(name)))
	if len(text) > 0 {
		_ = m.w.WriteByte(' ')
		_, _ = m.w.Write(bytes.TrimRight(text, " "))
	}
	m.err = m.w.WriteByte('\n')
	m.later()
	return m.err
}

// later sees to it that what was written doesn't stay in the buffer.
func (m *merged) later() {
	if m.dirty {
		return
	}
	m.dirty = true
	if m.timer == nil {
		m.timer = time.AfterFunc(flushAfter, func() { _ = m.flush() })
	} else {
		m.timer.Reset(flushAfter)
	}
}

func (m *merged) paint(s string, c color.Attribute) string {
	if !m.color {
		return s
	}
	p := color.New(c)
	p.EnableColor()
	return p.Sprint(s)
}

// flush writes out what is held back.
func (m *merged) flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dirty = false
	if err := m.w.Flush(); err != nil && m.err == nil {
		m.err = err
	}
	return m.err
}

// quietSince is when the last line was printed.
func (m *merged) quietSince() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// close flushes and lets the timer go.
func (m *merged) close() error {
	err := m.flush()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timer != nil {
		m.timer.Stop()
	}
	return err
}
