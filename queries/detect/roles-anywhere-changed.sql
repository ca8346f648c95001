-- Who changed which certificates take roles from outside AWS?
--
-- IAM Roles Anywhere gives out roles for certificates that a trust anchor signed. A
-- trust anchor with an authority of one's own opens a way in that no key or user shows;
-- a profile says which roles; a revocation list that is switched off lets revoked
-- certificates in again.
--
-- False positives: set-up of servers outside AWS, and authorities that are renewed.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1484.002, T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/rolesanywhere/latest/userguide/logging-using-cloudtrail.html,
--   https://docs.aws.amazon.com/rolesanywhere/latest/userguide/getting-started.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.name') AS name,
           json_extract_scalar(requestParameters, '$.trustAnchorId') AS trustAnchorId,
           json_extract_scalar(requestParameters, '$.profileId') AS profileId,
           json_extract_scalar(requestParameters, '$.crlId') AS crlId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'rolesanywhere.amazonaws.%'
      AND eventName IN ('CreateTrustAnchor', 'UpdateTrustAnchor', 'EnableTrustAnchor', 'CreateProfile', 'UpdateProfile', 'EnableProfile',
                        'DisableCrl', 'DeleteCrl', 'UpdateCrl')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
               WHEN eventName IN ('CreateTrustAnchor', 'UpdateTrustAnchor') THEN 'high' ELSE 'medium' END AS severity,
       'T1484.002' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(name, trustAnchorId, profileId, crlId) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called ' ELSE ' tried and failed to call ' END
         || 'rolesanywhere:' || eventName
         || coalesce(' of ' || coalesce(name, trustAnchorId, profileId, crlId), '')
         || ', which opens roles to certificates' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
