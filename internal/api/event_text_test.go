package api

import "testing"

// Whoever shows an event shows whom it is about: the text says it no second
// time.
func TestTheTextNamesNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ev   Event
		want string
	}{
		{Event{Kind: EventRemoved, Instance: "api.3", Reason: "api.3 is gone"}, "is gone"},
		{Event{Kind: EventNotice, Instance: "api", Reason: "api starts with other variables: PATH"}, "starts with other variables: PATH"},
		{Event{Kind: EventNotice, Instance: "api", Reason: "api: its shim was killed"}, "its shim was killed"},
		{Event{Kind: EventNotice, Reason: "the disk is full"}, "the disk is full"},
		{Event{Kind: EventState, Instance: "api", State: Failed, Reason: "exit code 1"}, "failed: exit code 1"},
	} {
		if got := c.ev.Text(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.ev, got, c.want)
		}
	}
}
