// Package diagram draws which of a few dozen things depends on which, in cells
// of a terminal. Each node has a line, below all that it comes after; to the
// right of the lines each node that others come after has a lane, from which
// arrows go to them:
//
//	store    ─┐
//	migrate  ◀•─┐
//	worker   ─┼─┼─┐
//	api      ◀┴─┘ │
//	web      ◀────┘
//
// A • joins two lines that cross; a ┼ is none.
//
// It is pure: nodes in, cells out, with what each cell belongs to, for the
// caller to colour.
//
//	d := diagram.Draw([]diagram.Node{{Name: "store"}, {Name: "api", After: []diagram.Edge{{To: "store"}}}})
//	d.Cells(1) // of api's line
package diagram

import "slices"

// Node is a thing that comes after others.
type Node struct {
	Name  string
	After []Edge
}

// Edge names a node that another comes after. One to a node that isn't there is
// left out.
type Edge struct {
	To     string
	Broken bool // drawn dashed: it doesn't hold
}

// Drawing is a drawn graph. Lines are in the order of Names.
type Drawing struct {
	Names []string // every node below all that it comes after, but for circles
	Lanes int      // each takes laneWidth cells

	cells [][]Cell
}

// Cell is one cell of the lanes.
type Cell struct {
	Rune   rune
	Of     string // the node whose lane it is, or whose arrow; of a crossing that of the arrow
	Broken bool   // of an edge that doesn't hold
}

const laneWidth = 2

// The directions in which a cell is left.
const (
	up = 1 << iota
	down
	left
	right
)

var lines = map[int]rune{
	0: ' ', up: '│', down: '│', up | down: '│', left: '─', right: '─', left | right: '─',
	down | left: '┐', up | left: '┘', down | right: '┌', up | right: '└',
	up | down | left: '┤', up | down | right: '├', left | right | down: '┬', left | right | up: '┴',
	up | down | left | right: '┼',
}

// Draw draws a graph.
func Draw(nodes []Node) Drawing {
	order := sorted(nodes)
	d := Drawing{}
	row := map[string]int{}
	for k, n := range order {
		d.Names = append(d.Names, n.Name)
		row[n.Name] = k
	}
	last := make([]int, len(order)) // the last line that a node's lane goes to
	for k, n := range order {
		last[k] = max(last[k], k)
		for _, e := range n.After {
			if from, ok := row[e.To]; ok && from < k {
				last[from] = max(last[from], k)
			}
		}
	}
	lane := make([]int, len(order))
	var busy []int // by lane: the last line that it is taken to
	for k := range order {
		lane[k] = -1
		if last[k] == k {
			continue
		}
		free := slices.IndexFunc(busy, func(to int) bool { return to < k })
		if free < 0 {
			free = len(busy)
			busy = append(busy, 0)
		}
		lane[k], busy[free] = free, last[k]
	}
	d.Lanes = len(busy)
	g := newGrid(len(order), d.Lanes*laneWidth)
	for k, n := range order { // lanes first, so that arrows are seen upon them
		if lane[k] >= 0 {
			g.lane(k, last[k], lane[k]*laneWidth+1, n.Name)
		}
	}
	for k, n := range order {
		for _, e := range n.After {
			if from, ok := row[e.To]; ok && from < k {
				g.arrow(k, lane[from]*laneWidth+1, e.To, e.Broken)
			}
		}
	}
	d.cells = g.finish()
	return d
}

// Cells are the cells to the right of a line: the lanes.
func (d *Drawing) Cells(line int) []Cell { return d.cells[line] }

// sorted puts every node below what it comes after, and keeps the order
// otherwise. Nodes of a circle come last.
func sorted(nodes []Node) []Node {
	known, done := map[string]bool{}, map[string]bool{}
	for _, n := range nodes {
		known[n.Name] = true
	}
	var out []Node
	for len(out) < len(nodes) {
		before := len(out)
		for _, n := range nodes {
			waits := slices.ContainsFunc(n.After, func(e Edge) bool { return known[e.To] && !done[e.To] })
			if !done[n.Name] && !waits {
				done[n.Name] = true
				out = append(out, n)
			}
		}
		if len(out) > before {
			continue
		}
		for _, n := range nodes {
			if !done[n.Name] {
				done[n.Name] = true
				out = append(out, n)
			}
		}
		break // also when two have one name
	}
	return out
}

// grid is cells that are being drawn: where lines leave them.
type grid struct {
	marks  [][]int
	cells  [][]Cell
	points []bool // lines with an arrow's point
	joined map[[2]int]bool
}

func newGrid(rows, columns int) *grid {
	g := &grid{points: make([]bool, rows), joined: map[[2]int]bool{}}
	for range rows {
		g.marks = append(g.marks, make([]int, columns))
		g.cells = append(g.cells, make([]Cell, columns))
	}
	return g
}

func (g *grid) mark(row, column, directions int, of string, broken bool) {
	g.marks[row][column] |= directions
	g.cells[row][column].Of, g.cells[row][column].Broken = of, broken
}

// lane draws from a node's line to its lane, and down that.
func (g *grid) lane(from, to, column int, of string) {
	for c := range column {
		g.mark(from, c, left|right, of, false)
	}
	g.mark(from, column, left|down, of, false)
	for r := from + 1; r < to; r++ {
		g.mark(r, column, up|down, of, false)
	}
	g.mark(to, column, up, of, false)
}

// arrow draws from a lane to a node's line.
func (g *grid) arrow(row, column int, of string, broken bool) {
	g.mark(row, column, left, of, broken)
	g.joined[[2]int{row, column}] = true
	for c := range column {
		g.mark(row, c, left|right, of, broken)
	}
	g.points[row] = true
}

func (g *grid) finish() [][]Cell {
	for r, marks := range g.marks {
		for c, m := range marks {
			cell := &g.cells[r][c]
			cell.Rune = lines[m]
			if m == up|down|left|right && g.joined[[2]int{r, c}] {
				cell.Rune = '•'
			}
			if cell.Broken && m == left|right {
				cell.Rune = '╌'
			}
		}
		if g.points[r] {
			g.cells[r][0].Rune = '◀'
		}
	}
	return g.cells
}
