package geotest

import "maps"

// names are a place's in several languages.
type names = map[string]any

var continents = map[string]Record{
	"EU": {"code": "EU", "geoname_id": 6255148, "names": names{"en": "Europe", "de": "Europa", "es": "Europa", "fr": "Europe", "ja": "ヨーロッパ", "pt-BR": "Europa", "ru": "Европа", "zh-CN": "欧洲"}},
	"NA": {"code": "NA", "geoname_id": 6255149, "names": names{"en": "North America", "de": "Nordamerika", "es": "Norteamérica", "fr": "Amérique du Nord", "ja": "北アメリカ", "pt-BR": "América do Norte", "ru": "Северная Америка", "zh-CN": "北美洲"}},
	"SA": {"code": "SA", "geoname_id": 6255150, "names": names{"en": "South America", "de": "Südamerika", "es": "Sudamérica", "fr": "Amérique du Sud", "ja": "南アメリカ", "pt-BR": "América do Sul", "ru": "Южная Америка", "zh-CN": "南美洲"}},
	"AS": {"code": "AS", "geoname_id": 6255147, "names": names{"en": "Asia", "de": "Asien", "es": "Asia", "fr": "Asie", "ja": "アジア", "pt-BR": "Ásia", "ru": "Азия", "zh-CN": "亚洲"}},
	"OC": {"code": "OC", "geoname_id": 6255151, "names": names{"en": "Oceania", "de": "Ozeanien", "es": "Oceanía", "fr": "Océanie", "ja": "オセアニア", "pt-BR": "Oceania", "ru": "Океания", "zh-CN": "大洋洲"}},
}

var countries = map[string]Record{
	"AU": {"iso_code": "AU", "geoname_id": 2077456, "names": names{"en": "Australia", "de": "Australien", "es": "Australia", "fr": "Australie", "ja": "オーストラリア", "pt-BR": "Austrália", "ru": "Австралия", "zh-CN": "澳大利亚"}},
	"BR": {"iso_code": "BR", "geoname_id": 3469034, "names": names{"en": "Brazil", "de": "Brasilien", "es": "Brasil", "fr": "Brésil", "pt-BR": "Brasil"}},
	"BT": {"iso_code": "BT", "geoname_id": 1252634, "names": names{"en": "Bhutan", "de": "Bhutan", "es": "Bután", "fr": "Bhutan", "ja": "ブータン王国", "pt-BR": "Butão", "ru": "Бутан", "zh-CN": "不丹"}},
	"CN": {"iso_code": "CN", "geoname_id": 1814991, "names": names{"en": "China", "de": "China", "es": "China", "fr": "Chine", "ja": "中国", "pt-BR": "China", "ru": "Китай", "zh-CN": "中国"}},
	"DE": {"iso_code": "DE", "geoname_id": 2921044, "is_in_european_union": true, "names": names{"en": "Germany", "de": "Deutschland", "es": "Alemania", "fr": "Allemagne", "ja": "ドイツ連邦共和国", "pt-BR": "Alemanha", "ru": "Германия", "zh-CN": "德国"}},
	"GB": {"iso_code": "GB", "geoname_id": 2635167, "names": names{"en": "United Kingdom", "de": "Vereinigtes Königreich", "es": "Reino Unido", "fr": "Royaume-Uni", "ja": "イギリス", "pt-BR": "Reino Unido", "ru": "Великобритания", "zh-CN": "英国"}},
	"IE": {"iso_code": "IE", "geoname_id": 2963597, "is_in_european_union": true, "names": names{"en": "Ireland", "de": "Irland", "es": "Irlanda", "fr": "Irlande", "pt-BR": "Irlanda"}},
	"IS": {"iso_code": "IS", "geoname_id": 2629691, "names": names{"en": "Iceland", "de": "Island", "es": "Islandia", "fr": "Islande", "pt-BR": "Islândia"}},
	"JP": {"iso_code": "JP", "geoname_id": 1861060, "names": names{"en": "Japan", "de": "Japan", "es": "Japón", "fr": "Japon", "ja": "日本", "pt-BR": "Japão", "ru": "Япония", "zh-CN": "日本"}},
	"KR": {"iso_code": "KR", "geoname_id": 1835841, "names": names{"en": "South Korea", "de": "Republik Korea", "fr": "Corée du Sud", "ja": "大韓民国", "ru": "Южная Корея", "zh-CN": "韩国"}},
	"PH": {"iso_code": "PH", "geoname_id": 1694008, "names": names{"en": "Philippines", "de": "Philippinen", "es": "Filipinas", "fr": "Philippines", "ja": "フィリピン共和国", "pt-BR": "Filipinas", "ru": "Филиппины", "zh-CN": "菲律宾"}},
	"RO": {"iso_code": "RO", "geoname_id": 798549, "is_in_european_union": true, "names": names{"en": "Romania", "de": "Rumänien", "es": "Rumanía", "fr": "Roumanie", "ja": "ルーマニア", "pt-BR": "Romênia", "ru": "Румыния", "zh-CN": "罗马尼亚"}},
	"SE": {"iso_code": "SE", "geoname_id": 2661886, "is_in_european_union": true, "names": names{"en": "Sweden", "de": "Schweden", "es": "Suecia", "fr": "Suède", "ja": "スウェーデン王国", "pt-BR": "Suécia", "ru": "Швеция", "zh-CN": "瑞典"}},
	"SG": {"iso_code": "SG", "geoname_id": 1880251, "names": names{"en": "Singapore", "de": "Singapur", "es": "Singapur", "fr": "Singapour", "ja": "シンガポール", "pt-BR": "Singapura", "ru": "Сингапур", "zh-CN": "新加坡"}},
	"US": {"iso_code": "US", "geoname_id": 6252001, "names": names{"en": "United States", "de": "USA", "es": "Estados Unidos", "fr": "États-Unis", "ja": "アメリカ合衆国", "pt-BR": "Estados Unidos", "ru": "США", "zh-CN": "美国"}},
	"VN": {"iso_code": "VN", "geoname_id": 1562822, "names": names{"en": "Vietnam", "de": "Vietnam", "es": "Vietnam", "fr": "Viêt Nam", "pt-BR": "Vietnã"}},
}

