package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// notEnabled says that a region does not know the credentials, as one does that
// is not enabled in the account.
func notEnabled(err error) bool {
	code, _ := apiError(err)
	switch code {
	case "OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId", "RegionDisabledException":
		return true
	}
	return false
}

// refusals puts regions together that refuse for the same reason: what a policy
// forbids it mostly forbids in many.
func refusals(answers []answer, call string) (all []Refusal) {
	var alike []string
	var first []error
	for _, a := range answers {
		reason := likeness(a)
		i := slices.Index(alike, reason)
		if i < 0 {
			i = len(all)
			alike, first, all = append(alike, reason), append(first, a.err), append(all, Refusal{})
		}
		all[i].Regions = append(all[i].Regions, a.region)
	}
	for i := range all {
		all[i].Reason = cloudtrailError("cloudtrail in "+strings.Join(all[i].Regions, ", "), call, first[i]).Error()
	}
	return all
}

// likeness is an error without what differs from region to region, and from
// request to request.
func likeness(a answer) string {
	text := cloudtrailError("", "", a.err).Error()
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, strings.ReplaceAll(text, a.region, "REGION"))
}

// cloudtrailError says why a call was refused. CloudTrail's codes are not S3's.
func cloudtrailError(name, call string, err error) error {
	code, text := apiError(err)
	var silent silence
	switch {
	case errors.As(err, &silent):
		return errors.New(name + ": " + silent.Error())
	case code == "AccessDeniedException", code == "UnauthorizedOperation":
		code = "AccessDenied"
	case notEnabled(err):
		return fmt.Errorf("%s: %s: %s\nhint: check AWS_PROFILE and the access key", name, code, text)
	case code == "InvalidSignatureException":
		code = "SignatureDoesNotMatch"
	}
	return accountError(name, code, text, "cloudtrail:"+call, err)
}
