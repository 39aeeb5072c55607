package trace

// followsSource knows how Node begins when nobody caught what was thrown: the
// place, the line of source there, and a mark below it.
func (g *Grouper) followsSource(text []byte, _ int) answer {
	switch {
	case len(text) == 0:
		return no
	case g.step == atHead:
		if isRecord(text) {
			return no
		}
		g.step = atQuote
		return yes
	case isCaret(text):
		g.kind, g.step, g.free, g.failing = frames, atHead, manyLines, true
		return yes
	}
	g.kind, g.traced = plain, false // it was something else
	return unsure
}
