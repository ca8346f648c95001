package synth

import (
	"strconv"
	"strings"
)

// How a role's sessions are named.
const (
	namedFixed    = iota // by what runs: a function, a service, a pipeline
	namedInstance        // i-…, one of several
	namedBotocore        // botocore-session-N, new with each session
	namedUUID
)

// An actor is somebody or something that calls: a role with its sessions, an
// IAM user, or a service on its own account.
type actor struct {
	acct *account
	kind string // as userIdentity.type has it
	name string // of the role or user; of a service its host name
	arn  string
	id   string // AROA…, AIDA…
	seed uint64

	naming int
	label  string // session name where naming is fixed
	period int64  // seconds that a session lasts
	fanout int    // sessions at the same time

	addrs, agents []string
	endpoint      bool // calls through a VPC endpoint
	invokedBy     string
	person        string // Identity Center's user id, of a person
	provider      string // of a web identity
	ec2, mfa      bool
	console       bool
	sourceID      string

	ops  []*op
	pick wheel
}

// A session is one of an actor's: which, and when it began.
type session struct {
	start int64
	id    uint64
	sub   int
}

// session returns the one that the actor uses at t. Sessions follow from the
// time alone, so that every file agrees on their keys and creation dates.
func (a *actor) session(t int64, salt uint64) session {
	sub := 0
	if a.fanout > 1 {
		sub = int(salt % uint64(a.fanout))
	}
	phase := int64(mix(a.seed, uint64(sub)) % uint64(a.period))
	k := (t + phase) / a.period
	return session{start: k*a.period - phase, id: mix(a.seed, uint64(k)<<8|uint64(sub)), sub: sub}
}

func (a *actor) appendSession(b []byte, s session) []byte {
	switch a.naming {
	case namedInstance:
		return append(b, a.acct.pools[poolInstance][(int(a.seed%poolSize)+s.sub)%poolSize]...)
	case namedBotocore:
		b = append(b, "botocore-session-"...)
		return strconv.AppendInt(b, s.start, 10)
	case namedUUID:
		return appendUUID(b, s.id)
	}
	return append(b, a.label...)
}

// Who is hired in every account. share is how much of the account's work they
// do by day and by night; ops are calls of the catalogue with their weights.
type job struct {
	actor
	share [2]int
	does  string
}

var (
	sdkAgents = []string{
		"aws-sdk-java/2.25.60 Linux/5.10.217 OpenJDK_64-Bit_Server_VM/17.0.11+9-LTS Java/17.0.11",
		"Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux lang/python#3.11.9",
		"aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22.4 md/GOARCH#arm64",
		"aws-sdk-js/3.600.0 ua/2.0 os/linux lang/js md/nodejs#20.14.0",
	}
	cliAgents = []string{
		"aws-cli/2.16.12 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.8 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off",
		"aws-cli/2.15.30 Python/3.11.8 Windows/10 exe/AMD64 prompt/off",
	}
	browsers = []string{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
	}
	terraform  = []string{"APN/1.0 HashiCorp/1.0 Terraform/1.8.5 (+https://www.terraform.io) terraform-provider-aws/5.54.1 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.28.0 os/linux lang/go#1.22.4 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.165.0"}
	wayOut     = []string{"192.0.2.130", "192.0.2.131", "192.0.2.132"}
	buildHosts = []string{"192.0.2.200", "192.0.2.201"}
)

// hire fills the account with actors.
func (w *world) hire(a *account) {
	var day, night []int
	for _, j := range staff(a) {
		who := j.actor
		who.acct, who.seed = a, mix(a.seed, uint64(5000+len(a.actors)))
		who.identify()
		var weights []int
		who.ops, weights = w.parseOps(j.does)
		who.pick = newWheel(weights)
		a.actors = append(a.actors, &who)
		day, night = append(day, j.share[0]), append(night, j.share[1])
		if who.kind == "AssumedRole" && who.invokedBy == "" && who.person == "" && who.provider == "" {
			a.roles = append(a.roles, a.actors[len(a.actors)-1])
		}
	}
	a.day, a.night = newWheel(day), newWheel(night)
}

// identify gives the actor its ids; the story's user keeps the one it has.
func (a *actor) identify() {
	switch a.kind {
	case "AssumedRole":
		a.id = principalID("AROA", a.seed)
		path := ""
		if a.invokedBy != "" {
			path = "aws-service-role/" + a.invokedBy + "/"
		} else if a.person != "" {
			path = "aws-reserved/sso.amazonaws.com/"
		}
		a.arn = "arn:aws:iam::" + a.acct.id + ":role/" + path + a.name
	case "IAMUser":
		a.id = principalID("AIDA", a.seed)
		a.arn = "arn:aws:iam::" + a.acct.id + ":user/" + a.name
	}
	if a.period == 0 {
		a.period = 3600
	}
}

// principalID has a letter more than an access key's id.
func principalID(prefix string, seed uint64) string {
	return string(appendBase32(appendKeyID(nil, prefix, seed), mix(seed, 8), 1))
}

// keySeed is what an IAM user's long-lived access key is made of.
func (a *actor) keySeed() uint64 { return mix(a.seed, 7) }

// parseOps reads "s3.GetObject 30 kms.Decrypt 25". A star stands for the whole
// catalogue, each call half as likely as one at half its place.
func (w *world) parseOps(does string) ([]*op, []int) {
	var ops []*op
	var weights []int
	if does == "*" {
		for i := range w.calls {
			weights = append(weights, 10000/(1+i))
		}
		return w.calls, weights
	}
	f := strings.Fields(does)
	for i := 0; i+1 < len(f); i += 2 {
		o, ok := w.ops[f[i]]
		n, err := strconv.Atoi(f[i+1])
		if !ok || err != nil {
			panic("synth: no call " + f[i])
		}
		ops, weights = append(ops, o), append(weights, n)
	}
	return ops, weights
}
