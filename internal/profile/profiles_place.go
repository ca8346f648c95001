package profile

// The places are a ladder: what is new in a country has a new address as well. Each
// is for those to whom a smaller number of values is normal.

// sourceIP is of the actor: to peers, each of whom has others, addresses are noise.
// They change by themselves at home and on the road.
func sourceIP() Profile {
	return place("source-ip", 1, 0.5, "first call from the address %s", func(p *Place) []byte { return p.address }, OfActor)
}

// network is the /24, or IPv6's /48, in which most addresses that change by themselves
// stay; of the actor, as sourceIP.
func network() Profile {
	return place("network", 2, 0.5, "first call from the network %s", func(p *Place) []byte { return p.network }, OfActor)
}

// asn is also of peers: their ways to the internet are a handful.
func asn() Profile {
	return place("asn", 3, 0.8, "first call from the provider %s", func(p *Place) []byte { return p.asn }, OfActor, OfPeers)
}

// city weighs less than it seems: databases are often wrong about it.
func city() Profile {
	return place("city", 4, 0.7, "first call from %s", func(p *Place) []byte { return p.city }, OfActor, OfPeers)
}

// country is of the account too, all of whose people are in a few. Private networks
// are a country of their own, so that the first call from elsewhere is seen.
func country() Profile {
	return place("country", 5, 1.2, "first call from the country %s", func(p *Place) []byte { return p.country }, OfActor, OfPeers, OfAccount)
}

func place(name string, step int, weight float64, phrase string, value func(p *Place) []byte, of ...Of) Profile {
	return Profile{
		Name: name, Of: of, Weight: weight, Ladder: placeLadder, Step: step, Phrase: phrase,
		Value: func(e *Event, _ []byte) ([]byte, bool) {
			if e.Place == nil || !e.judged() {
				return nil, false
			}
			v := value(e.Place)
			return v, len(v) > 0
		},
	}
}

// torExit is of the actor and the account, for whom the network of exits is one value:
// who uses Tor has another of them with each circuit.
func torExit() Profile {
	return Profile{
		Name: "tor-exit", Of: []Of{OfActor, OfAccount}, Weight: 3, Absent: "no exit",
		Phrase: "first call through %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			switch {
			case e.Place == nil || !e.judged() || !e.Place.TorKnown || !e.Place.Addr.IsValid():
				return nil, false
			case e.Place.Tor:
				return append(buf, "Tor"...), true
			}
			return append(buf, "no exit"...), true
		},
	}
}

// vpcEndpoints is of the actor and the account. Who always came through one and now
// comes from the internet has a new value as well.
func vpcEndpoints() Profile {
	return Profile{
		Name: "vpc-endpoint", Of: []Of{OfActor, OfAccount}, Weight: 0.8, Absent: "internet",
		Phrase: "first call through %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			switch {
			case !e.judged() || len(e.Channel) > 0:
				return nil, false
			case len(e.Endpoint) > 0:
				return cut(e.Endpoint), true
			}
			return append(buf, "internet"...), e.Place != nil && e.Place.Addr.IsValid() && !e.Place.Private
		},
	}
}

// instanceCredentials is of the role and its like: where instances go out by a
// network of the company's own, they always have. Without AWS's ranges it is not known.
func instanceCredentials() Profile {
	return Profile{
		Name: "instance-credentials", Of: []Of{OfActor, OfPeers}, Weight: 2, Absent: "inside AWS",
		Phrase: "first use of an instance's credentials %s",
		Value: func(e *Event, buf []byte) ([]byte, bool) {
			p := e.Place
			switch {
			case !e.Instance || !e.judged() || len(e.Channel) > 0:
				return nil, false
			case len(e.Endpoint) > 0:
			case p == nil || !p.Addr.IsValid():
				return nil, false
			case p.Private || p.AWS != "":
			case !p.AWSKnown:
				return nil, false
			default:
				return append(buf, "outside AWS"...), true
			}
			return append(buf, "inside AWS"...), true
		},
	}
}
