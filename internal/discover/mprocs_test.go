package discover

import (
	"testing"

	"prox/internal/document"
)

func FuzzMprocs(f *testing.F) {
	fuzzImport(f, "mprocs.yaml", "procs: {a: {shell: {$select: os, $else: {$select: os}}}}", "procs: {a: {$select: os, linux: [a, ''], $else: b}}")
}

func TestMprocsSelectsByTheSystem(t *testing.T) {
	t.Parallel()
	const text = "x: {$select: os, linux: a, macos: b, $else: c}\ny: {$select: os, windows: d}\nz: e\n"
	for _, c := range [][4]string{{"linux", "a", "", "e"}, {"darwin", "b", "", "e"}, {"freebsd", "c", "", "e"}, {"windows", "c", "d", "e"}} {
		tree, err := document.Parse(document.YAML, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRoot(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer r.inside.Close()
		file := &file{folder: &folder{root: r, dir: "."}, name: "mprocs.yaml"}
		m := mprocsReader{file.takeOver(tree, nil), c[0]}
		for i, key := range []string{"x", "y", "z"} {
			if got := m.chosen(m.root.get(key)).text(); got != c[i+1] {
				t.Errorf("on %s, %s is %q, not %q", c[0], key, got, c[i+1])
			}
		}
	}
}
