package dash

import (
	"strings"

	"prox/internal/api"
)

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// tell puts an event into words, for the line at the bottom.
func tell(ev *api.Event) string {
	text := ev.Text()
	if who := ev.Who(); who != "" {
		return who + " " + text
	}
	return text
}
