package dash

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"prox/internal/ansi"
	"prox/internal/api"
)

// model is the state of the window.
type model struct {
	do    actions
	style styles

	width, height int
	status        *api.Status // nil until the first answer
	rows          []row
	at            time.Time // when status was seen: what the window takes as now
	lost          bool

	selected string // instance; a row number would change under the person's hands
	cursor   int    // its row
	first    int    // row at the top
	help     bool

	message string // the last thing that happened
	trouble bool   // it went wrong
	notices int    // that were shown
}

// row is one instance, fit to be shown.
type row struct {
	api.Instance
	name, reason string
}

func newModel(do actions, noColour bool) model {
	return model{do: do, style: newStyles(noColour), width: 80, height: 24}
}

// Init has nothing to do: the feed begins by itself.
func (m model) Init() tea.Cmd { return nil }

// Update is all that ever changes the model.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case seenMsg:
		m = m.see(msg)
	case lostMsg:
		m.lost = true
	case doneMsg:
		switch {
		case msg.err != nil:
			m.say(true, msg.err.Error())
		case msg.text != "":
			m.say(false, msg.text)
		}
	case tea.KeyPressMsg:
		var cmd tea.Cmd
		m, cmd = m.key(msg.String())
		return m.settled(), cmd
	}
	return m.settled(), nil
}

// see takes in a status.
func (m model) see(msg seenMsg) model {
	back := m.lost
	m.status, m.at, m.lost = msg.status, msg.at, false
	m.rows = nil
	for _, s := range m.status.Services {
		if len(s.Instances) == 0 {
			s.Instances = []api.Instance{{Name: s.Name, State: s.State}}
		}
		for _, i := range s.Instances {
			m.rows = append(m.rows, row{Instance: i, name: tidy(i.Name), reason: tidy(i.Reason)})
		}
	}
	if back {
		m.say(false, "the controller is back")
	}
	if n := len(m.status.Notices); n != m.notices {
		if n > m.notices {
			m.say(false, m.status.Notices[n-1])
		}
		m.notices = n
	}
	if msg.event != nil {
		if text, bad := tell(*msg.event); text != "" {
			m.say(bad, msg.event.Time.Local().Format(time.TimeOnly)+" "+text)
		}
	}
	return m
}

func (m *model) say(trouble bool, text string) { m.message, m.trouble = tidy(text), trouble }

// tidy makes a string of somebody else's fit for one line of the table.
func tidy(s string) string {
	s = oneLine.Replace(s)
	return string(ansi.Plain(nil, []byte(s)))
}

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// tell puts an event into words.
func tell(ev api.Event) (text string, bad bool) {
	who := ev.Instance
	if who == "" {
		who = ev.Service
	}
	switch ev.Kind {
	case api.EventState:
		text, bad = who+" "+word(ev.State), ev.State == api.Failed || ev.State == api.Unhealthy
	case api.EventExit:
		text, bad = who+" ended", ev.Exit != nil && (ev.Exit.Code != 0 || ev.Exit.Signal != "")
		if ev.Exit != nil {
			return fmt.Sprintf("%s ended: %s", who, ev.Exit.Text), bad
		}
	case api.EventNotice:
		return ev.Reason, false
	case api.EventProbe:
		text = who + "'s healthcheck"
		return text + " " + ev.Reason, false
	case api.EventKill:
		text = "the project ends"
	}
	if ev.Reason != "" {
		text += ": " + ev.Reason
	}
	return text, bad
}

// word is how a state reads after a name.
func word(s api.State) string {
	switch s {
	case api.Failed, api.Stopped:
		return string(s)
	case api.Backoff:
		return "waits to be restarted"
	}
	return "is " + string(s)
}

// settled keeps the cursor on the selected instance and in sight.
func (m model) settled() model {
	found := false
	for i, r := range m.rows {
		if r.Name == m.selected {
			m.cursor, found = i, true
			break
		}
	}
	m.cursor = max(0, min(m.cursor, len(m.rows)-1))
	if !found && len(m.rows) > 0 {
		m.selected = m.rows[m.cursor].Name
	}
	room := m.room()
	m.first = max(0, min(m.first, len(m.rows)-room))
	m.first = min(max(m.first, m.cursor-room+1), m.cursor)
	return m
}

func (m model) moved(by int) model {
	if len(m.rows) > 0 {
		m.cursor = max(0, min(m.cursor+by, len(m.rows)-1))
		m.selected = m.rows[m.cursor].Name
	}
	return m
}

func (m model) key(k string) (model, tea.Cmd) {
	switch k {
	case "ctrl+c":
		return m, tea.Quit
	case "q":
		if m.help {
			m.help = false
			return m, nil
		}
		return m, tea.Quit
	case "?":
		m.help = !m.help
		return m, nil
	}
	if m.help { // any other key leaves the help, and does nothing else
		m.help = false
		return m, nil
	}
	switch k {
	case "up", "k":
		return m.moved(-1), nil
	case "down", "j":
		return m.moved(1), nil
	case "pgup", "ctrl+b":
		return m.moved(-m.room()), nil
	case "pgdown", "ctrl+f":
		return m.moved(m.room()), nil
	case "home", "g":
		return m.moved(-len(m.rows)), nil
	case "end", "G":
		return m.moved(len(m.rows)), nil
	}
	if len(m.rows) == 0 {
		return m, nil
	}
	r := m.rows[m.cursor]
	switch k {
	case "r":
		m.say(false, "restarting "+r.name+" …")
		return m, m.do.restart(r.Name)
	case "s":
		if r.State.Up() {
			m.say(false, "stopping "+r.name+" …")
			return m, m.do.stop(r.Name)
		}
		if r.State == api.Stopping {
			m.say(false, r.name+" is being stopped already")
			return m, nil
		}
		m.say(false, "starting "+r.name+" …")
		return m, m.do.start(r.Name)
	case "enter":
		if r.Window == "" {
			m.say(true, r.name+" has no window yet")
			return m, nil
		}
		return m, m.do.visit(m.status.Tmux, r.Name, r.Window)
	}
	return m, nil
}
