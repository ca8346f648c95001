//go:build !race

package shell

const slower = 1
