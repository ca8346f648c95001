// Package geoip knows what an address tells: a place and a network from MaxMind
// databases (City, Country and ASN editions of GeoIP2, GeoLite2, DB-IP and who
// else writes the format), whether it is a Tor exit, and which service and region
// of AWS it belongs to. It knows nothing of SQL.
//
// Files are read by path; s3:// and https:// go through an opener that it is given.
// What was fetched is kept in Options.KeepDir, the only folder it writes to, and
// is used while the source is down. It reads no clock and no environment.
//
// # Which addresses
//
// IPv4, IPv6, IPv4-mapped IPv6 (taken as IPv4), with or without a zone. What is not
// an address (`s3.amazonaws.com`, `AWS Internal`) has no value for any field.
// Private are those that mean another machine in every network: RFC 1918,
// loopback, link-local, carrier NAT (100.64.0.0/10), unique local (fc00::/7) and
// the unspecified address. They have no place, network or AWS range even when a
// database says so. Documentation addresses are not private: demos and tests use
// them as if they were the internet's. Multicast and reserved ones are not either.
//
// # Which database
//
// City editions are asked before Country editions, and within an edition those
// given first. The first that holds a record for the address answers, also when
// the record lacks the field: a country from one and a city from another would be
// a place that is not.
//
// # Replaced files
//
// A Snapshot is immutable, and whoever holds one sees one state of all databases.
// Databases are memory-mapped and unmapped by the garbage collector after their
// last snapshot. A file that is renamed into place is taken by DB.Reload; one that
// is overwritten in place makes the lookups in flight fail rather than answer from
// half of each.
package geoip
