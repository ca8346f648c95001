package profile

// A Spot is a threshold that scores rarely reach.
type Spot struct{}
