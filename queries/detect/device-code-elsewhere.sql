-- Who took a token by device code from another address than the person's?
--
-- With a device code one machine asks for a token of Identity Center, and a person
-- confirms it in the browser of another. Who sends people such a link gets a token for
-- all their accounts, past their MFA. Told are tokens taken from an address other than
-- the one that the person used last within the hour before.
--
-- False positives: aws sso login on a server or in a container, with the browser at
--   one's desk.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1528, T1566.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html,
--   https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, coalesce(userIdentity.onBehalfOf.userId, userIdentity.userName, userIdentity.principalId) AS person,
           CASE WHEN eventName = 'CreateToken' AND json_extract_scalar(requestParameters, '$.grantType') LIKE '%device_code' THEN 1 ELSE 0 END AS device
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND split_part(eventSource, '.', 1) IN ('sso', 'sso-oauth', 'sso-oidc', 'sso-directory', 'signin')
      AND userIdentity.type IN ('IdentityCenterUser', 'Unknown')
      AND sourceIPAddress IS NOT NULL
), pairs AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, person, device,
           lag(sourceIPAddress) OVER (PARTITION BY person ORDER BY eventTime, device, eventID) AS origin,
           lag(eventTime) OVER (PARTITION BY person ORDER BY eventTime, device, eventID) AS before
    FROM calls
    WHERE person IS NOT NULL
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1528' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       person AS object,
       'A token of ' || person || ' was taken by device code from ' || sourceIPAddress || ', while they were at ' || origin || '.' AS why,
       eventID
FROM pairs
WHERE device = 1 AND errorCode IS NULL AND origin <> sourceIPAddress AND before >= eventTime - INTERVAL '1' HOUR
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
