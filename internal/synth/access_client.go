package synth

import "strings"

// A client sends the requests of one run.
type client struct {
	t                         int64
	requester, address, agent string // "" is null
	referer, region           string
	tls, signature, auth      string
	host, point               string
}

// strangers ask without credentials: visitors of a website, and whoever looks
// for buckets that are open.
var (
	strangers = []string{"curl/8.6.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 zgrab/0.x", "python-requests/2.31.0", "Wget/1.21.4"}
	referers  = []string{"https://www.example.com/", "https://www.example.com/catalog?q=red%20shoes&page=2", "https://s3.console.aws.amazon.com/"}
)

// client picks who asks: mostly one of the account's actors, from where and
// with what it also calls in the trail.
func (p *accessPress) client(f *accessFile, r *rng) client {
	c := client{t: f.begin + int64(r.below(int(f.end-f.begin)+1))}
	x := r.below(100)
	switch {
	case f.website && x < 85 || x < 6:
		p.stranger(&c, r)
	case x < 9:
		p.actor(&c, f, r)
		c.requester = canonicalOf(mix(p.w.seed, uint64(9000+r.below(5)))) // of another organisation
	default:
		p.actor(&c, f, r)
	}
	p.connect(&c, f, r)
	return c
}

func (p *accessPress) stranger(c *client, r *rng) {
	e := event{rng: rng{r.next()}, out: p.name[:0]}
	if r.below(8) == 0 {
		e.text("2001:db8:bad::")
		e.out = appendHex(e.out, e.next(), 1)
	} else {
		places["noise"](&e)
	}
	c.address = string(e.out)
	p.name = e.out
	c.agent = strangers[r.below(len(strangers))]
	if r.below(2) == 0 {
		c.agent = browsers[r.below(len(browsers))]
		c.referer = referers[r.below(2)]
	}
}

// actor makes the client one of the account's.
func (p *accessPress) actor(c *client, f *accessFile, r *rng) {
	shift := f.acct.night
	if isWorking(c.t) {
		shift = f.acct.day
	}
	who := f.acct.actors[shift.at(r.next())]
	e := event{draft: draft{t: c.t, op: trailCall, who: who, acct: f.acct, region: f.region}, w: p.w, salt: r.next()}
	e.sess = who.session(c.t, e.salt)
	take := func(write func()) string {
		e.out = p.name[:0]
		write()
		p.name = e.out
		return string(e.out)
	}
	c.agent = take(e.userAgent)
	c.signature, c.auth = "SigV4", "AuthHeader"
	switch {
	case who.kind == "AWSService":
		c.requester = "svc:" + who.invokedBy
	default:
		c.requester = take(e.appendARN)
	}
	if who.invokedBy == "" {
		c.address = take(e.address)
	}
	if !who.console && !strings.HasPrefix(c.agent, "aws-cli") {
		c.region = f.region
	}
	switch {
	case strings.HasPrefix(c.agent, "Mozilla"):
		c.referer, c.auth = referers[2], "QueryString"
		if r.below(2) == 0 {
			c.agent, c.referer, c.auth = "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.217 OpenJDK_64-Bit_Server_VM/25.412-b09 java/1.8.0_412]", "", "AuthHeader"
		}
	case r.below(8) == 0 && c.address != "":
		c.agent = "[" + c.agent + "]"
	case r.below(40) == 0:
		c.auth = "QueryString"
	case r.below(60) == 0:
		c.signature = "SigV2"
		if r.below(2) == 0 {
			c.auth = "QueryString"
		}
	}
}

// trailCall is what makes an event ask for an actor's own address and agent.
var trailCall = &op{short: "s3", name: "GetObject"}

// connect decides by which name and how safely the client comes.
func (p *accessPress) connect(c *client, f *accessFile, r *rng) {
	c.host = f.bucket + ".s3." + f.region + ".amazonaws.com"
	switch x := r.below(100); {
	case x < 4 && c.auth != "":
		name := strings.TrimPrefix(f.bucket, "acme-") + "-ap"
		c.point = "arn:aws:s3:" + f.region + ":" + f.acct.id + ":accesspoint/" + name
		c.host = name + "-" + f.acct.id + ".s3-accesspoint." + f.region + ".amazonaws.com"
	case x < 14:
		c.host = "s3." + f.region + ".amazonaws.com"
	}
	switch x := r.below(100); {
	case x < 2 || c.auth == "" && x < 10:
		c.tls = ""
	case x < 14:
		c.tls = "TLSV1.2" // as S3 wrote it for years, and at times still does
	case x < 34:
		c.tls = "TLSv1.2"
	default:
		c.tls = "TLSv1.3"
	}
}

// presigned is the query of a URL that was signed for whoever has it.
func (c *client) presigned(f *accessFile, r *rng) string {
	if c.signature == "SigV2" {
		return "AWSAccessKeyId=" + string(appendKeyID(nil, "AKIA", r.next())) + "&Signature=" + base64Of(r.next(), 10) + "%2B" + base64Of(r.next(), 10) + "%3D&Expires=1752700000"
	}
	day := string(appendISO(nil, c.t))
	day = day[:4] + day[5:7] + day[8:10]
	return "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + string(appendKeyID(nil, "ASIA", r.next())) + "%2F" + day + "%2F" + f.region +
		"%2Fs3%2Faws4_request&X-Amz-Date=" + day + "T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=" +
		string(appendHex(appendHex(nil, r.next(), 8), r.next(), 8))
}

// canonicalOf is how S3 calls an account: 64 hexadecimal digits.
func canonicalOf(seed uint64) string {
	b := make([]byte, 0, 64)
	for i := range uint64(4) {
		b = appendHex(b, mix(seed, i), 8)
	}
	return string(b)
}
