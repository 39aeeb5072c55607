package dash

import (
	"testing"

	"prox/internal/api"
)

func TestTrafficIsSaidAsFarAsItIsKnown(t *testing.T) {
	t.Parallel()
	zero, some, most := 0.0, 1234.0, 5.6e6
	for _, c := range []struct {
		costs *api.Costs
		want  string
	}{
		{nil, ""},
		{&api.Costs{ReadPerSecond: &some}, ""},
		{&api.Costs{ReadPerSecond: &zero, WrittenPerSecond: &most}, "disk 0 kB/s read, 6 MB/s written"},
		{&api.Costs{ReadPerSecond: &some, WrittenPerSecond: &zero, ReceivedPerSecond: &most, SentPerSecond: &some}, "disk 1 kB/s read, 0 kB/s written · network 6 MB/s received, 1 kB/s sent"},
	} {
		if got := trafficWords(c.costs); got != c.want {
			t.Errorf("%+v is said as %q, not %q", c.costs, got, c.want)
		}
	}
}

func TestSharedPagesAreToldApart(t *testing.T) {
	t.Parallel()
	all, own := uint64(54e6), uint64(7.7e6)
	r := row{}
	r.MemoryBytes, r.Costs = &all, &api.Costs{}
	if got := sharedLine(r); got != "" {
		t.Errorf("not known, it is said as %q", got)
	}
	r.Costs.PrivateBytes = &own
	if got, want := sharedLine(r), " memory 54 MB, or 8 MB with shared pages divided among who shares them"; got != want {
		t.Errorf("said as %q, not %q", got, want)
	}
}
