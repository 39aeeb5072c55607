package dash

import "testing"

// What tells the most of a reason is seen where there is little room.
func TestBrief(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, want string }{
		{"in 6s: exit code 7 (3 of 50)", "6s, exit 7, 3/50"},
		{"in 16s: exit code 7, 3 times, the same way each time (3 of 50)", "16s, exit 7, 3/50"},
		{"in 2s: killed by SIGSEGV (4 of 5 within 1m)", "2s, SIGSEGV, 4/5"},
		{"in 2s: exit code 1 (7 in a row)", "2s, exit 1, 7×"},
		{"gave up after 5 restarts: exit code 1 each time", "gave up: exit 1"},
		{"gave up after 2 restarts within 1m: exit code 1, the last 2 times the same way each time", "gave up: exit 1"},
		{"gave up: exit code 1, the same way each time", "gave up: exit 1"},
		{"exit code 3, never restarted", "exit 3"},
		{"waiting for failer, which failed: exit code 3, never restarted", "for failer, failed: exit 3"},
		{"restarted 2s ago: src/app.ts changed", "2s ago: src/app.ts"},
		{"12s ago: restarted after exit code 7", "12s ago: after exit 7"},
		{"memory grows by 96 MB an hour, at its limit in 3h", "+96 MB/h, full in 3h"},
		{"no answer on /health", "no answer on /health"},
	} {
		if got := brief(c.why, 10); got != c.want {
			t.Errorf("%q: %q, want %q", c.why, got, c.want)
		}
		if got := brief(c.why, 200); got != c.why {
			t.Errorf("with room for all: %q became %q", c.why, got)
		}
	}
}
