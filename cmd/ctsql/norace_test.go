//go:build !race

package main

const race = false

// slow is how much more time things may take.
const slow = 1
