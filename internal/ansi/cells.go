package ansi

import (
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

const (
	// farRight is as far as a movement goes: no terminal is wider, and a
	// service must not make us fill a gigabyte with blanks.
	farRight = 4096
	// maxMarks is how many bytes a character may have with its accents.
	maxMarks = 64
	tabStop  = 8
)

// cell is one column of the line.
type cell struct {
	from, to int   // its text, in line.text; none = blank
	style    style // it was written in
	part     bool  // the second half of a wide character, or the rest of a tab
}

// row is a line as a terminal would hold it, endless to the right.
type row struct {
	text   []byte
	cells  []cell
	at     int // the column the next character goes to
	pen    style
	budget int // blanks that may yet be made by things shorter than them
}

// resolve writes line to a row and appends what stands there in the end.
func resolve(dst, line []byte, colour bool) []byte {
	r := row{text: make([]byte, 0, len(line)), budget: farRight*16 + 16*len(line)}
	for len(line) > 0 {
		t := next(line)
		switch t.kind {
		case text:
			r.write(line[:t.size])
		case broken:
			r.write([]byte("\uFFFD"))
		case sgr:
			if colour {
				r.pen.apply(t.params)
			}
		case moves:
			r.move(t)
		}
		line = line[t.size:]
	}
	return r.appendTo(dst)
}

func (r *row) write(char []byte) {
	if char[0] == '\t' {
		r.tab()
		return
	}
	width := 1
	if char[0] >= utf8.RuneSelf {
		c, _ := utf8.DecodeRune(char)
		width = displaywidth.Rune(c)
	}
	if width == 0 {
		r.mark(char)
		return
	}
	r.fill(r.at)
	for i := range width {
		r.free(r.at + i)
	}
	from := len(r.text)
	r.text = append(r.text, char...)
	r.put(r.at, cell{from: from, to: len(r.text), style: r.pen})
	for i := 1; i < width; i++ {
		r.put(r.at+i, cell{style: r.pen, part: true})
	}
	r.at += width
}

// mark adds char, which takes no cell, to the character before it.
func (r *row) mark(char []byte) {
	i := min(r.at, len(r.cells)) - 1
	for i > 0 && r.cells[i].part {
		i--
	}
	if i < 0 {
		return // nothing to stand on
	}
	c := &r.cells[i]
	if c.from == c.to || r.text[c.from] == '\t' || c.to-c.from+len(char) > maxMarks {
		return
	}
	if c.to != len(r.text) {
		from := len(r.text)
		r.text = append(r.text, r.text[c.from:c.to]...)
		c.from = from
	}
	r.text = append(r.text, char...)
	c.to = len(r.text)
}

// tab moves to the next tab stop; beyond the end of the line it is a tab also
// in what comes out.
func (r *row) tab() {
	stop := r.at/tabStop*tabStop + tabStop
	if r.at >= farRight { // nobody sees that far: one cell will do
		stop = r.at + 1
	}
	if r.at >= len(r.cells) {
		r.fill(r.at)
		from := len(r.text)
		r.text = append(r.text, '\t')
		r.put(r.at, cell{from: from, to: len(r.text), style: r.pen})
		for i := r.at + 1; i < stop; i++ {
			r.put(i, cell{part: true})
		}
	}
	r.at = stop
}

// free makes column i one that can be written without leaving half of
// something that was there.
func (r *row) free(i int) {
	if i >= len(r.cells) {
		return
	}
	from, to := i, i+1
	for from > 0 && r.cells[from].part {
		from--
	}
	for to < len(r.cells) && r.cells[to].part {
		to++
	}
	if to-from > 1 {
		clear(r.cells[from:to])
	}
}

// put sets column i, which is at most one beyond the last.
func (r *row) put(i int, c cell) {
	if i == len(r.cells) {
		r.cells = append(r.cells, c)
		return
	}
	r.cells[i] = c
}

// fill makes blanks up to column i.
func (r *row) fill(i int) {
	for len(r.cells) < i {
		r.cells = append(r.cells, cell{})
		r.budget--
	}
}

func (r *row) move(t token) {
	switch n := number(t.params); t.final {
	case '\r':
		r.at = 0
	case '\b':
		r.at = max(0, r.at-1)
	case 'C':
		r.at = max(r.at, min(r.at+max(1, n), farRight))
	case 'D':
		r.at = max(0, r.at-max(1, n))
	case 'G':
		r.at = max(0, min(n-1, farRight))
	case 'K':
		r.erase(n)
	}
}

// erase blanks from the cursor to the end (0), from the beginning to the
// cursor (1), or all (2). A line that does nothing but erase stops being
// obeyed at some point.
func (r *row) erase(what int) {
	if r.budget < 0 {
		return
	}
	switch what {
	case 0:
		if r.at < len(r.cells) {
			r.free(r.at)
			r.cells = r.cells[:r.at]
		}
	case 1:
		n := min(r.at+1, len(r.cells))
		if n > 0 {
			r.free(n - 1)
		}
		clear(r.cells[:n])
		r.budget -= n
	case 2:
		r.cells = r.cells[:0]
	}
}

// number is the first of params, 0 when there is none.
func number(params []byte) int {
	n := 0
	for _, c := range params {
		if c < '0' || c > '9' {
			break
		}
		n = min(n*10+int(c-'0'), farRight)
	}
	return n
}

// appendTo appends what the row shows.
func (r *row) appendTo(dst []byte) []byte {
	var st style
	for _, c := range r.cells {
		if c.part {
			continue
		}
		if c.style != st {
			st = c.style
			if st == (style{}) {
				dst = append(dst, reset...)
			} else {
				dst = st.appendTo(dst)
			}
		}
		if c.from == c.to {
			dst = append(dst, ' ')
			continue
		}
		dst = append(dst, r.text[c.from:c.to]...)
	}
	if st != (style{}) {
		dst = append(dst, reset...)
	}
	return dst
}
