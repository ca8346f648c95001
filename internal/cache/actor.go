package cache

import (
	"strings"

	"github.com/ctsql/ctsql/internal/cloudtrail"
	"github.com/ctsql/ctsql/internal/duck"
)

// actorMembers are the members of userIdentity that tell the actor, in the order
// of actorFunction's arguments: the engine then reads no others.
var actorMembers = []string{
	"type", "arn", "accountId", "principalId", "userName", "accessKeyId", "invokedBy", "identityProvider", "credentialId",
	"sessionContext.sessionIssuer.arn", "sessionContext.sourceIdentity",
	"sessionContext.webIdFederationData.federatedProvider", "onBehalfOf.userId",
}

// actorMacro defines actor(userIdentity).
var actorMacro = "CREATE MACRO actor(identity) AS ctsql_actor((identity)." +
	strings.Join(actorMembers, ", (identity).") + ")"

var actorFunction = duck.ScalarFunction{
	Name: "ctsql_actor", Args: len(actorMembers), Nulls: true, Result: duck.Varchar,
	Call: func(in [][][]byte, out *duck.Vector) error {
		var text []byte
		for row := range in[0] {
			i := cloudtrail.Identity{
				Type: in[0][row], ARN: in[1][row], AccountID: in[2][row], PrincipalID: in[3][row], UserName: in[4][row],
				AccessKeyID: in[5][row], InvokedBy: in[6][row], IdentityProvider: in[7][row], CredentialID: in[8][row],
				IssuerARN: in[9][row], SourceIdentity: in[10][row], FederatedProvider: in[11][row], OnBehalfOf: in[12][row],
			}
			if text = i.AppendActor(text[:0]); len(text) > 0 {
				out.CopyText(row, text)
			}
		}
		return nil
	},
}
