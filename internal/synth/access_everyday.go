package synth

import (
	"strconv"
	"strings"
	"time"
)

// An accessKind is an operation as the access log calls it.
type accessKind struct {
	operation string
	query     string // of the URI; <upload> and <part> stand for an upload's own
	// is has letters: k about a key, s sends the object, x sends XML, l done by
	// S3 itself as a lifecycle rule says, w of a website only, d deletes many keys.
	is     string
	status string // of success; "" is 200
	fails  string // the code of the 404 that it always meets
	share  int
}

// accessKinds are what is asked of a bucket.
var accessKinds = []accessKind{
	{operation: "REST.GET.OBJECT", is: "ks", share: 420},
	{operation: "REST.HEAD.OBJECT", is: "k", share: 120},
	{operation: "REST.PUT.OBJECT", is: "k", share: 140},
	{operation: "REST.GET.BUCKET", is: "x", query: "list-type=2&prefix=data%2Fevents%2F&max-keys=1000&encoding-type=url", share: 70},
	{operation: "REST.DELETE.OBJECT", is: "k", status: "204", share: 20},
	{operation: "REST.POST.MULTI_OBJECT_DELETE", is: "xd", query: "delete", share: 8},
	{operation: "REST.POST.UPLOADS", is: "kx", query: "uploads", share: 8},
	{operation: "REST.PUT.PART", is: "k", query: "<part>", share: 40},
	{operation: "REST.POST.UPLOAD", is: "kx", query: "<upload>", share: 8},
	{operation: "REST.DELETE.UPLOAD", is: "k", query: "<upload>", status: "204", share: 2},
	{operation: "REST.COPY.OBJECT", is: "k", share: 10},
	{operation: "REST.COPY.OBJECT_GET", is: "k", share: 10},
	{operation: "REST.COPY.PART", is: "k", query: "<part>", share: 4},
	{operation: "REST.COPY.PART_GET", is: "k", query: "<part>", share: 4},
	{operation: "REST.OPTIONS.PREFLIGHT", is: "k", share: 6},
	{operation: "REST.HEAD.BUCKET", share: 12},
	{operation: "REST.GET.LOCATION", is: "x", query: "location", share: 8},
	{operation: "REST.GET.ACL", is: "x", query: "acl", share: 6},
	{operation: "REST.GET.VERSIONING", is: "x", query: "versioning", share: 5},
	{operation: "REST.GET.LOGGING_STATUS", is: "x", query: "logging", share: 4},
	{operation: "REST.GET.BUCKETPOLICY", query: "policy", fails: "NoSuchBucketPolicy", share: 5},
	{operation: "REST.GET.BUCKETVERSIONS", is: "x", query: "versions&max-keys=1000", share: 3},
	{operation: "REST.GET.OBJECT_TAGGING", is: "kx", query: "tagging", share: 6},
	{operation: "S3.EXPIRE.OBJECT", is: "kl", share: 8},
	{operation: "S3.CREATE.DELETEMARKER", is: "kl", share: 4},
	{operation: "S3.DELETE.UPLOAD", is: "kl", share: 3},
	{operation: "S3.TRANSITION.OBJECT", is: "kl", share: 3},
	{operation: "S3.TRANSITION_SIA.OBJECT", is: "kl", share: 3},
	{operation: "S3.TRANSITION_INT.OBJECT", is: "kl", share: 2},
	{operation: "S3.TRANSITION_GDA.OBJECT", is: "kl", share: 1},
	{operation: "WEBSITE.GET.OBJECT", is: "ksw", share: 900},
	{operation: "WEBSITE.HEAD.OBJECT", is: "kw", share: 40},
}

// newAccessWheel weighs the kinds, for a website or for another bucket.
func newAccessWheel(website bool) wheel {
	var weights []int
	for _, k := range accessKinds {
		share := k.share
		if !website && strings.Contains(k.is, "w") {
			share = 0
		}
		weights = append(weights, share)
	}
	return newWheel(weights)
}

func (k *accessKind) has(letter byte) bool { return strings.IndexByte(k.is, letter) >= 0 }

// method is what the client asked with.
func (k *accessKind) method() string {
	method := strings.Split(k.operation, ".")[1]
	if method == "COPY" {
		return "PUT"
	}
	return method
}

// ask fills in what the client wants of a key, which is URL-encoded.
func (l *accessLine) ask(k *accessKind, key, query string) {
	l.set(fieldOperation, k.operation)
	path := " /"
	if l.Fields[fieldHost] != "" && !strings.HasPrefix(l.Fields[fieldHost], l.Fields[fieldBucket]) && l.Null[fieldPoint] {
		path += l.Fields[fieldBucket] + "/"
	}
	if k.has('k') {
		l.set(fieldKey, key)
		path += key
	}
	if query != "" {
		path += "?" + query
	}
	l.set(fieldURI, k.method()+path+" HTTP/1.1")
}