// place makes a record of a continent, a country and what of it is there.
func place(continent, country string, location Record, more ...Record) Record {
	r := Record{"continent": continents[continent], "country": countries[country], "registered_country": countries[country], "location": location}
	for _, m := range more {
		maps.Copy(r, m)
	}
	return r
}

func at(latitude, longitude float64, radius int, zone string) Record {
	return Record{"latitude": latitude, "longitude": longitude, "accuracy_radius": radius, "time_zone": zone}
}

func city(id int, n names) Record { return Record{"city": Record{"geoname_id": id, "names": n}} }

func subdivision(id int, code string, n names) Record {
	return Record{"subdivisions": []any{Record{"geoname_id": id, "iso_code": code, "names": n}}}
}

func registered(country string) Record { return Record{"registered_country": countries[country]} }

// Documentation returns the City records of the documentation addresses. The
// company is in Ireland, where its people live too, but for some in London; its
// workloads go out in Frankfurt. The internet's noise comes from four continents,
// and the thief from Iceland, where nobody else does.
func Documentation() Records {
	leinster := subdivision(7521314, "L", names{"en": "Leinster"})
	munster := subdivision(7521315, "M", names{"en": "Munster"})
	england := subdivision(6269131, "ENG", names{"en": "England", "es": "Inglaterra", "fr": "Angleterre", "pt-BR": "Inglaterra"})
	dublin := place("EU", "IE", at(53.3331, -6.2489, 20, "Europe/Dublin"), leinster, city(2964574, names{"en": "Dublin", "de": "Dublin", "es": "Dublín", "fr": "Dublin"}))
	cork := place("EU", "IE", at(51.8980, -8.4706, 20, "Europe/Dublin"), munster, city(2965140, names{"en": "Cork", "de": "Cork"}))
	london := place("EU", "GB", at(51.5085, -0.1257, 50, "Europe/London"), england, city(2643743, names{"en": "London", "de": "London", "es": "Londres", "fr": "Londres", "pt-BR": "Londres"}))
	frankfurt := place("EU", "DE", at(50.1155, 8.6842, 20, "Europe/Berlin"), subdivision(2905330, "HE", names{"en": "Hesse", "de": "Hessen"}),
		city(2925533, names{"en": "Frankfurt am Main", "de": "Frankfurt am Main", "fr": "Francfort-sur-le-Main"}))
	chicago := place("NA", "US", at(41.8500, -87.6500, 100, "America/Chicago"), subdivision(4896861, "IL", names{"en": "Illinois"}), city(4887398, names{"en": "Chicago"}))
	return Records{
		"192.0.2.0/25":      dublin,
		"192.0.2.128/25":    frankfurt,
		"198.51.100.0/26":   dublin,
		"198.51.100.64/27":  cork,
		"198.51.100.96/27":  london,
		"198.51.100.128/27": chicago,
		"198.51.100.160/27": place("SA", "BR", at(-23.5475, -46.6361, 200, "America/Sao_Paulo"), subdivision(3448433, "SP", names{"en": "São Paulo"}), city(3448439, names{"en": "São Paulo"})),
		"198.51.100.192/27": place("AS", "VN", at(21.0245, 105.8412, 200, "Asia/Bangkok"), city(1581130, names{"en": "Hanoi", "fr": "Hanoï"})),
		"198.51.100.224/27": place("EU", "RO", at(44.4328, 26.1043, 200, "Europe/Bucharest"), city(683506, names{"en": "Bucharest", "de": "Bukarest", "fr": "Bucarest"})),
		"203.0.113.0/24":    place("EU", "IS", at(64.1355, -21.8954, 50, "Atlantic/Reykjavik"), city(3413829, names{"en": "Reykjavik", "de": "Reykjavík", "es": "Reikiavik"})),
		"2001:db8:1::/48":   cork,
		"2001:db8:bad::/48": chicago,
	}
}

