package synth

import (
	"strconv"
	"time"
)

// places are what templates may name. Those of the first group keep their value
// within one event, so that a bucket is the same in its parameters and in its
// resources; those of the second are new at each mention.
var places = map[string]func(*event){
	"account": func(e *event) { e.text(e.acct.id) },
	"peer":    func(e *event) { e.text(e.peer().id) },
	"org":     func(e *event) { e.text(OrganizationID) },
	"region":  func(e *event) { e.text(e.region) },
	"arn":     func(e *event) { e.appendARN() },
	"now":     func(e *event) { e.out = appendISO(e.out, e.t) },
	"compact": func(e *event) { e.out = time.Unix(e.t-900, 0).UTC().AppendFormat(e.out, "20060102T150405Z") },
	"millis":  func(e *event) { e.out = strconv.AppendInt(e.out, e.t*1000+int64(e.salt%1000), 10) },

	"bucket":  func(e *event) { e.bucketName() },
	"fn":      func(e *event) { e.pooled(poolFunction) },
	"table":   func(e *event) { e.pooled(poolTable) },
	"queue":   func(e *event) { e.pooled(poolQueue) },
	"cluster": func(e *event) { e.pooled(poolCluster) },
	"secret":  func(e *event) { e.pooled(poolSecret) },
	"stack":   func(e *event) { e.pooled(poolStack) },
	"role":    func(e *event) { e.pooled(poolRole) },
	"user":    func(e *event) { e.pooled(poolUser) },
	"kms":     func(e *event) { e.pooled(poolKey) },
	"i":       func(e *event) { e.pooled(poolInstance) },
	"vpce":    func(e *event) { e.pooled(poolEndpoint) },
	"key":     func(e *event) { e.objectKey() },
	"id17":    func(e *event) { e.out = appendHex(e.out, mix(e.salt, 17), 8); e.text("0") },
	"id8":     func(e *event) { e.out = appendHex(e.out, mix(e.salt, 8), 4) },
	"uid":     func(e *event) { e.out = appendUUID(e.out, mix(e.salt, 36)) },
	"event":   func(e *event) { e.out = appendUUID(e.out, e.id) },

	"t.role":    func(e *event) { e.text(e.target.name) },
	"t.arn":     func(e *event) { e.text(e.target.arn) },
	"t.id":      func(e *event) { e.text(e.target.id) },
	"t.session": func(e *event) { e.out = e.target.appendSession(e.out, e.granted) },
	"t.key":     func(e *event) { e.out = appendKeyID(e.out, "ASIA", e.granted.id) },
	"t.new":     func(e *event) { e.out = appendKeyID(e.out, "AKIA", e.granted.id) },
	"t.expires": func(e *event) {
		e.out = time.Unix(e.t+3600, 0).UTC().AppendFormat(e.out, "Jan 2, 2006, 3:04:05 PM")
	},

	"t.window":    func(e *event) { e.out = appendISO(e.out, e.t-e.t%300) },
	"t.windowEnd": func(e *event) { e.out = appendISO(e.out, e.t-e.t%300+300) },

	"uuid":  func(e *event) { e.out = appendUUID(e.out, e.next()) },
	"hex":   func(e *event) { e.out = appendHex(e.out, e.next(), 8) },
	"aroa":  func(e *event) { e.out = appendKeyID(e.out, "AROA", e.next()) },
	"asia":  func(e *event) { e.out = appendKeyID(e.out, "ASIA", e.next()) },
	"akia":  func(e *event) { e.out = appendKeyID(e.out, "AKIA", e.next()) },
	"b64":   func(e *event) { e.base64(76) },
	"reqid": func(e *event) { e.requestID() },
	"n":     func(e *event) { e.number(1000) },
	"small": func(e *event) { e.out = strconv.AppendInt(e.out, int64(1+e.below(12)), 10) },
	"bytes": func(e *event) { e.size() },
	"big":   func(e *event) { e.out = strconv.AppendUint(e.out, 1<<63|e.next(), 10) },
	"int64": func(e *event) { e.out = strconv.AppendUint(e.out, e.next()>>1|1<<60, 10) },
	"noise": func(e *event) { e.text("198.51.100."); e.out = strconv.AppendInt(e.out, int64(128+e.below(120)), 10) },
	"home":  func(e *event) { e.text("198.51.100."); e.out = strconv.AppendInt(e.out, int64(1+e.below(120)), 10) },
	"ten":   func(e *event) { e.text(tenNet(e.next())) },
	"bulk":  func(e *event) { e.bulk() },
}

func tenNet(bits uint64) string {
	b := append(make([]byte, 0, 16), "10.0."...)
	b = strconv.AppendUint(b, bits>>8%64, 10)
	b = append(b, '.')
	return string(strconv.AppendUint(b, 4+bits%250, 10))
}

// besidePublic are the first bytes in which something is private, reserved or
// for documentation; none of their addresses is made.
var besidePublic = [...]uint64{10, 100, 127, 169, 172, 192, 198, 203}

