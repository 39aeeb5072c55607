package dash

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// The views, in the order of their tabs.
const (
	viewServices = iota
	viewService
	viewLogs
	viewGraph
	viewEvents
)

// model is the whole window: the world, a view of it, and what lies over that
// view. It is Bubble Tea's model.
type model struct {
	*world

	wide, high int // of the window
	profile    colorprofile.Profile
	dark       bool

	views []view
	shown int
	from  []int // views to go back to
	over  overlay
}

// overlay lies over a view and takes its keys, until it closes itself.
type overlay interface {
	// update reports in its last result that the overlay is to go.
	update(m *model, msg tea.Msg) (tea.Cmd, bool)
	draw(m *model) []string
	keys() []keyHelp
}

func newModel(do actions, profile colorprofile.Profile) *model {
	m := &model{world: newWorld(do, newTheme(profile, true)), wide: 80, high: 24, profile: profile, dark: true}
	m.views = []view{newServicesView(do.Sort), newServiceView(), newLogsView(), newGraphView(), newEventsView()}
	m.arrange()
	_ = m.views[m.shown].shown(m.world, true) // nothing is known yet that it could ask for
	return m
}

// Init asks the terminal for the colour behind everything.
func (m *model) Init() tea.Cmd {
	return tea.RequestBackgroundColor
}

// The lines that are not a view's: the title with the tabs, a message, the keys.
const around = 3

// arrange gives the view its room.
func (m *model) arrange() {
	m.x, m.y = 0, 1
	m.width, m.height = max(0, m.wide), max(1, m.high-around)
}

// Update is all that ever changes the model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.wide, m.high = msg.Width, msg.Height
		m.arrange()
		return m, m.tellAll(msg)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.look = newTheme(m.profile, m.dark)
		return m, m.tellAll(msg)
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.look = newTheme(m.profile, m.dark)
		return m, m.tellAll(msg)
	case seenMsg:
		m.see(msg)
		return m, m.tellAll(msg)
	case lostMsg:
		m.lost = true
		return m, m.tellAll(msg)
	case doneMsg:
		switch {
		case msg.err != nil:
			m.say(true, msg.err.Error())
		case msg.text != "":
			m.say(false, msg.text)
		}
		return m, nil
	case goMsg:
		return m, m.open(msg.view)
	case outputMsg:
		m.over = newOutput(msg)
		if m.message == running(msg.title) { // no longer
			m.say(false, "")
		}
		return m, nil
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg, tea.PasteStartMsg, tea.PasteEndMsg:
		return m, m.entered(msg)
	case tea.MouseMsg:
		return m, m.mouse(msg)
	}
	return m, m.tellAll(msg)
}

// goMsg shows a view.
type goMsg struct{ view int }

// details is the command that shows the chosen service whole.
func details() tea.Msg { return goMsg{viewService} }

// tellAll tells every view, also those that are not shown: they keep up.
func (m *model) tellAll(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, v := range m.views {
		cmds = append(cmds, v.update(m.world, msg))
	}
	return tea.Batch(cmds...)
}

// entered is for whoever has the keys.
func (m *model) entered(msg tea.Msg) tea.Cmd {
	if m.over != nil {
		over := m.over
		cmd, gone := over.update(m, msg)
		if gone && m.over == over { // it may have opened another
			m.over = nil
		}
		return cmd
	}
	return m.views[m.shown].update(m.world, msg)
}

// open shows a view, and remembers where the person was.
func (m *model) open(v int) tea.Cmd {
	if v == m.shown {
		return nil
	}
	m.from = append(m.from, m.shown)
	if len(m.from) > 16 {
		m.from = m.from[1:]
	}
	return m.swap(v)
}

func (m *model) swap(v int) tea.Cmd {
	gone := m.views[m.shown].shown(m.world, false)
	m.shown = v
	return tea.Batch(gone, m.views[v].shown(m.world, true))
}

// back shows the view that was there before, the services in the end.
func (m *model) back() tea.Cmd {
	if n := len(m.from); n > 0 {
		v := m.from[n-1]
		m.from = m.from[:n-1]
		return m.swap(v)
	}
	if m.shown != viewServices {
		return m.swap(viewServices)
	}
	return nil
}

func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	if msg.String() == "ctrl+c" {
		return tea.Quit
	}
	if m.over != nil || m.views[m.shown].typing() {
		return m.entered(msg)
	}
	switch k := msg.String(); k {
	case "q":
		return tea.Quit
	case "?":
		m.over = newHelp()
		return nil
	case ":":
		m.over = newPalette(m)
		return nil
	case "1", "2", "3", "4", "5":
		return m.open(int(k[0] - '1'))
	case "tab":
		return m.open((m.shown + 1) % len(m.views))
	case "shift+tab":
		return m.open((m.shown + len(m.views) - 1) % len(m.views))
	default:
		if cmd, ok := m.act(k); ok {
			return cmd
		}
	}
	return m.views[m.shown].update(m.world, msg)
}

func (m *model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	if m.over != nil {
		return m.entered(msg)
	}
	if click, ok := msg.(tea.MouseClickMsg); ok && at.Y == 0 {
		for k, t := range m.tabs() {
			if at.X >= t.x && at.X < t.x+t.width && click.Button == tea.MouseLeft {
				return m.open(k)
			}
		}
		return nil
	}
	if at.Y < m.y || at.Y >= m.y+m.height {
		return nil
	}
	at.X, at.Y = at.X-m.x, at.Y-m.y
	switch msg.(type) {
	case tea.MouseClickMsg:
		return m.views[m.shown].update(m.world, tea.MouseClickMsg(at))
	case tea.MouseWheelMsg:
		return m.views[m.shown].update(m.world, tea.MouseWheelMsg(at))
	}
	return nil
}

// View draws the window, full and no more than full.
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "prox"
	return v
}

func (m *model) lines() []string {
	body := m.views[m.shown].draw(m.world)
	keys := m.views[m.shown].keys()
	if m.over != nil {
		body, keys = m.over.draw(m), m.over.keys()
	}
	lines := []string{m.titleLine()}
	for i := range m.height {
		line := ""
		if i < len(body) {
			line = body[i]
		}
		lines = append(lines, line)
	}
	lines = append(lines, m.messageLine(), m.keysLine(keys))
	return lines[:min(len(lines), max(1, m.high))] // too low a window keeps its top
}