// answer fills in a success of size bytes.
func (l *accessLine) answer(k *accessKind, size int64, r *rng) {
	status := k.status
	if status == "" {
		status = "200"
	}
	l.set(fieldStatus, status)
	switch {
	case k.has('x'):
		l.set(fieldSent, strconv.Itoa(230+r.below(4000)))
		size = 0
	case k.has('s') && size > 0:
		l.set(fieldSent, strconv.FormatInt(size, 10))
		fallthrough
	case k.has('k') && k.operation != "REST.OPTIONS.PREFLIGHT":
		l.set(fieldSize, strconv.FormatInt(size, 10))
	}
	l.took(size, r)
}

// refuse fills in an error.
func (l *accessLine) refuse(status, code string, r *rng) {
	l.set(fieldStatus, status)
	l.set(fieldError, code)
	if !strings.Contains(l.Fields[fieldOperation], ".HEAD.") && status != "304" {
		l.set(fieldSent, strconv.Itoa(243+r.below(200)))
	}
	l.took(0, r)
}

// took fills in the milliseconds: ten million bytes take about a second.
func (l *accessLine) took(size int64, r *rng) {
	turn := int64(4 + r.below(60))
	l.set(fieldTurnAround, strconv.FormatInt(turn, 10))
	l.set(fieldTotal, strconv.FormatInt(turn+size/10000+int64(r.below(5)), 10))
}

// secure fills in how the client proved itself and what the connection was;
// "" is neither.
func (l *accessLine) secure(tls, signature, auth string) {
	l.set(fieldTLS, tls)
	l.set(fieldSignature, signature)
	l.set(fieldAuth, auth)
	switch tls {
	case "":
	case "TLSv1.3":
		l.set(fieldCipher, "TLS_AES_128_GCM_SHA256")
	default:
		l.set(fieldCipher, "ECDHE-RSA-AES128-GCM-SHA256")
	}
}

// everyday appends lines that have no CloudTrail record, until there are last:
// runs of requests by one client, within a few minutes.
func (p *accessPress) everyday(lines []accessLine, f *accessFile, last int) []accessLine {
	r := rng{mix(f.seed, 1)}
	for len(lines) < last {
		c := p.client(f, &r)
		for n := min(1+r.below(16), last-len(lines)); n > 0 && len(lines) < last; n-- {
			lines = p.request(lines, f, &c, last, &r)
		}
	}
	return lines
}

// plainLine is a line of the plainest kind.
func (p *accessPress) plainLine(f *accessFile, r *rng) accessLine {
	c := p.client(f, r)
	c.agent = sdkAgents[0]
	l := p.begin(f, &c, r)
	k := &accessKinds[0]
	l.ask(k, p.key(r, c.t), "")
	l.answer(k, int64(r.below(1<<20)), r)
	return l
}

// begin makes a line of the client's, before it asks for anything.
func (p *accessPress) begin(f *accessFile, c *client, r *rng) accessLine {
	l := f.newLine(min(c.t+int64(r.below(120)), f.end))
	l.set(fieldRequestID, string(appendBase32(appendBase32(p.name[:0], r.next(), 12), r.next(), 4)))
	p.name = p.name[:0]
	for range 9 {
		p.name = append(p.name, base64Of(r.next(), 8)...)
	}
	l.set(fieldHostID, string(append(p.name, "AbC="...)))
	l.set(fieldAddress, c.address)
	l.set(fieldRequester, c.requester)
	l.set(fieldReferer, c.referer)
	l.set(fieldAgent, c.agent)
	l.secure(c.tls, c.signature, c.auth)
	l.set(fieldHost, c.host)
	l.set(fieldPoint, c.point)
	l.set(fieldRegion, c.region)
	return l
}

