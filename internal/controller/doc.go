// Package controller is the process that holds a project together.
package controller