// DocumentationASN returns ASN records of the documentation addresses; the numbers
// are documentation's too.
func DocumentationASN() Records {
	network := func(number int, org string) Record {
		return Record{"autonomous_system_number": number, "autonomous_system_organization": org}
	}
	return Records{
		"192.0.2.0/25":      network(64496, "Example Company Ltd"),
		"192.0.2.128/25":    network(64497, "Example Cloud"),
		"198.51.100.0/25":   network(64498, "Example Broadband"),
		"198.51.100.128/25": network(64499, "Example Hosting"),
		"203.0.113.0/24":    network(64500, "Example Servers ehf."),
		"2001:db8:1::/48":   network(64498, "Example Broadband"),
		"2001:db8:bad::/48": network(64499, "Example Hosting"),
	}
}

// WellKnown returns City records that MaxMind's GeoIP2-City-Test.mmdb holds too,
// with the same names, codes and coordinates.
func WellKnown() Records {
	london := place("EU", "GB", at(51.5142, -0.0931, 10, "Europe/London"), registered("US"),
		subdivision(6269131, "ENG", names{"en": "England", "es": "Inglaterra", "fr": "Angleterre", "pt-BR": "Inglaterra"}),
		city(2643743, names{"en": "London", "de": "London", "es": "Londres", "fr": "Londres", "ja": "ロンドン", "pt-BR": "Londres", "ru": "Лондон"}))
	linkoping := place("EU", "SE", at(58.4167, 15.6167, 76, "Europe/Stockholm"), registered("DE"),
		subdivision(2685867, "E", names{"en": "Östergötland County", "fr": "Comté d'Östergötland"}),
		city(2694762, names{"en": "Linköping", "de": "Linköping", "fr": "Linköping", "ja": "リンシェーピング", "zh-CN": "林雪平"}))
	washington := subdivision(5815135, "WA", names{"en": "Washington", "es": "Washington", "fr": "État de Washington", "ja": "ワシントン州", "ru": "Вашингтон", "zh-CN": "华盛顿州"})
	return Records{
		"81.2.69.142/31":   london,
		"81.2.69.144/28":   london,
		"81.2.69.160/27":   london,
		"81.2.69.192/28":   london,
		"89.160.20.112/28": linkoping,
		"89.160.20.128/25": linkoping,
		"175.16.199.0/24": place("AS", "CN", at(43.88, 125.3228, 100, "Asia/Harbin"), subdivision(2036500, "22", names{"en": "Jilin Sheng", "zh-CN": "吉林"}),
			city(2038180, names{"en": "Changchun", "de": "Chángchūn", "fr": "Changchun", "ja": "長春市", "ru": "Чанчунь", "zh-CN": "长春"})),
		"216.160.83.56/29": place("NA", "US", at(47.2513, -122.3149, 22, "America/Los_Angeles"), registered("GB"), washington, city(5803556, names{"en": "Milton", "ru": "Мильтон"})),
		"216.160.83.64/29": place("NA", "US", at(47.7511, -120.7401, 1000, "America/Los_Angeles"), registered("GB"), washington),
		"67.43.156.0/24":   place("AS", "BT", at(27.5, 90.5, 534, "Asia/Thimphu"), registered("RO")),
		"202.196.224.0/20": place("AS", "PH", at(13, 122, 121, "Asia/Manila")),
		"214.0.0.0/24":     place("AS", "SG", at(1.336, 103.7716, 10, "Asia/Singapore"), city(1880252, names{"en": "Singapore", "de": "Singapur", "es": "Singapur", "fr": "Singapour", "ja": "シンガポール", "pt-BR": "Singapura", "ru": "Сингапур", "zh-CN": "新加坡"})),
		"214.0.1.0/24":     place("OC", "AU", at(-37.8159, 144.9669, 20, "Australia/Melbourne"), subdivision(2145234, "VIC", names{"en": "Victoria", "pt-BR": "Vitória", "ru": "Виктория"}), city(2158177, names{"en": "Melbourne", "de": "Melbourne", "ja": "メルボルン", "ru": "Мельбурн", "zh-CN": "墨尔本"})),
		"214.1.1.0/24":     {"traits": Record{"is_anycast": true}},
		"2001:218::/32":    place("AS", "JP", at(35.68536, 139.75309, 100, "Asia/Tokyo")),
		"2001:220::/32":    place("AS", "KR", at(37, 127.5, 100, "Asia/Seoul")),
		"2001:252::/32":    place("AS", "CN", Record{"latitude": 35, "longitude": 105, "accuracy_radius": 100}), // no time zone
	}
}