// request appends the line of one request, and those of the keys it deletes.
func (p *accessPress) request(lines []accessLine, f *accessFile, c *client, last int, r *rng) []accessLine {
	kinds := p.kinds
	if f.website {
		kinds = p.visits
	}
	k := &accessKinds[kinds.at(r.next())]
	l := p.begin(f, c, r)
	if k.has('l') {
		return append(lines, p.lifecycle(f, l, k, r))
	}
	key, query := p.key(r, c.t), k.query
	switch query {
	case "<upload>":
		query = "uploadId=" + base64Of(r.next(), 10) + base64Of(r.next(), 10)
	case "<part>":
		query = "partNumber=" + strconv.Itoa(1+r.below(40)) + "&uploadId=" + base64Of(r.next(), 10) + base64Of(r.next(), 10)
	}
	if c.auth == "QueryString" && query == "" {
		query = c.presigned(f, r)
	}
	if k.has('w') {
		l.set(fieldHost, f.bucket+".s3-website-"+f.region+".amazonaws.com")
		l.secure("", "", "") // websites have no TLS
	}
	l.ask(k, key, query)
	p.outcome(&l, f, c, k, r)
	lines = append(lines, l)
	if k.has('d') && l.Null[fieldError] {
		return p.batch(lines, f, p.doomed(f, min(1+r.below(9), last-len(lines)), r), r)
	}
	return lines
}

// outcome decides how the request ends.
func (p *accessPress) outcome(l *accessLine, f *accessFile, c *client, k *accessKind, r *rng) {
	bits := r.next()
	size := int64(bits >> (34 + bits%24))
	x := r.below(1000)
	if c.requester == "" && !f.website {
		x /= 16 // most of what strangers ask for is denied
	}
	get := k.has('k') && strings.Contains(k.operation, ".GET.")
	switch {
	case k.fails != "":
		l.refuse("404", k.fails, r)
	case x < 20:
		l.refuse("403", "AccessDenied", r)
	case x < 24:
		l.refuse("503", "SlowDown", r)
	case x < 27:
		l.refuse("307", "TemporaryRedirect", r)
	case x < 50 && (get || k.operation == "REST.HEAD.OBJECT"):
		l.refuse("404", "NoSuchKey", r)
	case x < 75 && get:
		l.refuse("304", "NotModified", r)
	case x < 110 && get && size > 100:
		l.answer(k, size, r)
		l.set(fieldStatus, "206")
		l.set(fieldSent, strconv.FormatInt(1+size/4, 10))
	default:
		l.answer(k, size, r)
		if f.versioned && k.has('k') {
			l.set(fieldVersion, versionID(r))
		}
	}
	if x%100 == 99 || c.requester == "" && l.Null[fieldError] {
		l.set(fieldACL, "Yes")
	}
}

// lifecycle makes the line one of those that S3 writes about its own doings.
func (p *accessPress) lifecycle(f *accessFile, l accessLine, k *accessKind, r *rng) accessLine {
	own := f.newLine(l.Time.Unix())
	own.bare = r.below(3) > 0
	own.set(fieldRequester, "AmazonS3")
	own.set(fieldRequestID, l.Fields[fieldRequestID])
	own.set(fieldOperation, k.operation)
	own.set(fieldKey, p.key(r, l.Time.Unix()))
	own.set(fieldHostID, l.Fields[fieldHostID])
	if k.operation != "S3.DELETE.UPLOAD" {
		own.set(fieldSize, strconv.Itoa(r.below(1<<24)))
	}
	if f.versioned {
		own.set(fieldVersion, versionID(r))
	}
	return own
}

// key is a key as the log writes it. S3 writes a space as + or, as clients did
// in the URI, as %20; a name that was encoded before it was uploaded holds %25.
func (p *accessPress) key(r *rng, t int64) string {
	b, h := p.name[:0], r.next()
	switch h % 24 {
	case 0:
		b = append(b, "reports/caf%C3%A9+%C3%BCbersicht+%E6%97%A5%E6%9C%AC+%3Cfinal%3E.pdf"...)
	case 1:
		b = append(appendHex(append(b, "inbox/Scan%20of%20"...), h>>32, 2), "%20(1).pdf"...)
	case 2:
		b = append(appendHex(append(b, "exports/all%2520regions%252F"...), h>>32, 2), ".csv"...)
	case 3, 4, 5, 6, 7, 8:
		b = append(appendHex(append(b, "images/thumb/"...), h>>16, 4), ".jpg"...)
	default:
		b = append(b, "data/events/dt%3D"...)
		b = time.Unix(t-86400*int64(h>>60), 0).UTC().AppendFormat(b, "2006-01-02")
		b = strconv.AppendUint(append(b, "/part-"...), 10000+h>>8%4000, 10)
		b = append(b, ".snappy.parquet"...)
	}
	p.name = b
	return string(b)
}

func versionID(r *rng) string {
	return base64Of(r.next(), 10) + base64Of(r.next(), 10) + base64Of(r.next(), 10) + "._"
}

// base64Of returns n letters or digits, 10 at most.
func base64Of(bits uint64, n int) string {
	var b [10]byte
	for i := range n {
		b[i] = base64Digits[bits%62]
		bits >>= 6
	}
	return string(b[:n])
}
