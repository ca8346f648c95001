//go:build race

package main

const race = true

// slow is how much more time things may take.
const slow = 5
