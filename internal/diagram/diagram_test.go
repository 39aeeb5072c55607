package diagram

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func text(d *Drawing) string {
	var b strings.Builder
	for k, n := range d.Names {
		fmt.Fprintf(&b, "%-8s ", n)
		for _, c := range d.Cells(k) {
			b.WriteRune(c.Rune)
		}
		b.WriteByte('\n')
	}
	lines := strings.Split(b.String(), "\n")
	for k := range lines {
		lines[k] = strings.TrimRight(lines[k], " ")
	}
	return strings.Join(lines, "\n")
}

func after(names ...string) []Edge {
	var out []Edge
	for _, n := range names {
		name, broken := strings.CutSuffix(n, "!")
		out = append(out, Edge{To: name, Broken: broken})
	}
	return out
}

func TestDraw(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		nodes []Node
		want  string
	}{
		"nothing": {nil, ""},
		"alone":   {[]Node{{Name: "a"}, {Name: "b"}}, "a\nb\n"},
		"a chain": {[]Node{{Name: "c", After: after("b")}, {Name: "b", After: after("a")}, {Name: "a"}}, `
a        ─┐
b        ◀┴─┐
c        ◀──┘
`[1:]},
		"a diamond": {[]Node{{Name: "a"}, {Name: "b", After: after("a")}, {Name: "c", After: after("a!")}, {Name: "d", After: after("b", "c")}}, `
a        ─┐
b        ◀•─┐
c        ◀┴─┼─┐
d        ◀──┴─┘
`[1:]},
		"lanes are used again": {[]Node{{Name: "a"}, {Name: "b", After: after("a")}, {Name: "c"}, {Name: "d", After: after("c")}}, `
a        ─┐
b        ◀┘
c        ─┐
d        ◀┘
`[1:]},
		"one that is not there": {[]Node{{Name: "a", After: after("z")}}, "a\n"},
		"a circle":              {[]Node{{Name: "a", After: after("b")}, {Name: "b", After: after("a")}}, "a        ─┐\nb        ◀┘\n"},
	} {
		d := Draw(c.nodes)
		if got := text(&d); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
}

// Every dependency is a way of cells from one line to the other, which leave
// each other in the same direction.
func TestEveryEdgeIsDrawn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "nodes")
		var nodes []Node
		for k := range n {
			node := Node{Name: fmt.Sprint("n", k)}
			for on := range k {
				if rapid.IntRange(0, 5).Draw(t, "edge") == 0 {
					node.After = append(node.After, Edge{To: fmt.Sprint("n", on)})
				}
			}
			nodes = append(nodes, node)
		}
		d := Draw(nodes)
		if len(d.Names) != n {
			t.Fatalf("%d lines for %d nodes", len(d.Names), n)
		}
		row := func(name string) int { return slices.Index(d.Names, name) }
		for _, node := range nodes {
			joints := 0
			for _, cell := range d.Cells(row(node.Name)) {
				if strings.ContainsRune("•┤┘┴", cell.Rune) {
					joints++
				}
			}
			if joints != len(node.After) {
				t.Fatalf("%s is joined with %d lanes, and comes after %d:\n%s", node.Name, joints, len(node.After), text(&d))
			}
			for _, e := range node.After {
				from, to := row(e.To), row(node.Name)
				if from >= to {
					t.Fatalf("%s stands above %s, which it comes after", node.Name, e.To)
				}
				if d.Cells(to)[0].Rune != '◀' {
					t.Fatalf("no arrow at %s", node.Name)
				}
				column := -1 // of the lane
				for c, cell := range d.Cells(from) {
					if strings.ContainsRune("┐┬", cell.Rune) {
						column = c
					}
				}
				if column < 0 {
					t.Fatalf("%s has no lane:\n%s", e.To, text(&d))
				}
				if !strings.ContainsRune("•┤┘┴", d.Cells(to)[column].Rune) {
					t.Fatalf("%s is not joined with the lane of %s:\n%s", node.Name, e.To, text(&d))
				}
				for r := from + 1; r < to; r++ {
					if !strings.ContainsRune("│┤┼•", d.Cells(r)[column].Rune) {
						t.Fatalf("the lane of %s is broken at line %d:\n%s", e.To, r, text(&d))
					}
				}
				for c := 1; c < column; c++ {
					if !strings.ContainsRune("─┼┴┬•╌", d.Cells(to)[c].Rune) {
						t.Fatalf("the arrow to %s is broken at %d:\n%s", node.Name, c, text(&d))
					}
				}
			}
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	for _, n := range []int{10, 100} {
		var nodes []Node
		for k := range n {
			node := Node{Name: fmt.Sprint("n", k)}
			for on := 1; on <= 3 && on <= k; on++ {
				node.After = append(node.After, Edge{To: fmt.Sprint("n", k/on-1)})
			}
			nodes = append(nodes, node)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Draw(nodes)
			}
		})
	}
}
