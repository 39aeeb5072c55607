package api

import (
	"fmt"
	"strings"
)

// Text puts into words what happened to the event's instance, without its
// name; "" when another event tells it.
func (ev *Event) Text() string {
	var text string
	switch ev.Kind {
	case EventState:
		text = string(ev.State)
		if ev.State == Starting && ev.Run > 1 {
			text = fmt.Sprintf("starting run %d", ev.Run)
		}
	case EventExit:
		if ev.Exit != nil {
			return "ended: " + ev.Exit.Text
		}
		return "ended"
	case EventFiles:
		text = "files changed"
	case EventProbe:
		return "healthcheck " + ev.Reason
	case EventKill:
		text = "the project ends"
	case EventNotice, EventRemoved: // some name whom they are about
		text := strings.TrimPrefix(ev.Reason, ev.Who()+" ")
		return strings.TrimPrefix(text, ev.Who()+": ")
	}
	if ev.Reason != "" {
		text += ": " + ev.Reason
	}
	return text
}

// Bad reports whether somebody should look at it.
func (ev *Event) Bad() bool {
	switch ev.Kind {
	case EventState:
		return ev.State == Failed || ev.State == Unhealthy
	case EventExit:
		return ev.Exit != nil && ev.Exit.Asked == "" && (ev.Exit.Code != 0 || ev.Exit.Signal != "" || ev.Exit.Error != "")
	case EventNotice, EventFiles, EventProbe, EventRemoved, EventKill:
	}
	return false
}

// Who is the instance, or the service, that it happened to; "" for the project.
func (ev *Event) Who() string {
	if ev.Instance != "" {
		return ev.Instance
	}
	return ev.Service
}
