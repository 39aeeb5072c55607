package dash

import (
	"fmt"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"prox/internal/api"
)

// act does what a key means for the chosen instance, whatever is shown; false
// when it means nothing of that kind.
func (m *model) act(k string) (tea.Cmd, bool) {
	switch k {
	case "r", "s", "a", "x", "o", "l", "+", "-":
	case "esc", "backspace":
		v := m.views[m.shown]
		if l, ok := v.(leaver); ok && l.leave() {
			return nil, true
		}
		return m.back(), true
	default:
		return nil, false
	}
	r, ok := m.chosen()
	if !ok {
		return nil, true
	}
	switch k {
	case "r":
		m.say(false, "restarting "+r.name+" …")
		return m.do.restart(r.Name), true
	case "s":
		return m.stopOrStart(r), true
	case "a":
		if r.Window == "" {
			m.say(true, r.name+" has no window yet")
			return nil, true
		}
		return m.do.attach(m.status.Tmux, r.Name, r.Window), true
	case "x":
		m.over = newPrompt("in "+r.name+" $ ", func(text string) tea.Cmd { return m.exec(r.Name, text) })
		return nil, true
	case "o":
		return m.openPort(r), true
	case "l":
		m.views[viewLogs].(*logsView).only(m.world, r.Name)
		return m.open(viewLogs), true
	case "+", "-":
		return m.scale(r, k), true
	}
	return nil, false
}

// leaver is a view with something to leave within it, such as a filter.
type leaver interface {
	// leave leaves it; false when there is nothing to leave.
	leave() bool
}

func (m *model) stopOrStart(r row) tea.Cmd {
	switch {
	case r.State.Up():
		m.say(false, "stopping "+r.name+" …")
		return m.do.stop(r.Name)
	case r.State == api.Stopping:
		m.say(false, r.name+" is being stopped already")
		return nil
	}
	m.say(false, "starting "+r.name+" …")
	return m.do.start(r.Name)
}

func (m *model) scale(r row, k string) tea.Cmd {
	n := len(r.service.Instances)
	if k == "+" {
		n++
	} else {
		n--
	}
	if n < 1 {
		m.say(true, fmt.Sprintf("%s is the last instance: s stops it", r.name))
		return nil
	}
	return m.do.scale(r.service.Name, n)
}

// openPort shows the port in a browser; which, is asked where there are several.
func (m *model) openPort(r row) tea.Cmd {
	ports := r.Ports
	if len(ports) == 0 && r.Port != 0 {
		ports = []int{r.Port}
	}
	switch len(ports) {
	case 0:
		m.say(true, r.name+" listens on no port that is known")
		return nil
	case 1:
		return m.do.browse(address(ports[0]))
	}
	m.over = newPrompt("open port ", func(text string) tea.Cmd {
		port, err := strconv.Atoi(text)
		if err != nil || port < 1 || port > 65535 {
			m.say(true, fmt.Sprintf("%q is no port", text))
			return nil
		}
		return m.do.browse(address(port))
	}).with(strconv.Itoa(ports[0]))
	return nil
}

func address(port int) string { return fmt.Sprintf("http://localhost:%d", port) }
