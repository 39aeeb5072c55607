// Package api is the wire between a project's controller and everybody else:
// the types, the errors, a client, and a server over a Backend.
//
// It is HTTP with JSON on a Unix socket, versioned by the path (/v1). Events
// are server-sent events. Only the user who owns the controller may talk to
// it: the socket lies in a folder of mode 0700, and Guard asks the kernel who
// is calling all the same, because a folder's mode can be changed by accident.
package api
