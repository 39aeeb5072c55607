package metrics

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLookTellsTraffic(t *testing.T) {
	t.Parallel()
	if _, err := flows(); err != nil {
		t.Skip("this kernel doesn't count what connections carry: ", err)
	}
	const size = 1 << 20
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		server, client := newActor(t), newActor(t)
		to := server.tell(t, "serve tcp %s", address)
		s := NewSampler()
		both := func(at time.Time) (Detail, Detail) {
			t.Helper()
			got, err := s.Look(at, sample(t, s, at, server.pid, client.pid))
			if err != nil {
				t.Fatal(err)
			}
			return got[server.pid], got[client.pid]
		}
		at := time.Now()
		if d, e := both(at); d.TrafficKnown || e.TrafficKnown {
			t.Errorf("%s: at the first look: %+v, %+v", address, d, e)
		}
		client.tell(t, "send %d %s", size, to)
		var received, sent, back float64
		for end := time.Now().Add(10 * time.Second); (received < size || sent < size) && time.Now().Before(end); {
			at = at.Add(time.Second)
			d, e := both(at)
			received, sent, back = received+d.ReceivedPerSecond, sent+e.SentPerSecond, back+d.SentPerSecond+e.ReceivedPerSecond
		}
		// The connection's beginning counts as a byte.
		if received != size || sent < size || sent > size+1 || back > 1 {
			t.Errorf("%s: of %d bytes %.0f are received and %.0f sent, and %.0f back", address, size, received, sent, back)
		}
		if d, e := both(at.Add(time.Second)); !d.TrafficKnown || d.ReceivedPerSecond != 0 || !e.TrafficKnown || e.SentPerSecond != 0 {
			t.Errorf("%s: after nothing: %+v, %+v", address, d, e)
		}
	}
}

func TestConnectionsOfATree(t *testing.T) {
	t.Parallel()
	second := func(was, is map[uint64]flow, told bool) (d Detail) {
		tr := lookTrail{flows: was}
		tr.traffic(is, told, 2, &d)
		return d
	}
	for name, c := range map[string]struct {
		was, is        map[uint64]flow
		told, known    bool
		received, sent float64
	}{
		"the first look":              {nil, map[uint64]flow{1: {10, 20}}, true, false, 0, 0},
		"two that go on":              {map[uint64]flow{1: {10, 20}, 2: {0, 5}}, map[uint64]flow{1: {14, 20}, 2: {2, 9}}, true, true, 3, 2},
		"one that is new":             {map[uint64]flow{}, map[uint64]flow{1: {10, 20}}, true, true, 5, 10},
		"one that is closed":          {map[uint64]flow{1: {10, 20}}, nil, true, true, 0, 0},
		"a number that is used again": {map[uint64]flow{1: {10, 20}}, map[uint64]flow{1: {4, 2}}, true, true, 2, 1},
		"a kernel that doesn't tell":  {map[uint64]flow{}, nil, false, false, 0, 0},
	} {
		d := second(c.was, c.is, c.told)
		if d.TrafficKnown != c.known || d.ReceivedPerSecond != c.received || d.SentPerSecond != c.sent {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// told is a message of the kernel's.
func told(kind uint16, body []byte) []byte {
	b := make([]byte, headerLen, headerLen+len(body))
	binary.NativeEndian.PutUint32(b, uint32(headerLen+len(body)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	return append(b, body...)
}

// socketTold is one about a socket.
func socketTold(inode uint32, f flow) []byte {
	info := make([]byte, attributeAt+receivedAt+8)
	ne := binary.NativeEndian
	ne.PutUint16(info, uint16(len(info)))
	ne.PutUint16(info[2:], infoKind)
	ne.PutUint64(info[attributeAt+ackedAt:], f.sent)
	ne.PutUint64(info[attributeAt+receivedAt:], f.received)
	b := make([]byte, socketLen)
	ne.PutUint32(b[inodeAt:], inode)
	other := make([]byte, 8) // a byte of another kind, and what aligns it
	ne.PutUint16(other, 5)
	ne.PutUint16(other[2:], 8)
	return told(byFamily, slices.Concat(b, other, info))
}

func keepFlows(all map[uint64]flow) func([]byte) {
	return func(b []byte) {
		if inode, f, ok := parseFlow(b); ok {
			all[inode] = f
		}
	}
}

func TestParseDump(t *testing.T) {
	t.Parallel()
	all := map[uint64]flow{}
	keep := keepFlows(all)
	b := append(socketTold(7, flow{1, 2}), socketTold(math.MaxUint32, flow{math.MaxUint64, 4})...)
	b = append(b, socketTold(0, flow{5, 6})...) // of nobody any more
	if done, err := parseDump(b, keep); done || err != nil {
		t.Errorf("%t, %v", done, err)
	}
	if len(all) != 2 || all[7] != (flow{1, 2}) || all[math.MaxUint32] != (flow{math.MaxUint64, 4}) {
		t.Errorf("%v", all)
	}
	if done, err := parseDump(told(unix.NLMSG_DONE, make([]byte, 4)), keep); !done || err != nil {
		t.Errorf("at the end: %t, %v", done, err)
	}
	refused := make([]byte, 20)
	binary.NativeEndian.PutUint32(refused, ^uint32(unix.ENOENT)+1)
	if done, err := parseDump(told(unix.NLMSG_ERROR, refused), keep); !done || !errors.Is(err, unix.ENOENT) {
		t.Errorf("refused: %t, %v", done, err)
	}
	if done, err := parseDump(b[:len(b)-1], keep); !done || err == nil {
		t.Errorf("torn: %t, %v", done, err)
	}
}

func FuzzParseDump(f *testing.F) {
	f.Add(append(socketTold(7, flow{1, 2}), told(unix.NLMSG_DONE, nil)...))
	f.Add(told(unix.NLMSG_ERROR, []byte{1}))
	f.Add(told(byFamily, make([]byte, socketLen+3)))
	f.Fuzz(func(t *testing.T, b []byte) {
		all := map[uint64]flow{}
		_, _ = parseDump(b, keepFlows(all))
		_, _, _ = parseListening(b)
		if _, ok := all[0]; ok {
			t.Error("a connection of nobody")
		}
	})
}

// Both ways to find who listens find the same.
func TestListenersAreThoseOfTheList(t *testing.T) {
	t.Parallel()
	if _, err := listenersAsked(); err != nil {
		t.Skip("this kernel doesn't answer: ", err)
	}
	want := map[int]bool{}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		want[l.Addr().(*net.TCPAddr).Port] = true
	}
	ours := func(tell func() (map[uint64]int, error)) map[uint64]int {
		t.Helper()
		all, err := tell()
		if err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(all, func(_ uint64, port int) bool { return !want[port] }) // of others that come and go
		return all
	}
	asked, listed := ours(listenersAsked), ours(listenersListed)
	if len(asked) != len(want) || !maps.Equal(asked, listed) {
		t.Errorf("asked %v, listed %v, of %v", asked, listed, want)
	}
}

// BenchmarkListeners finds who listens in both ways.
func BenchmarkListeners(b *testing.B) {
	for name, tell := range map[string]func() (map[uint64]int, error){"asked": listenersAsked, "listed": listenersListed} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := tell(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFlows asks what all connections have carried.
func BenchmarkFlows(b *testing.B) {
	for b.Loop() {
		if _, err := flows(); err != nil {
			b.Fatal(err)
		}
	}
}
