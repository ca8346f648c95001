//go:build race

package shell

const slower = 20 // with the race detector
