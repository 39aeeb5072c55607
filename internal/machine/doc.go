// Package machine decides what the controller does; it is pure.
package machine
