package linefilter

import "bytes"

const (
	// lanes is how many parts of a log are read at a time. What comes after a
	// byte is known only when what came before it has been fetched: of four that
	// don't wait for one another, one is always at hand.
	lanes = 4
	// atOnce is how many bytes of each are read before their states are looked at.
	atOnce = 16
	// short is what is not worth taking apart.
	short = 512
)

// scan is where in whole lines of a log the first byte is at which it is known
// that its line may match; -1 when there is none. Only the last line may have no
// end.
func (a *automaton) scan(b []byte) int {
	if a.table == nil {
		a.reset()
	}
	for k := range a.live {
		a.live[k] = a.begin
	}
	at := -1
	if len(b) >= short {
		at = a.abreast(b)
	} else if k := a.along(0, &a.log, b); k < len(b) {
		at = k
	}
	a.read += len(b)
	if at < 0 && b[len(b)-1] != '\n' {
		for k := range a.live { // one is at the log's end, the others at a line's beginning
			if a.live[k] == a.back || a.step(k, a.ends) == a.match {
				at = len(b) - 1
			}
		}
	}
	return at
}

// takesLine says whether a single text may match as it is.
func (a *automaton) takesLine(b []byte) bool {
	if a.table == nil {
		a.reset()
	}
	a.live = [lanes]state{a.begin}
	a.read += len(b)
	return a.along(0, &a.line, b) < len(b) || a.step(0, a.ends) == a.match
}

// along reads b with one state, and is where it is a match; len(b) if nowhere.
func (a *automaton) along(lane int, class *[256]uint8, b []byte) int {
	table := a.table
	i := 0
	for {
		s := a.live[lane]
		for i+atOnce <= len(b) {
			p := (*[atOnce]byte)(b[i:])
			u := table[s+state(class[p[0]])]
			u = table[u+state(class[p[1]])]
			u = table[u+state(class[p[2]])]
			u = table[u+state(class[p[3]])]
			u = table[u+state(class[p[4]])]
			u = table[u+state(class[p[5]])]
			u = table[u+state(class[p[6]])]
			u = table[u+state(class[p[7]])]
			u = table[u+state(class[p[8]])]
			u = table[u+state(class[p[9]])]
			u = table[u+state(class[p[10]])]
			u = table[u+state(class[p[11]])]
			u = table[u+state(class[p[12]])]
			u = table[u+state(class[p[13]])]
			u = table[u+state(class[p[14]])]
			u = table[u+state(class[p[15]])]
			if u <= a.match {
				break
			}
			s = u
			i += atOnce
		}
		a.live[lane] = s
		for end := min(i+atOnce, len(b)); i < end; i++ {
			if a.step(lane, class[b[i]]) == a.match {
				return i
			}
		}
		if i == len(b) {
			return i
		}
	}
}

// abreast does as along with all states, each with a part of b.
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
	i := 0
	for {
		i += a.run(part[0][i:n], part[1][i:n], part[2][i:n], part[3][i:n])
		if i+atOnce > n {
			return a.first(&part, &from, lanes, i, -1)
		}
		for k := range lanes {
			if at := a.along(k, &a.log, part[k][i:i+atOnce]); at < atOnce {
				return a.first(&part, &from, k, i+atOnce, from[k]+i+at)
			}
		}
		i += atOnce
	}
}

