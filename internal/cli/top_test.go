package cli

import (
	"strings"
	"testing"

	"prox/internal/api"
)

func TestTopOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prox.toml", shopConfig)
	st := busy()
	db := &st.Services[0].Instances[0]
	db.Processes, db.Costs = 2, &api.Costs{
		PrivateBytes: ref(uint64(7_800_000)), Threads: 9, Files: ref(211), FullestFiles: ref(106), FileLimit: ref(200),
		ReadPerSecond: ref(0.0), WrittenPerSecond: ref(2e6), ReceivedPerSecond: ref(50_500.0), SentPerSecond: ref(123.0),
	}
	f := &fake{status: statusOf(st)}
	w.serve(f)
	w.run(0, "top", "--once")
	if f.looks != 1 {
		t.Errorf("it had things looked at %d times", f.looks)
	}
	lines := strings.Split(w.out.String(), "\n")
	cells := func(line string) string { return strings.Join(strings.Fields(line), " ") }
	for k, want := range []string{
		"NAME STATE CPU MEMORY PRIVATE PROCESSES THREADS FILES OF LIMIT READ/s WRITTEN/s IN/s OUT/s PORTS",
		"db ● ready 12.3% 45.6 MB 7.8 MB 2 9 211 106/200 0 B 2.0 MB 50.5 kB 123 B 5432,80",
		"web ◌ waiting - - - - - - - - - - - -",
		"api ● ready … … … … … … … … … … … -",
	} {
		if got := cells(lines[k]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
