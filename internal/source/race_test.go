//go:build race

package source

const race = true
