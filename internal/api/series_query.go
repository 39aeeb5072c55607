package api

import (
	"fmt"
	"net/url"
	"time"
)

// query is the request as a URL carries it.
func (r SeriesRequest) query() url.Values {
	q := url.Values{}
	for _, name := range r.Instances {
		q.Add("instance", name)
	}
	if !r.Since.IsZero() {
		q.Set("since", r.Since.Format(time.RFC3339Nano))
	}
	if !r.Until.IsZero() {
		q.Set("until", r.Until.Format(time.RFC3339Nano))
	}
	if r.Step != 0 {
		q.Set("step", r.Step.String())
	}
	if r.Watching {
		q.Set("watching", "")
	}
	return q
}

func seriesRequest(q url.Values) (SeriesRequest, error) {
	r := SeriesRequest{Instances: q["instance"], Watching: q.Has("watching")}
	for key, to := range map[string]*time.Time{"since": &r.Since, "until": &r.Until} {
		if v := q.Get(key); v != "" {
			t, err := time.Parse(time.RFC3339Nano, v)
			if err != nil {
				return r, &Error{Kind: KindUsage, Message: fmt.Sprintf("cannot read %s=%s: a time in RFC 3339 is expected", key, v)}
			}
			*to = t
		}
	}
	if v := q.Get("step"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return r, &Error{Kind: KindUsage, Message: fmt.Sprintf("cannot read step=%s: a duration such as 10s is expected", v)}
		}
		r.Step = d
	}
	return r, nil
}
