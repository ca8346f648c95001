//go:build !race

package source

const race = false
