package metrics

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	line := "42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 150 50 3 4 20 0 1 0 9876 12345678 300 18446744073709551615 1 1"
	e, ok := parseStat(42, []byte(line), func(_ key, b []byte) string { return string(b) })
	want := entry{Proc: Proc{Pid: 42, PPid: 7, Start: 9876, Name: "a (b) c"}, cpu: 2 * time.Second, waited: 70 * time.Millisecond, memory: 300 * pageSize}
	if !ok || e != want {
		t.Errorf("%t, %+v", ok, e)
	}
	if _, ok := parseStat(42, []byte("42 (x) Z 7 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9876 0 0"), func(key, []byte) string { return "" }); ok {
		t.Error("a zombie costs nothing")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 150 50 3 4 20 0 1 0 9876 12345678 300"))
	f.Add([]byte("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 4242 1"))
	f.Add([]byte(") ("))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parseStat(1, b, func(_ key, b []byte) string { return string(b) })
		_, _, _ = parseListener(b)
	})
}