// WellKnownASN returns records that MaxMind's GeoLite2-ASN-Test.mmdb holds too.
func WellKnownASN() Records {
	return Records{
		"1.128.0.0/11":    {"autonomous_system_number": 1221, "autonomous_system_organization": "Telstra Pty Ltd"},
		"12.81.92.0/22":   {"autonomous_system_number": 7018}, // who that is, it does not say
		"15.0.0.0/8":      {"autonomous_system_number": 71, "autonomous_system_organization": "Hewlett-Packard Company"},
		"18.0.0.0/8":      {"autonomous_system_number": 3, "autonomous_system_organization": "Massachusetts Institute of Technology"},
		"23.32.0.0/11":    {"autonomous_system_number": 35994, "autonomous_system_organization": "Akamai Technologies, Inc."},
		"31.224.0.0/11":   {"autonomous_system_number": 3320, "autonomous_system_organization": "Deutsche Telekom AG"},
		"38.108.80.30/32": {"autonomous_system_number": 174, "autonomous_system_organization": "Cogent Communications"},
		"50.128.0.0/9":    {"autonomous_system_number": 7922, "autonomous_system_organization": "Comcast Cable Communications, Inc."},
	}
}

// CountriesOf returns of City records what a Country database says.
func CountriesOf(cities Records) Records {
	some := Records{}
	for network, r := range cities {
		country := Record{}
		for _, key := range []string{"continent", "country", "registered_country", "traits"} {
			if v, ok := r[key]; ok {
				country[key] = v
			}
		}
		some[network] = country
	}
	return some
}
