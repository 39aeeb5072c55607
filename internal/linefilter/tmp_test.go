package linefilter

import (
	"bytes"
	"regexp"
	"testing"
)

var sink byte

func touch(b []byte) byte {
	var x byte
	for i := 0; i < len(b); i += 64 {
		x |= b[i]
	}
	return x
}
func BenchmarkTmp(b *testing.B) {
	log := benchLog()
	a := Compile(regexp.MustCompile(`[A-Za-z]+=[0-9]{3,5}ms [x-z]{8}`)).log
	for _, n := range []int{16 << 10, 1 << 20, 64 << 20} {
		p := log[:n]
		for _, w := range []int{8 << 10, 16 << 10, 32 << 10, 64 << 10} {
			b.Run("odd+touch", func(b *testing.B) {
				b.SetBytes(int64(n))
				for b.Loop() {
					for at := 0; at < n; at += w {
						e := min(at+w, n)
						sink |= touch(p[at:e])
						firstOdd(p, at, e)
					}
				}
			})
			l := newLiteral(text{"zqxzqx", false})
			x := 0
			b.Run("lit+touch", func(b *testing.B) {
				b.SetBytes(int64(n))
				for b.Loop() {
					for at := 0; at < n; at += w {
						e := min(at+w, n)
						sink |= touch(p[at:e])
						l.index(p, at, e, &x)
					}
				}
			})
			if w == 8<<10 {
				b.Run("touch", func(b *testing.B) {
					b.SetBytes(int64(n))
					for b.Loop() {
						sink |= touch(p)
					}
				})
				b.Run("count", func(b *testing.B) {
					b.SetBytes(int64(n))
					for b.Loop() {
						bytes.Count(p, []byte{1})
					}
				})
			}
			if w > n {
				continue
			}
			for _, tch := range []bool{false, true} {
				b.Run("automaton", func(b *testing.B) {
					b.SetBytes(int64(n))
					for b.Loop() {
						for at := 0; at < len(p); {
							end := bytes.LastIndexByte(p[:min(at+w, len(p))], '\n') + 1
							if end == at {
								break
							}
							if tch {
								sink |= touch(p[at:end])
							}
							a.scan(p[at:end])
							at = end
						}
					}
				})
			}
		}
	}
}
