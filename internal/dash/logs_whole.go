package dash

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
	"prox/internal/record"
	logs "prox/internal/scroll"
)

const (
	wholeBytes = 64 << 10 // of a line that are shown
	wholeRows  = 2000
	keyWidth   = 24
)

// wholeLine is a line with all that belongs to it, below the log.
type wholeLine struct {
	line  logs.Line
	event []logs.Line // it is part of; none: not known yet
	err   string

	lines []string // as they are shown
	width int      // for so many cells
	look  bool     // in colours
	first int
}

// logsWholeMsg tells the whole of a line.
type logsWholeMsg struct {
	of    *wholeLine
	line  logs.Line
	event []logs.Line
	err   error
}

// open shows the chosen line as a whole, or no more.
func (v *logsView) open(w *world) {
	if v.whole != nil {
		v.whole = nil
		return
	}
	v.pause(w)
	if l, ok := v.chosen(); ok {
		v.whole = &wholeLine{line: l}
	}
}

// inspect sees to it that what is below the log is about the chosen line.
func (v *logsView) inspect(w *world) tea.Cmd {
	x := v.whole
	if x == nil {
		return nil
	}
	l, ok := v.chosen()
	if !ok {
		v.whole = nil
		return nil
	}
	if l.Compare(&x.line) == 0 && x.width != 0 {
		if x.width != w.width || x.look != w.look.coloured() {
			x.arrange(w)
		}
		return nil
	}
	x = &wholeLine{line: l}
	v.whole = x
	x.arrange(w)
	v.settle(w)
	base, _ := v.looked.begin(w)
	log := v.log
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(base, quick)
		defer cancel()
		msg := logsWholeMsg{of: x, line: l}
		if l.Size > len(l.Text) {
			msg.line, msg.err = log.Whole(ctx, l)
		}
		if msg.err == nil {
			msg.event, msg.err = log.Event(ctx, l)
		}
		return msg
	}
}

func (x *wholeLine) take(w *world, msg logsWholeMsg) {
	x.line, x.event = msg.line, msg.event
	if msg.err != nil {
		x.err = tidy(msg.err.Error())
	}
	x.arrange(w)
}

// arrange makes what is shown.
func (x *wholeLine) arrange(w *world) {
	x.width, x.look = max(1, w.width), w.look.coloured()
	x.lines = nil
	put := func(indent int, text string) {
		rows, _ := rowsOf(untabbed(text), max(1, x.width-1-indent), max(1, wholeRows-len(x.lines)))
		for _, r := range rows {
			x.lines = append(x.lines, ansi.Truncate(" "+strings.Repeat(" ", indent)+r, x.width, ""))
		}
	}
	text := x.line.Text[:min(len(x.line.Text), wholeBytes)]
	if x.err != "" {
		put(0, w.look.bad.Render(x.err))
	}
	r, ok := record.Parse(ansi.Plain(nil, text))
	if ok && (r.Message != "" || r.Level != record.Unknown) {
		x.fields(w, r, put)
		return
	}
	event := x.event
	if len(event) < 2 {
		event = []logs.Line{x.line}
	}
	for i := range event {
		text := event[i].Text[:min(len(event[i].Text), wholeBytes)]
		if x.look {
			put(0, string(ansi.Clean(nil, text)))
		} else {
			put(0, string(ansi.Plain(nil, text)))
		}
	}
	if x.line.Size > len(text) {
		put(0, w.look.faint.Render(fmt.Sprintf("… %s in all: prox logs --raw has the rest", size(uint64(x.line.Size)))))
	}
}

// fields shows a record, a field a line.
func (x *wholeLine) fields(w *world, r record.Record, put func(int, string)) {
	widest := 0
	for _, f := range r.Fields {
		widest = max(widest, ansi.Width(tidy(f.Key)))
	}
	widest = min(widest, keyWidth, max(1, x.width/3))
	for _, f := range r.Fields {
		key := w.look.key.Render(fit(tidy(f.Key), widest, false)) + " "
		values := strings.Split(strings.TrimRight(f.Value, "\r\n"), "\n")
		for i, value := range values {
			value = string(ansi.Plain(nil, []byte(value)))
			if i == 0 {
				rows, _ := rowsOf(untabbed(value), max(1, x.width-2-widest), wholeRows)
				if len(rows) == 0 {
					rows = []string{""}
				}
				put(0, key+rows[0])
				for _, more := range rows[1:] {
					put(widest+1, more)
				}
				continue
			}
			put(widest+1, value)
		}
	}
}

// rows is how many rows of the view it takes.
func (x *wholeLine) rows(w *world) int {
	if x == nil || w.height < 6 {
		return 0
	}
	return min(1+max(1, len(x.lines)), w.height/2)
}

func (x *wholeLine) scroll(by int) {
	if x != nil {
		x.first = max(0, min(x.first+by, len(x.lines)-1))
	}
}

func (x *wholeLine) draw(w *world) []string {
	rows := x.rows(w)
	if rows == 0 {
		return nil
	}
	l := &x.line
	about := []string{tidy(l.Instance)}
	if l.Run > 0 {
		about = append(about, fmt.Sprintf("run %d", l.Run))
	}
	about = append(about, l.At.Local().Format("2006-01-02 15:04:05.000"))
	if l.Stderr {
		about = append(about, "stderr")
	}
	if level := l.Level(); level != record.Unknown {
		about = append(about, level.String())
	}
	if n := len(x.event); n > 1 {
		about = append(about, counted(n, "line"))
	}
	if l.Size >= 1000 {
		about = append(about, size(uint64(l.Size)))
	}
	rule := ansi.Truncate("─ "+strings.Join(about, " · ")+" ", w.width, "…")
	rule += strings.Repeat("─", max(0, w.width-ansi.Width(rule)))
	lines := []string{w.look.frame.Render(rule)}
	first := max(0, min(x.first, len(x.lines)-(rows-1)))
	for _, row := range x.lines[first:min(len(x.lines), first+rows-1)] {
		lines = append(lines, ansi.Truncate(row, w.width, ""))
	}
	return lines
}

// text is what is copied of it.
func (x *wholeLine) text() string {
	if len(x.event) < 2 {
		return string(ansi.Plain(nil, x.line.Text))
	}
	var b strings.Builder
	for i := range x.event {
		b.Write(ansi.Plain(nil, x.event[i].Text))
		b.WriteByte('\n')
	}
	return b.String()
}
