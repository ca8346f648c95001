package main

import (
	"fmt"
	"os"

	"github.com/ctsql/ctsql/internal/geoip/geotest"
)

// The database of places has a network of 256 addresses each for networks, but for
// every fiftieth, from 16.0.0.0 on; neighbours are in different cities.
const (
	networks  = 51_000
	cities    = 400
	countries = 60
)

// writeCity writes the database.
func writeCity(path string) error {
	records := geotest.Records{}
	for i := range networks {
		if i%50 != 49 {
			records[fmt.Sprintf("16.%d.%d.0/24", i>>8, i&255)] = city(i * 7 % cities)
		}
	}
	db, err := geotest.Build("GeoLite2-City", records, 6)
	if err != nil {
		return err
	}
	return os.WriteFile(path, db, 0o644)
}

// city is a record as MaxMind's are, with names in several languages.
func city(i int) geotest.Record {
	named := func(id int, name string) geotest.Record {
		names := geotest.Record{}
		for _, language := range []string{"de", "en", "es", "fr"} {
			names[language] = name
		}
		return geotest.Record{"geoname_id": id, "names": names}
	}
	country := named(1000+i%countries, fmt.Sprintf("Country %d", i%countries))
	country["iso_code"] = fmt.Sprintf("%c%c", 'A'+i%countries/26, 'A'+i%countries%26)
	return geotest.Record{
		"city":         named(2000+i, fmt.Sprintf("City %d", i)),
		"country":      country,
		"subdivisions": []any{named(3000+i/2, fmt.Sprintf("Province %d", i/2))},
		"location":     geotest.Record{"latitude": float64(i) / 8, "longitude": float64(i) / 4, "accuracy_radius": 20, "time_zone": "Etc/UTC"},
	}
}

// addressTables are the person's own tables with a row each for so many events,
// and how many distinct addresses there are in them; 0 is one a row.
var addressTables = map[string]int{"few": 400, "many": 0}

// addressTable makes such a table. The addresses are spread over the networks.
func addressTable(name string, rows, distinct int) string {
	if distinct == 0 {
		distinct = rows
	}
	// A step that is prime, so that no address comes twice.
	return fmt.Sprintf(`CREATE TABLE mine.%s AS SELECT format('16.{}.{}.{}', n >> 16, n >> 8 & 255, n & 255) AS sourceIPAddress
		FROM (SELECT i %% %d * 1_000_003 %% %d AS n FROM range(%d) r(i))`, name, distinct, networks*256, rows)
}

// byCity asks for the rows of each city, byAddress for those of all addresses.
func byCity(table string) string {
	return "SELECT city(sourceIPAddress), count(*) FROM mine." + table + " GROUP BY 1"
}

func byAddress(table string) string {
	return sumBy("sourceIPAddress", "mine."+table)
}

// sumBy groups, and counts the rows of all groups: to write out a million of
// them is not measured.
func sumBy(key, table string) string {
	return fmt.Sprintf("SELECT sum(n) FROM (SELECT %s, count(*) AS n FROM %s GROUP BY 1)", key, table)
}
