//go:build race

package dash

const raceDetector = true
