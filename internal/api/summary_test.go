package api

import (
	"slices"
	"testing"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	of := func(states ...State) *Status {
		st := &Status{}
		for k, s := range states {
			name := string(rune('a' + k))
			st.Services = append(st.Services, Service{Name: name, Instances: []Instance{{Name: name, State: s}}})
		}
		return st
	}
	scheduled := of(Ready, Waiting)
	scheduled.Services[1].Instances[0].Schedule = "every 30s"
	for want, st := range map[string]*Status{
		"no services":                        of(),
		"2/2 ready":                          of(Ready, Ready, Done),
		"1/1 ready":                          scheduled,
		"0/0 ready":                          of(Done),
		"1/4 ready · b, c failed":            of(Ready, Failed, Failed, Waiting),
		"0/5 ready · 3 failed · e unhealthy": of(Failed, Failed, Failed, Running, Unhealthy),
		"1/2 ready · b backoff":              of(Ready, Backoff),
		"0/1 ready":                          of(Stopped),
	} {
		if got := st.Summary(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Where there is less room, what is bad is still told, by a sign.
func TestSummaries(t *testing.T) {
	t.Parallel()
	st := &Status{}
	for _, i := range []Instance{{Name: "web", State: Ready}, {Name: "api", State: Failed}, {Name: "a", State: Backoff}, {Name: "b", State: Backoff}, {Name: "c", State: Backoff}} {
		st.Services = append(st.Services, Service{Name: i.Name, Instances: []Instance{i}})
	}
	want := []string{
		"1/5 ready · api failed · 3 backoff",
		"1/5 ready · ✗ api · ↻3",
		"1/5 ready · ✗1 ↻3",
		"1/5 ✗1 ↻3",
	}
	if got := st.Summaries(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
