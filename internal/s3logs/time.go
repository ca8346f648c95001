package s3logs

import "bytes"

// timeLen is the length of dd/Mon/yyyy:HH:MM:SS +hhmm.
const timeLen = 26

// Looks reports whether line begins as one of an access log: two words, then
// [dd/Mon/yyyy:HH:MM:SS +0000]. The start of a line is enough for it.
func Looks(line []byte) bool {
	for range 2 {
		i := bytes.IndexByte(line, ' ')
		if i <= 0 {
			return false
		}
		line = line[skip(line, i):]
	}
	if len(line) < timeLen+2 || line[0] != '[' || line[timeLen+1] != ']' {
		return false
	}
	_, ok := instant(line[1 : timeLen+1])
	return ok
}

// instant reads dd/Mon/yyyy:HH:MM:SS +hhmm, as microseconds since 1970 in UTC.
// There is no leap second in it: AWS's clocks have none.
func instant(t []byte) (int64, bool) {
	if len(t) != timeLen || t[2] != '/' || t[6] != '/' || t[11] != ':' || t[14] != ':' || t[17] != ':' || t[20] != ' ' {
		return 0, false
	}
	day, ok1 := pair(t[0], t[1])
	month := month(t[3:6])
	century, ok2 := pair(t[7], t[8])
	year, ok3 := pair(t[9], t[10])
	hour, ok4 := pair(t[12], t[13])
	minute, ok5 := pair(t[15], t[16])
	second, ok6 := pair(t[18], t[19])
	east, ok7 := pair(t[22], t[23])
	past, ok8 := pair(t[24], t[25])
	year += 100 * century
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7 && ok8) || month == 0 || day == 0 || day > days(year, month) ||
		hour > 23 || minute > 59 || second > 59 || east > 23 || past > 59 {
		return 0, false
	}
	offset := east*3600 + past*60
	switch t[21] {
	case '-':
		offset = -offset
	case '+':
	default:
		return 0, false
	}
	return 1e6 * (86400*civil(year, month, day) + hour*3600 + minute*60 + second - offset), true
}

// pair reads two digits.
func pair(a, b byte) (int64, bool) {
	a, b = a-'0', b-'0'
	return int64(a)*10 + int64(b), a <= 9 && b <= 9
}

// month is 1 for Jan; 0 if there is no such month.
func month(name []byte) int64 {
	switch string(name) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

// days is how many days a month has.
func days(year, month int64) int64 {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// civil is how many days lie between 1970-01-01 and a day of the Gregorian
// calendar. time.Date says the same, and takes longer than the rest of the time.
func civil(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // so that it is not negative, and divisions round down
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - (719468 + 146097)
}
