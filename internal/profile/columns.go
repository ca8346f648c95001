package profile

import (
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
)

// A column is one that events are made of.
type column uint8

const (
	ignored column = iota
	identityType
	identityPrincipal
	identityARN
	identityAccount
	identityKey
	identityUser
	identityInvokedBy
	identityProvider
	identityCredential
	issuerARN
	issuerPrincipal
	issuerAccount
	federatedProvider
	mfaAuthenticated
	sourceIdentity
	roleDelivery
	onBehalfOf
	eventSource
	eventName
	awsRegion
	sourceAddress
	userAgent
	errorCode
	errorMessage
	requestParameters
	responseElements
	additionalData
	serviceDetails
	eventID
	readOnly
	eventType
	managementEvent
	recipient
	sharedEventID
	vpcEndpoint
	vpcEndpointOwner
	eventCategory
	addendumReason
	fromConsole
	columns
)

var columnPaths = [columns]string{
	identityType:       "userIdentity.type",
	identityPrincipal:  "userIdentity.principalId",
	identityARN:        "userIdentity.arn",
	identityAccount:    "userIdentity.accountId",
	identityKey:        "userIdentity.accessKeyId",
	identityUser:       "userIdentity.userName",
	identityInvokedBy:  "userIdentity.invokedBy",
	identityProvider:   "userIdentity.identityProvider",
	identityCredential: "userIdentity.credentialId",
	issuerARN:          "userIdentity.sessionContext.sessionIssuer.arn",
	issuerPrincipal:    "userIdentity.sessionContext.sessionIssuer.principalId",
	issuerAccount:      "userIdentity.sessionContext.sessionIssuer.accountId",
	federatedProvider:  "userIdentity.sessionContext.webIdFederationData.federatedProvider",
	mfaAuthenticated:   "userIdentity.sessionContext.attributes.mfaAuthenticated",
	sourceIdentity:     "userIdentity.sessionContext.sourceIdentity",
	roleDelivery:       "userIdentity.sessionContext.ec2RoleDelivery",
	onBehalfOf:         "userIdentity.onBehalfOf.userId",
	eventSource:        "eventSource",
	eventName:          "eventName",
	awsRegion:          "awsRegion",
	sourceAddress:      "sourceIPAddress",
	userAgent:          "userAgent",
	errorCode:          "errorCode",
	errorMessage:       "errorMessage",
	requestParameters:  "requestParameters",
	responseElements:   "responseElements",
	additionalData:     "additionalEventData",
	serviceDetails:     "serviceEventDetails",
	eventID:            "eventID",
	readOnly:           "readOnly",
	eventType:          "eventType",
	managementEvent:    "managementEvent",
	recipient:          "recipientAccountId",
	sharedEventID:      "sharedEventID",
	vpcEndpoint:        "vpcEndpointId",
	vpcEndpointOwner:   "vpcEndpointAccountId",
	eventCategory:      "eventCategory",
	addendumReason:     "addendum.reason",
	fromConsole:        "sessionCredentialFromConsole",
}

// columnsOf tells for each ID of a table's columns which column it is.
func columnsOf(t *cloudtrail.Table) (of [cloudtrail.MaxIDs]column) {
	for c, name := range columnPaths {
		if id := idOf(t.Columns, name); id >= 0 {
			of[id] = column(c)
		}
	}
	return of
}

// idOf is the ID of the column with this name, -1 if there is none.
func idOf(columns []*cloudtrail.Column, name string) int {
	name, rest, nested := strings.Cut(name, ".")
	for _, c := range columns {
		switch {
		case c.Name != name:
		case nested:
			return idOf(c.Members, rest)
		default:
			return c.ID
		}
	}
	return -1
}
