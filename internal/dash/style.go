package dash

import "github.com/charmbracelet/x/ansi"

// style is a way to write. It is not lipgloss's: that library asks tmux about
// colours as soon as it is linked, and this program runs once per service.
type style struct{ sgr ansi.Style }

func (s style) bold() style                    { return style{s.sgr.Bold()} }
func (s style) faint() style                   { return style{s.sgr.Faint()} }
func (s style) colour(c ansi.BasicColor) style { return style{s.sgr.ForegroundColor(c)} }

// Render writes a text of one line in the style.
func (s style) Render(text string) string {
	if text == "" || len(s.sgr) == 0 {
		return text
	}
	return s.sgr.Styled(text)
}
