// Package outbox delivers alerts that must not be lost. They are in a Store, written
// in the same transaction as what they tell of; Outbox gives each to every Sender, at
// least once and in order, until it is marked as delivered. One that is killed between
// the sending and the mark sends again, with the same ID, by which a reader drops the
// repeat.
//
// # Senders
//
// Each sender has marks of its own: while a topic is down, a file is written to all the
// same. A message that fails is tried again after a wait that doubles up to MaxBackoff,
// and those behind it wait, since mostly it is not the message that is at fault. One that
// failed Patience times holds nobody up any longer: those behind it are tried as well.
// What a sender refuses for ever (RefusedError) is marked so, and not tried again; it
// stays in the store.
//
// # Storms
//
// Once a sender was given MaxPerHour messages in an hour of UTC, what follows is held and
// summed up in one message, sent when the hour ends; or at once, where there is worse in
// it than what was told in that hour. Nothing is lost by it: a message that was summed up
// is marked as delivered in that sum. How full an hour is, is what the store says: a
// restart changes nothing.
//
// It refuses to know what an alert is, and words: the sum's text is made by its user. It
// reads no clock but the one it is given.
package outbox
