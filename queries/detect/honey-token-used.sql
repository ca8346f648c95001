-- Who touched what nobody has a reason to touch?
--
-- Name in $tokens, with commas between, your traps: access key IDs, users, roles,
-- secrets or buckets that are there only to be found. Whoever calls with one, or names
-- one in a request, has looked where nobody should. With no tokens nothing is told of.
--
-- Calls with a trap's credentials are critical, also refused ones; calls that name one
-- are high. Lists of everything do not name it.
--
-- False positives: scanners and backups of one's own, which touch all there is.
-- Parameters:
--   $tokens  text      = ''            the traps, with commas between
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1078.004, T1580
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
WITH texts AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID, requestParameters,
           coalesce(userIdentity.accessKeyId, '') || ' ' || coalesce(userIdentity.arn, '') || ' ' || coalesce(userIdentity.userName, '')
             || ' ' || coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') AS identity,
           -- The ARN of a secret ends in six letters more than its name has.
           '(^|[^A-Za-z0-9_-])(' || regexp_replace(replace(replace(replace($tokens, '.', '\.'), '+', '\+'), '*', '\*'), '\s*,\s*', '|')
             || ')(-[A-Za-z0-9]{6})?([^A-Za-z0-9_-]|$)' AS traps
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
      AND $tokens <> ''
), calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           regexp_like(identity, traps) AS used,
           coalesce(regexp_extract(identity, traps, 2), regexp_extract(requestParameters, traps, 2)) AS token
    FROM texts
)
SELECT eventTime AS time,
       CASE WHEN used THEN 'critical' ELSE 'high' END AS severity,
       CASE WHEN used THEN 'T1078.004' ELSE 'T1580' END AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       token AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN used THEN ' used' ELSE ' asked for' END || ' the trap ' || token || ' in '
         || coalesce(split_part(eventSource, '.', 1) || ':', '') || coalesce(eventName, 'a call')
         || coalesce(' and was told ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE token IS NOT NULL
ORDER BY time, eventID
