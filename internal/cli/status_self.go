package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"prox/internal/api"
)

// self shows what prox itself costs.
func (c *statusCmd) self(ctx context.Context, a *app, client *api.Client, t *target) error {
	s, err := client.Self(ctx)
	if err != nil {
		return t.explain(err)
	}
	if c.JSON {
		return a.printJSON(s)
	}
	now := "…"
	if s.CPUNow != nil {
		now = fmt.Sprintf("%.2f%%", *s.CPUNow)
	}
	shims := "…"
	if s.ShimsCPUPercent != nil {
		shims = fmt.Sprintf("%.2f%%", *s.ShimsCPUPercent)
	}
	row := func(what, format string, args ...any) {
		a.print.say("%s%s", pad(what, 12), fmt.Sprintf(format, args...))
	}
	row("controller", "pid %d, %s, up %s", s.Controller.Pid, s.Controller.Version, span(time.Since(s.Controller.StartedAt)))
	row("  CPU", "%s of a core now, %.2f%% since it started (%s)", now, s.CPUPercent, span(seconds(s.CPUSeconds)))
	if s.MemoryBytes > 0 {
		row("  memory", "%s", size(s.MemoryBytes))
	}
	row("shims", "%d, %s of a core, %s resident (what they share counts for each)", s.Shims, shims, size(s.ShimsMemory))
	row("sampling", "every %s, because %s; the last took %s of CPU", span(seconds(s.SampleEvery)), orElse(s.SampleReason, "nothing runs"), milliseconds(s.SampleTook))
	row("kept", "%s of figures on disk, %d events since it started, %d who follow them", size(uint64(max(0, s.SeriesBytes))), s.Events, s.Listeners)
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func milliseconds(s float64) string { return fmt.Sprintf("%.1f ms", s*1000) }

// only leaves the service, instance or group that was named.
func (c *statusCmd) only(st *api.Status) error {
	if c.Service == "" {
		return nil
	}
	var some []api.Service
	for _, s := range st.Services {
		s.Instances = slices.DeleteFunc(slices.Clone(s.Instances), func(i api.Instance) bool { return !means(c.Service, &s, i.Name) })
		if len(s.Instances) > 0 {
			some = append(some, s)
		}
	}
	if some == nil {
		return unknownTo(st, c.Service)
	}
	st.Services = some
	return nil
}