// run reads with all states until one is a match or unknown, or one of the parts
// ends, and says how many bytes. Nothing else is done here, so that all it takes
// is in registers.
func (a *automaton) run(b0, b1, b2, b3 []byte) (n int) {
	table, class, match := a.table, &a.log, a.match
	s0, s1, s2, s3 := a.live[0], a.live[1], a.live[2], a.live[3]
	for len(b0) >= atOnce && len(b1) >= atOnce && len(b2) >= atOnce && len(b3) >= atOnce {
		p0, p1, p2, p3 := (*[atOnce]byte)(b0), (*[atOnce]byte)(b1), (*[atOnce]byte)(b2), (*[atOnce]byte)(b3)
		u0, u1, u2, u3 := s0, s1, s2, s3
		u0 = table[u0+state(class[p0[0]])]
		u1 = table[u1+state(class[p1[0]])]
		u2 = table[u2+state(class[p2[0]])]
		u3 = table[u3+state(class[p3[0]])]
		u0 = table[u0+state(class[p0[1]])]
		u1 = table[u1+state(class[p1[1]])]
		u2 = table[u2+state(class[p2[1]])]
		u3 = table[u3+state(class[p3[1]])]
		u0 = table[u0+state(class[p0[2]])]
		u1 = table[u1+state(class[p1[2]])]
		u2 = table[u2+state(class[p2[2]])]
		u3 = table[u3+state(class[p3[2]])]
		u0 = table[u0+state(class[p0[3]])]
		u1 = table[u1+state(class[p1[3]])]
		u2 = table[u2+state(class[p2[3]])]
		u3 = table[u3+state(class[p3[3]])]
		u0 = table[u0+state(class[p0[4]])]
		u1 = table[u1+state(class[p1[4]])]
		u2 = table[u2+state(class[p2[4]])]
		u3 = table[u3+state(class[p3[4]])]
		u0 = table[u0+state(class[p0[5]])]
		u1 = table[u1+state(class[p1[5]])]
		u2 = table[u2+state(class[p2[5]])]
		u3 = table[u3+state(class[p3[5]])]
		u0 = table[u0+state(class[p0[6]])]
		u1 = table[u1+state(class[p1[6]])]
		u2 = table[u2+state(class[p2[6]])]
		u3 = table[u3+state(class[p3[6]])]
		u0 = table[u0+state(class[p0[7]])]
		u1 = table[u1+state(class[p1[7]])]
		u2 = table[u2+state(class[p2[7]])]
		u3 = table[u3+state(class[p3[7]])]
		u0 = table[u0+state(class[p0[8]])]
		u1 = table[u1+state(class[p1[8]])]
		u2 = table[u2+state(class[p2[8]])]
		u3 = table[u3+state(class[p3[8]])]
		u0 = table[u0+state(class[p0[9]])]
		u1 = table[u1+state(class[p1[9]])]
		u2 = table[u2+state(class[p2[9]])]
		u3 = table[u3+state(class[p3[9]])]
		u0 = table[u0+state(class[p0[10]])]
		u1 = table[u1+state(class[p1[10]])]
		u2 = table[u2+state(class[p2[10]])]
		u3 = table[u3+state(class[p3[10]])]
		u0 = table[u0+state(class[p0[11]])]
		u1 = table[u1+state(class[p1[11]])]
		u2 = table[u2+state(class[p2[11]])]
		u3 = table[u3+state(class[p3[11]])]
		u0 = table[u0+state(class[p0[12]])]
		u1 = table[u1+state(class[p1[12]])]
		u2 = table[u2+state(class[p2[12]])]
		u3 = table[u3+state(class[p3[12]])]
		u0 = table[u0+state(class[p0[13]])]
		u1 = table[u1+state(class[p1[13]])]
		u2 = table[u2+state(class[p2[13]])]
		u3 = table[u3+state(class[p3[13]])]
		u0 = table[u0+state(class[p0[14]])]
		u1 = table[u1+state(class[p1[14]])]
		u2 = table[u2+state(class[p2[14]])]
		u3 = table[u3+state(class[p3[14]])]
		u0 = table[u0+state(class[p0[15]])]
		u1 = table[u1+state(class[p1[15]])]
		u2 = table[u2+state(class[p2[15]])]
		u3 = table[u3+state(class[p3[15]])]
		if u0 <= match || u1 <= match || u2 <= match || u3 <= match {
			break
		}
		s0, s1, s2, s3 = u0, u1, u2, u3
		n += atOnce
		b0, b1, b2, b3 = b0[atOnce:], b1[atOnce:], b2[atOnce:], b3[atOnce:]
	}
	a.live = [lanes]state{s0, s1, s2, s3}
	return n
}

// first is where the first match is, if there is one at an offset of b in part k
// and the parts before it have been read up to i.
func (a *automaton) first(part *[lanes][]byte, from *[lanes]int, k, i, at int) int {
	for k := range k {
		if n := a.along(k, &a.log, part[k][i:]); i+n < len(part[k]) {
			return from[k] + i + n
		}
	}
	return at
}
