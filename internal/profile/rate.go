package profile

// A Rate is what is known of how often something happens: the parameters of a Gamma
// distribution of a Poisson's mean, per hour.
type Rate struct{ Alpha, Beta float32 }

// Hours are how active peers are in each hour of the week, from Monday 00:00 UTC on;
// in the mean 1.
type Hours [168]float32
