package synth

import (
	"strconv"
	"strings"
)

// OrganizationID is the organisation in every key.
const OrganizationID = "o-exampleorgid"

// accountIDs are ids that documentation uses, the story's two first. Their
// number is the limit of Config.Accounts.
var accountIDs = []string{
	"111122223333", "444455556666", "123456789012", "777788889999",
	"555555555555", "999999999999", "222222222222", "333333333333",
	"888888888888", "666666666666", "444444444444", "777777777777",
}

// regions, the busiest first; the first records what is global.
var (
	regions       = []string{"us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2"}
	regionWeights = []int{44, 30, 12, 10, 4}
)

// Kinds of names that an account has poolSize of.
const (
	poolBucket = iota
	poolFunction
	poolTable
	poolQueue
	poolCluster
	poolSecret
	poolStack
	poolRole
	poolUser
	poolKey
	poolInstance
	poolEndpoint
	pools
)

const poolSize = 24

// An account is one of the organisation's, with what is in it.
type account struct {
	index int
	id    string
	alias string
	seed  uint64
	// canonical is the account's id in access logs.
	canonical string
	pools     [pools][]string
	actors    []*actor
	// day, night weigh the actors in working hours and outside them.
	day, night wheel
	// roles are those of actors whose sessions begin with an AssumeRole.
	roles []*actor
}

// A world is all that does not change from event to event. It is built once
// and only read afterwards, by as many workers as there are.
type world struct {
	seed     uint64
	accounts []*account
	calls    []*op // the catalogue, in its order
	ops      map[string]*op
	names    wheel // over a pool
	rare     []*op
	rarely   wheel          // over rare
	special  map[string]*op // pairs and other kinds of files
	// addresses is Config.Addresses, signed Config.Signed.
	addresses int
	signed    bool
}

func newWorld(cfg Config) *world {
	w := &world{seed: cfg.Seed, names: zipfWheel(poolSize), addresses: cfg.Addresses, signed: cfg.Signed}
	w.compileCatalogue()
	for i := range cfg.Accounts {
		w.accounts = append(w.accounts, w.newAccount(i))
	}
	return w
}

func (w *world) newAccount(i int) *account {
	a := &account{index: i, id: accountIDs[i], seed: mix(w.seed, uint64(1000+i))}
	a.canonical = canonicalOf(mix(a.seed, 64))
	a.alias = strings.Split("prod staging shared data payments audit sandbox mobile search media legacy labs", " ")[i]
	for k := range a.pools {
		a.pools[k] = a.poolNames(k)
	}
	w.hire(a)
	return a
}

var (
	things = strings.Fields("orders billing catalog search events reports images users sessions invoices metrics exports " +
		"audit payments ledger inventory mail push fraud pricing feeds archive models docs")
	purposes = strings.Fields("api worker raw curated sync ingest store index stream cron")
)

// poolNames makes the account's names of a kind, different ones in each
// account, as people give them.
func (a *account) poolNames(kind int) []string {
	r := rng{mix(a.seed, uint64(kind))}
	names := make([]string, poolSize)
	for i := range names {
		thing, purpose := things[(i+a.index)%len(things)], purposes[r.below(len(purposes))]
		switch kind {
		case poolBucket:
			names[i] = "acme-" + a.alias + "-" + thing + "-" + purpose
		case poolTable:
			names[i] = thing + "_" + purpose + "_v" + strconv.Itoa(1+i%3)
		case poolSecret:
			names[i] = a.alias + "/" + thing + "/" + purpose + "-credentials"
		case poolUser:
			names[i] = "svc-" + thing + "-" + purpose
		case poolKey:
			names[i] = string(appendUUID(nil, r.next()))
		case poolInstance:
			names[i] = "i-0" + string(appendHex(nil, r.next(), 8))
		case poolEndpoint:
			names[i] = "vpce-0" + string(appendHex(nil, r.next(), 8))
		default:
			names[i] = thing + "-" + purpose + "-" + strconv.Itoa(i)
		}
	}
	return names
}
