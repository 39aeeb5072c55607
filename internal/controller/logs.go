package controller

import (
	"context"
	"errors"
	"time"

	"prox/config"
	"prox/internal/compressed"
	"prox/internal/logstore"
)

// tidyEvery is how often it is looked whether logs have become too old or too
// many, or can be compressed.
const tidyEvery = 10 * time.Second

// tidying is when the logs are looked after, beside what the shims do: they see
// to their own files only, and only while something is printed.
type tidying struct {
	next time.Time
	busy bool
}

// tidyLogs keeps the project's logs within their limits.
func (c *Controller) tidyLogs() {
	now := time.Now()
	if c.project == nil || c.tidying.busy || now.Before(c.tidying.next) {
		return
	}
	c.tidying = tidying{next: now.Add(tidyEvery), busy: true}
	root, all, metrics := c.place.Logs(), int64(c.project.Logs.MaxTotal), c.place.Metrics()
	limits := map[string]config.Logs{}
	for _, i := range c.machine.Instances {
		if s, ok := c.project.Service(i.Service); ok {
			limits[i.Name] = s.Logs
		}
	}
	others := c.project.Logs
	others.MaxTotal = min(others.MaxTotal, 1<<30) // what an instance has that is no more
	c.work.Go(func() {
		err := errors.Join(tidy(c.ctx, root, limits, others, all), tidySeries(metrics, now))
		c.post(func() {
			c.tidying.busy = false
			if err != nil && c.ctx.Err() == nil {
				c.notice(err.Error())
			}
		})
	})
}

// tidy holds every folder below root to what is said of its instance, or of
// all others, and all together to a number of bytes.
func tidy(ctx context.Context, root string, limits map[string]config.Logs, others config.Logs, all int64) error {
	sources, err := logstore.Sources(root)
	if err != nil {
		return err
	}
	var dirs []string
	var failed error
	for _, s := range sources {
		l, ok := limits[s.Name]
		if !ok {
			l = others
		}
		keep := logstore.Limits{MaxAge: time.Duration(l.MaxAge), MaxTotal: int64(l.MaxTotal)}
		if l.Compress {
			keep.Pack = compressed.File
		}
		if _, err := logstore.Keep(ctx, s.Dir, keep); err != nil {
			failed = errors.Join(failed, err)
		}
		dirs = append(dirs, s.Dir)
	}
	if all > 0 {
		_, err = logstore.KeepTotal(dirs, all)
	}
	return errors.Join(failed, err)
}

// segmentAge is how old a file may get before the next is begun: files go as a
// whole, and what is too old is to go soon after it has become so.
func segmentAge(l config.Logs) time.Duration {
	const day = 24 * time.Hour
	if age := time.Duration(l.MaxAge) / 8; age > 0 {
		return min(age, day)
	}
	return day
}
