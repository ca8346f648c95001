package geoip

import (
	"os"
	"path/filepath"
)

// Folders returns where geoipupdate, and the packages of distributions, put
// databases. Those below home come first; home may be empty.
func Folders(home string) []string {
	var all []string
	if home != "" {
		all = append(all,
			filepath.Join(home, ".local", "share", "GeoIP"),
			filepath.Join(home, "Library", "Application Support", "GeoIP"),
			filepath.Join(home, "GeoIP"))
	}
	return append(all, "/usr/local/share/GeoIP", "/usr/share/GeoIP", "/var/lib/GeoIP", "/opt/homebrew/var/GeoIP", "/usr/local/var/GeoIP")
}

// findNames are those of the files, best first. A City database holds what a
// Country database does.
var findNames = [][]string{
	{
		"GeoIP2-Enterprise.mmdb", "GeoIP2-City.mmdb", "GeoLite2-City.mmdb", "dbip-city-lite.mmdb",
		"GeoIP2-Country.mmdb", "GeoLite2-Country.mmdb", "dbip-country-lite.mmdb",
	},
	{"GeoIP2-ISP.mmdb", "GeoLite2-ASN.mmdb", "dbip-asn-lite.mmdb"},
}

// Find returns the best database of places and the best of networks in folders,
// for Options.GeoIP. Between folders the first that has the name wins.
func Find(folders []string) []string {
	var found []string
	for _, names := range findNames {
		if path := findFirst(folders, names); path != "" {
			found = append(found, path)
		}
	}
	return found
}

func findFirst(folders, names []string) string {
	for _, name := range names {
		for _, folder := range folders {
			path := filepath.Join(folder, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path
			}
		}
	}
	return ""
}
