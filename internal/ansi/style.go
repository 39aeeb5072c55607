package ansi

import "strconv"

// style is the state that SGR sequences have led to.
type style struct {
	fg, bg, ul hue
	flags      uint32 // bit n: attribute n (1..9, 53) is on; see attributes
	under      uint8  // kind of underline, 0 = none
}

// hue is a colour: 0 is the default, else its way of naming in the top byte.
type hue uint32

const (
	basic   hue = 1 << 24 // 0..7, 8..15 are the bright ones
	indexed hue = 2 << 24
	direct  hue = 3 << 24
)

// overline has no place among the first 32 attributes.
const overline = 30

// apply takes one SGR sequence's parameters into account. What it does not
// know it passes over.
func (s *style) apply(params []byte) {
	var buf [maxParams + 1]param
	ps := split(buf[:0], params)
	for i := 0; i < len(ps); i++ {
		if ps[i].sub { // belongs to one that was passed over
			continue
		}
		switch n := ps[i].n; {
		case n == 0:
			*s = style{}
		case n == 4:
			s.under = 1
			if i+1 < len(ps) && ps[i+1].sub {
				s.under = uint8(min(ps[i+1].n, 5))
			}
		case n == 21:
			s.under = 2
		case n == 24:
			s.under = 0
		case n >= 1 && n <= 9:
			s.flags |= 1 << n
		case n == 22:
			s.flags &^= 1<<1 | 1<<2
		case n == 25:
			s.flags &^= 1<<5 | 1<<6
		case n >= 23 && n <= 29:
			s.flags &^= 1 << (n - 20)
		case n >= 30 && n <= 37:
			s.fg = basic | hue(n-30)
		case n == 39:
			s.fg = 0
		case n >= 40 && n <= 47:
			s.bg = basic | hue(n-40)
		case n == 49:
			s.bg = 0
		case n == 53:
			s.flags |= 1 << overline
		case n == 55:
			s.flags &^= 1 << overline
		case n == 59:
			s.ul = 0
		case n >= 90 && n <= 97:
			s.fg = basic | hue(n-90+8)
		case n >= 100 && n <= 107:
			s.bg = basic | hue(n-100+8)
		case n == 38 || n == 48 || n == 58:
			h, used := extended(ps[i+1:])
			i += used
			if h == 0 {
				continue
			}
			switch n {
			case 38:
				s.fg = h
			case 48:
				s.bg = h
			default:
				s.ul = h
			}
		}
	}
}

type param struct {
	n   int
	sub bool // it came after a colon
}

func split(dst []param, params []byte) []param {
	var p param
	for _, c := range params {
		switch c {
		case ';', ':':
			dst = append(dst, p)
			p = param{sub: c == ':'}
		default:
			p.n = min(p.n*10+int(c-'0'), 1<<16)
		}
	}
	return append(dst, p)
}

// extended reads 5;n or 2;r;g;b, with colons too, where the colour space may
// stand before r. It returns how many parameters it used.
func extended(ps []param) (hue, int) {
	if len(ps) == 0 {
		return 0, 0
	}
	end := len(ps)
	if ps[0].sub { // with colons the end is plain to see
		for end = 0; end < len(ps) && ps[end].sub; {
			end++
		}
	}
	switch {
	case ps[0].n == 5 && end >= 2:
		if !ps[0].sub {
			end = 2
		}
		return indexed | hue(ps[1].n&0xff), end
	case ps[0].n == 2 && end >= 4:
		rgb := ps[1:4]
		if !ps[0].sub {
			end = 4
		} else if end >= 5 {
			rgb = ps[2:5]
		}
		return direct | hue(rgb[0].n&0xff)<<16 | hue(rgb[1].n&0xff)<<8 | hue(rgb[2].n&0xff), end
	}
	if ps[0].sub {
		return 0, end
	}
	return 0, len(ps) // nobody knows where it ends
}

// appendTo appends the one sequence that leads from nothing to s.
func (s style) appendTo(dst []byte) []byte {
	dst = append(dst, "\x1b[0"...)
	for n := int64(1); n <= 9; n++ {
		if s.flags&(1<<n) != 0 {
			dst = strconv.AppendInt(append(dst, ';'), n, 10)
		}
	}
	if s.flags&(1<<overline) != 0 {
		dst = append(dst, ";53"...)
	}
	switch s.under {
	case 0:
	case 1:
		dst = append(dst, ";4"...)
	case 2:
		dst = append(dst, ";21"...)
	default:
		dst = append(dst, ";4:"...)
		dst = append(dst, '0'+s.under)
	}
	dst = s.fg.appendTo(dst, 30)
	dst = s.bg.appendTo(dst, 40)
	dst = s.ul.appendTo(dst, 50)
	return append(dst, 'm')
}

// appendTo appends h; base is 30 for the text, 40 for what is behind it, 50
// for the underline, which has no basic colours.
func (h hue) appendTo(dst []byte, base int64) []byte {
	n := int64(h & 0xffffff)
	switch h &^ 0xffffff {
	case basic:
		if n > 7 {
			n += 60 - 8
		}
		return strconv.AppendInt(append(dst, ';'), base+n, 10)
	case indexed:
		dst = strconv.AppendInt(append(dst, ';'), base+8, 10)
		return strconv.AppendInt(append(dst, ";5;"...), n, 10)
	case direct:
		dst = strconv.AppendInt(append(dst, ';'), base+8, 10)
		dst = append(dst, ";2"...)
		for shift := 16; shift >= 0; shift -= 8 {
			dst = strconv.AppendInt(append(dst, ';'), n>>shift&0xff, 10)
		}
	}
	return dst
}
