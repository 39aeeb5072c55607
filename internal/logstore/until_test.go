package logstore

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
)

// The last lines up to a time are the last of those that a whole reading finds,
// whatever lies behind them.
func TestTheLastLinesUpToATime(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 7))
		dir := t.TempDir()
		w := create(t, dir, Options{SegmentSize: 2 << 10, SegmentAge: -1, MaxTotal: 1 << 30})
		streams := 1 + rng.IntN(2)
		ms, run := 0, 0
		for range 400 {
			ms += rng.IntN(4)
			stream := Stream(rng.IntN(streams))
			switch rng.IntN(20) {
			case 0: // a line in pieces
				put(t, w, at(ms), stream, text(rng, 30))
			case 1:
				run++
				if err := w.MarkStart(at(ms), run); err != nil {
					t.Fatal(err)
				}
			default:
				for range 1 + rng.IntN(3) {
					put(t, w, at(ms), stream, text(rng, rng.IntN(40))+"\n")
				}
			}
		}
		flush(t, w)
		for range 30 {
			q := Query{Until: at(rng.IntN(ms + 10)), Marks: rng.IntN(2) == 0}
			if rng.IntN(2) == 0 {
				q.Match, q.block = regexp.MustCompile(text(rng, 1+rng.IntN(2))), 64
			}
			all := readDir(t, dir, q)
			q.Tail = 1 + rng.IntN(60)
			got := readDir(t, dir, q)
			same(t, got, all[max(0, len(all)-q.Tail):]...)
		}
	}
}

func TestWhatIsBehindATimeIsNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 64 << 10, MaxTotal: 1 << 30})
	const lines = 20_000
	for i := range lines {
		put(t, w, at(10*i), Stdout, fmt.Sprintf("line %d of many\n", i))
	}
	flush(t, w)
	looked := 0
	q := Query{Tail: 5, Until: at(10 * (lines / 4)), Only: func(*Line) bool { looked++; return true }}
	same(t, readDir(t, dir, q), "line 4996 of many", "line 4997 of many", "line 4998 of many", "line 4999 of many", "line 5000 of many")
	if looked > 100 {
		t.Errorf("%d lines were looked at for five", looked)
	}
}

// Where a line is kept is the same however it is come by, and of no other line.
func TestWhereALineIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{SegmentSize: 512})
	for i := range 200 {
		put(t, w, at(i), Stream(i%2), fmt.Sprintf("a line %d", i))
		put(t, w, at(i), Stream((i+1)%2), "of the other\n")
	}
	flush(t, w)
	places := func(q Query) []string {
		var out []string
		if err := Read(t.Context(), []Source{{Dir: dir}}, q, func(l Line) error {
			out = append(out, fmt.Sprintf("%d:%d %s", l.Segment, l.Offset, l.Text))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	all := places(Query{})
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	if n := len(slices.Compact(sorted)); n != len(all) {
		t.Fatalf("%d places of %d lines", n, len(all))
	}
	same(t, places(Query{Tail: 50}), all[len(all)-50:]...)
	for i, p := range places(Query{Since: at(150)}) {
		if i > 0 && !slices.Contains(all, p) {
			t.Errorf("%q is somewhere else when the end is read", p)
		}
	}
}

func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := create(t, dir, Options{})
	put(t, w, at(0), Stdout, text(rand.New(rand.NewPCG(1, 1)), 1000)+"\nshort\n")
	put(t, w, at(1), Stdout, "no end yet")
	flush(t, w)
	for _, q := range []Query{{Most: 8}, {Most: 8, Tail: 5}} {
		var got []string
		if err := Read(t.Context(), []Source{{Dir: dir}}, q, func(l Line) error {
			got = append(got, fmt.Sprintf("%d of %d", len(l.Text), l.Length))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		same(t, got, "8 of 1000", "5 of 5", "8 of 10")
	}
}
