package ui

import (
	"errors"
	"net"
	"strings"
	"testing"
)

// The page is for this machine alone.
func TestListen(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.9:0", "[::1]:0"} {
		l, err := Listen(addr)
		if err != nil {
			if strings.Contains(addr, "::1") {
				t.Logf("no IPv6: %v", err)
				continue
			}
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
			t.Errorf("%s: listens at %s", addr, l.Addr())
		}
		l.Close()
	}
	for _, addr := range []string{"", "8017", ":8017", "0.0.0.0:0", "[::]:0", "*:0", "10.0.0.1:0", "192.168.1.1:80", "example.org:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-1", "localhost.evil.example:0", "127.1:0", "unix:/tmp/x", "[fe80::1]:0"} {
		l, err := Listen(addr)
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, ErrAddr) || !strings.Contains(err.Error(), "want a loopback address and a port, such as 127.0.0.1:8017") {
			t.Errorf("%q: %v", addr, err)
		}
	}
}

func TestPortInUse(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Listen(l.Addr().String()); !errors.Is(err, ErrInUse) || !strings.HasPrefix(err.Error(), l.Addr().String()+" is in use") {
		t.Errorf("%v", err)
	}
	a, err := ListenNear()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := ListenNear()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if a.Addr().String() == b.Addr().String() {
		t.Errorf("both at %s", a.Addr())
	}
}
