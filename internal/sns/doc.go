// Package sns sends alerts to a topic of Amazon SNS. It knows SNS's limits, and makes
// of any message one that SNS takes: a subject of printable ASCII, shorter than 100
// characters; a message and attributes of 262,144 bytes together; attributes without
// control characters, none of them empty, and six, since no more than ten survive the
// way to a queue with raw delivery.
//
// It refuses to try again by itself: that is up to the retryer of the configuration
// that it is given, and to who calls it.
package sns