// appendPublic appends one of n IPv4 addresses that look public, spread over
// 1.0.0.0 to 223.255.255.255: one in each of n equal parts of what is public.
func appendPublic(b []byte, bits uint64, n int) []byte {
	const public = (223 - uint64(len(besidePublic))) << 24
	i, part := bits>>34*uint64(n)>>30, public/uint64(n)
	address := i*part + finish(i)%part
	first := address>>24 + 1
	for _, not := range besidePublic {
		if first >= not {
			first++
		}
	}
	b = strconv.AppendUint(b, first, 10)
	for shift := 16; shift >= 0; shift -= 8 {
		b = append(b, '.')
		b = strconv.AppendUint(b, address>>shift&255, 10)
	}
	return b
}

func (e *event) text(s string)    { e.out = append(e.out, s...) }
func (e *event) number(below int) { e.out = strconv.AppendInt(e.out, int64(e.below(below)), 10) }

// pooled appends one of the account's names of a kind: few of them carry most
// of the work.
func (e *event) pooled(kind int) {
	e.text(e.acct.pools[kind][e.w.names.at(mix(e.salt, uint64(kind)))])
}

// bucketName appends a bucket of the account's; the thief stays with one.
func (e *event) bucketName() {
	salt := e.salt
	if e.bucketFrom != 0 {
		salt = e.bucketFrom
	}
	e.text(e.acct.pools[poolBucket][e.w.names.at(mix(salt, poolBucket))])
}

// objectKey appends the key of an S3 object, as it stands in JSON.
func (e *event) objectKey() {
	h := mix(e.salt, 99)
	switch h % 16 {
	case 0:
		e.text(`reports/caf\u00e9 \u00fcbersicht ` + "日本 " + `\u003cfinal\u003e.pdf`)
	case 1, 2, 3, 4:
		e.text("images/thumb/")
		e.out = appendHex(e.out, mix(h>>52, 1), 4)
		e.text(".jpg")
	default:
		e.text("data/events/dt=")
		e.out = time.Unix(e.t-86400*int64(h>>60), 0).UTC().AppendFormat(e.out, "2006-01-02")
		e.text("/part-")
		e.out = strconv.AppendUint(e.out, 10000+h>>8%400, 10)
		e.text(".snappy.parquet")
	}
}

// size appends a number of bytes: mostly kilobytes, at times gigabytes.
func (e *event) size() {
	bits := e.next()
	e.out = strconv.AppendUint(e.out, bits>>(34+bits%24), 10)
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func (e *event) base64(n int) {
	for bits := uint64(0); n > 1; n-- {
		if bits < 64 {
			bits = e.next()
		}
		e.out = append(e.out, base64Digits[bits%64])
		bits >>= 6
	}
	e.out = append(e.out, '=')
}

// requestID appends the id that the called service gives: S3's is 16 capitals,
// everybody else's is a UUID.
func (e *event) requestID() {
	if e.op.short != "s3" {
		e.out = appendUUID(e.out, e.next())
		return
	}
	e.out = appendBase32(e.out, e.next(), 12)
	e.out = appendBase32(e.out, e.next(), 4)
}

// bulk appends nested parameters of 10 to 60 KB.
func (e *event) bulk() {
	e.text("[")
	for i, n := 0, 50+e.below(250); i < n; i++ {
		if i > 0 {
			e.text(",")
		}
		e.text(`{"id":"rule-`)
		e.out = strconv.AppendInt(e.out, int64(i), 10)
		e.text(`","match":{"path":{"prefix":"/api/v1/`)
		e.out = appendHex(e.out, e.next(), 4)
		e.text(`"},"tags":[],"weight":1.10,"limits":{"max":`)
		e.out = strconv.AppendUint(e.out, e.next()>>1, 10)
		e.text(`,"min":null}},"actions":[{"type":"forward","targets":[{"arn":"arn:aws:elasticloadbalancing:::targetgroup/`)
		e.out = appendHex(e.out, e.next(), 4)
		e.text(`"}]}]}`)
	}
	e.text("]")
}

const hexDigits = "0123456789abcdef"

// appendHex appends n bytes of v as 2n digits.
func appendHex(b []byte, v uint64, n int) []byte {
	for i := 2*n - 1; i >= 0; i-- {
		b = append(b, hexDigits[v>>(4*i)&15])
	}
	return b
}

// appendUUID appends a version-4 UUID made of a seed.
func appendUUID(b []byte, seed uint64) []byte {
	hi, lo := mix(seed, 1), mix(seed, 2)
	b = appendHex(b, hi>>32, 4)
	b = append(b, '-')
	b = appendHex(b, hi>>16, 2)
	b = append(b, '-')
	b = appendHex(b, hi&0x0fff|0x4000, 2)
	b = append(b, '-')
	b = appendHex(b, lo>>48&0x3fff|0x8000, 2)
	b = append(b, '-')
	return appendHex(b, lo, 6)
}

func appendBase32(b []byte, v uint64, n int) []byte {
	for range n {
		b = append(b, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[v&31])
		v >>= 5
	}
	return b
}

// appendKeyID appends an access key's or a principal's id: a prefix of four
// letters that tells its kind, and sixteen more.
func appendKeyID(b []byte, prefix string, seed uint64) []byte {
	b = append(b, prefix...)
	b = appendBase32(b, mix(seed, 3), 12)
	return appendBase32(b, mix(seed, 4), 4)
}

func appendISO(b []byte, unix int64) []byte {
	return time.Unix(unix, 0).UTC().AppendFormat(b, "2006-01-02T15:04:05Z")
}
