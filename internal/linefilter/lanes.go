package linefilter

import "bytes"

const (
	// lanes is how many parts of a log are read at a time. What comes after a
	// byte is known only when what came before it has been fetched: of some that
	// don't wait for one another, one is always at hand.
	lanes = 6
	// atOnce is how many bytes of each are read before their states are looked at.
	atOnce = 16
	// short is what is not worth taking apart.
	short = 1 << 10
)

// scan is where in whole lines of a log the first byte is at which it is known
// that its line may match; -1 when there is none. Only the last line may have no
// end.
func (a *automaton) scan(b []byte) int {
	a.restart()
	at := -1
	if len(b) >= short {
		at = a.abreast(b)
	} else if k := a.along(0, b); k < len(b) {
		at = k
	}
	a.read += len(b)
	if at < 0 && b[len(b)-1] != '\n' {
		for _, s := range a.live { // one is at the log's end, the others at a line's beginning
			if s == back || a.ending[s] {
				at = len(b) - 1
			}
		}
	}
	return at
}

// takes says whether a single text may match as it is.
func (a *automaton) takes(b []byte) bool {
	a.restart()
	a.read += len(b)
	return a.along(0, b) < len(b) || a.ending[a.live[0]]
}

// along reads b with one state, and is where it is a match; len(b) if nowhere.
func (a *automaton) along(lane int, b []byte) int {
	after := a.after
	i := 0
	for {
		s := a.live[lane]
		for i+atOnce <= len(b) {
			p := (*[atOnce]byte)(b[i:])
			u := after[p[0]][s]
			u = after[p[1]][u]
			u = after[p[2]][u]
			u = after[p[3]][u]
			u = after[p[4]][u]
			u = after[p[5]][u]
			u = after[p[6]][u]
			u = after[p[7]][u]
			u = after[p[8]][u]
			u = after[p[9]][u]
			u = after[p[10]][u]
			u = after[p[11]][u]
			u = after[p[12]][u]
			u = after[p[13]][u]
			u = after[p[14]][u]
			u = after[p[15]][u]
			if u <= match {
				break
			}
			s = u
			i += atOnce
		}
		a.live[lane] = s
		for end := min(i+atOnce, len(b)); i < end; i++ {
			if a.step(lane, b[i]) == match {
				return i
			}
		}
		if i == len(b) {
			return i
		}
	}
}

// abreast does as along with all states, each with a part of b. It is -1 if none
// is a match.
func (a *automaton) abreast(b []byte) int {
	var part [lanes][]byte
	var from [lanes]int
	n := len(b)
	for k, at := 0, 0; k < lanes; k++ {
		end := len(b)
		if k < lanes-1 {
			end = max(at, len(b)*(k+1)/lanes)
			if nl := bytes.IndexByte(b[end:], '\n'); nl >= 0 {
				end += nl + 1
			} else {
				end = len(b)
			}
		}
		part[k], from[k] = b[at:end], at
		n = min(n, end-at)
		at = end
	}
	hit, before := -1, lanes // the first match found, and which parts are before it
	i := 0
	for {
		i += a.run(part[0][i:n], part[1][i:n], part[2][i:n], part[3][i:n], part[4][i:n], part[5][i:n])
		if i+atOnce > n {
			break
		}
		for k := range before {
			at := a.along(k, part[k][i:i+atOnce])
			if at == atOnce {
				continue
			}
			hit, before = from[k]+i+at, k
			break
		}
		if before == 0 {
			return hit
		}
		i += atOnce
		// Nobody asks what is behind the match: those lanes do what the first does.
		for k := before; k < lanes; k++ {
			part[k], a.live[k] = part[0], a.live[0]
		}
	}
	for k := range before {
		if at := a.along(k, part[k][i:]); i+at < len(part[k]) {
			return from[k] + i + at
		}
	}
	return hit
}

