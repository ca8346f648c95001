-- When did somebody sign in, from where, and with MFA?
--
-- Sign-ins to the console and to the portal of Identity Center, switches of role, and
-- what failed, in the order of time. Who comes through a provider of identities has mfa
-- No all the same: the provider asked for it.
--
-- Parameters:
--   $user   text      = '%'           a name or an actor, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
SELECT eventTime, recipientAccountId AS account, userIdentity.type AS type, actor(userIdentity) AS actor, userIdentity.userName AS userName,
       eventName,
       coalesce(json_extract_scalar(responseElements, '$.ConsoleLogin'), json_extract_scalar(responseElements, '$.SwitchRole'),
                json_extract_scalar(responseElements, '$.CheckMfa'), json_extract_scalar(responseElements, '$.GetSigninToken'),
                json_extract_scalar(serviceEventDetails, '$.CredentialVerification'),
                json_extract_scalar(serviceEventDetails, '$.Authenticate'), errorCode) AS result,
       json_extract_scalar(additionalEventData, '$.MFAUsed') AS mfa,
       sourceIPAddress, userAgent, errorMessage, eventID
FROM cloudtrail
WHERE (eventSource LIKE 'signin.amazonaws.%' OR eventSource LIKE 'sso.amazonaws.%' AND eventName IN ('Authenticate', 'Federate'))
  AND (userIdentity.userName LIKE $user OR actor(userIdentity) LIKE $user OR actor(userIdentity) LIKE '%/' || CAST($user AS varchar))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
