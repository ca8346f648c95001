-- Which sessions came of an access key, and what was done in them?
--
-- The keys that were given out to who called with the key, and those that came of these,
-- for three steps, with what was done under each: what a thief of a key went on as. A
-- session that did nothing has no calls.
--
-- Parameters:
--   $key    text           the access key ID
--   $limit  integer = 500  so many rows at most
-- Needs: cloudtrail
WITH given AS (
    SELECT eventTime, eventID, eventName, userIdentity, nullif(userIdentity.accessKeyId, '') AS caller_key, sourceIPAddress, requestParameters,
           json_extract_scalar(responseElements, '$.credentials.accessKeyId') AS key
    FROM cloudtrail
    WHERE eventSource LIKE 'sts.amazonaws.%' AND eventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity',
          'AssumeRoot', 'GetSessionToken', 'GetFederationToken')
), step1 AS (
    SELECT 1 AS step, eventTime, eventName, caller_key, requestParameters, key FROM given WHERE caller_key = $key
), step2 AS (
    SELECT 2 AS step, o.eventTime, o.eventName, o.caller_key, o.requestParameters, o.key FROM given o JOIN step1 s ON o.caller_key = s.key
), step3 AS (
    SELECT 3 AS step, o.eventTime, o.eventName, o.caller_key, o.requestParameters, o.key FROM given o JOIN step2 s ON o.caller_key = s.key
), sessions AS (
    SELECT * FROM step1 UNION ALL SELECT * FROM step2 UNION ALL SELECT * FROM step3
), calls AS (
    SELECT userIdentity.accessKeyId AS key, count(*) AS calls, count(errorCode) AS failed,
           count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
           count(DISTINCT sourceIPAddress) AS addresses, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE userIdentity.accessKeyId IN (SELECT key FROM sessions)
    GROUP BY userIdentity.accessKeyId
)
SELECT s.step, s.eventTime AS given, s.eventName, s.caller_key,
       coalesce(json_extract_scalar(requestParameters, '$.roleArn'), json_extract_scalar(requestParameters, '$.targetPrincipal')) AS role,
       coalesce(json_extract_scalar(requestParameters, '$.roleSessionName'), json_extract_scalar(requestParameters, '$.name')) AS session, s.key,
       coalesce(c.calls, 0) AS calls, coalesce(c.failed, 0) AS failed, coalesce(c.changes, 0) AS changes,
       coalesce(c.addresses, 0) AS addresses, c.last_time
FROM sessions s
LEFT JOIN calls c ON c.key = s.key
ORDER BY s.step, s.eventTime, s.key
LIMIT $limit