// run reads with all states until one is a match or unknown, or a part ends, and
// says how many bytes of each. Nothing else is done here, so that most of what it
// takes is in registers.
func (a *automaton) run(b0, b1, b2, b3, b4, b5 []byte) (n int) {
	after := a.after
	s0, s1, s2, s3, s4, s5 := a.live[0], a.live[1], a.live[2], a.live[3], a.live[4], a.live[5]
	for len(b0) >= atOnce && len(b1) >= atOnce && len(b2) >= atOnce && len(b3) >= atOnce && len(b4) >= atOnce && len(b5) >= atOnce {
		p0, p1, p2, p3, p4, p5 := (*[atOnce]byte)(b0), (*[atOnce]byte)(b1), (*[atOnce]byte)(b2), (*[atOnce]byte)(b3), (*[atOnce]byte)(b4), (*[atOnce]byte)(b5)
		u0, u1, u2, u3, u4, u5 := s0, s1, s2, s3, s4, s5
		u0, u1, u2, u3, u4, u5 = after[p0[0]][u0], after[p1[0]][u1], after[p2[0]][u2], after[p3[0]][u3], after[p4[0]][u4], after[p5[0]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[1]][u0], after[p1[1]][u1], after[p2[1]][u2], after[p3[1]][u3], after[p4[1]][u4], after[p5[1]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[2]][u0], after[p1[2]][u1], after[p2[2]][u2], after[p3[2]][u3], after[p4[2]][u4], after[p5[2]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[3]][u0], after[p1[3]][u1], after[p2[3]][u2], after[p3[3]][u3], after[p4[3]][u4], after[p5[3]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[4]][u0], after[p1[4]][u1], after[p2[4]][u2], after[p3[4]][u3], after[p4[4]][u4], after[p5[4]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[5]][u0], after[p1[5]][u1], after[p2[5]][u2], after[p3[5]][u3], after[p4[5]][u4], after[p5[5]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[6]][u0], after[p1[6]][u1], after[p2[6]][u2], after[p3[6]][u3], after[p4[6]][u4], after[p5[6]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[7]][u0], after[p1[7]][u1], after[p2[7]][u2], after[p3[7]][u3], after[p4[7]][u4], after[p5[7]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[8]][u0], after[p1[8]][u1], after[p2[8]][u2], after[p3[8]][u3], after[p4[8]][u4], after[p5[8]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[9]][u0], after[p1[9]][u1], after[p2[9]][u2], after[p3[9]][u3], after[p4[9]][u4], after[p5[9]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[10]][u0], after[p1[10]][u1], after[p2[10]][u2], after[p3[10]][u3], after[p4[10]][u4], after[p5[10]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[11]][u0], after[p1[11]][u1], after[p2[11]][u2], after[p3[11]][u3], after[p4[11]][u4], after[p5[11]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[12]][u0], after[p1[12]][u1], after[p2[12]][u2], after[p3[12]][u3], after[p4[12]][u4], after[p5[12]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[13]][u0], after[p1[13]][u1], after[p2[13]][u2], after[p3[13]][u3], after[p4[13]][u4], after[p5[13]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[14]][u0], after[p1[14]][u1], after[p2[14]][u2], after[p3[14]][u3], after[p4[14]][u4], after[p5[14]][u5]
		u0, u1, u2, u3, u4, u5 = after[p0[15]][u0], after[p1[15]][u1], after[p2[15]][u2], after[p3[15]][u3], after[p4[15]][u4], after[p5[15]][u5]
		if u0 <= match || u1 <= match || u2 <= match || u3 <= match || u4 <= match || u5 <= match {
			break
		}
		n += atOnce
		s0, s1, s2, s3, s4, s5 = u0, u1, u2, u3, u4, u5
		b0, b1, b2, b3, b4, b5 = b0[atOnce:], b1[atOnce:], b2[atOnce:], b3[atOnce:], b4[atOnce:], b5[atOnce:]
	}
	a.live = [lanes]state{s0, s1, s2, s3, s4, s5}
	return n
}
