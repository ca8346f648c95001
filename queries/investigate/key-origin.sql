-- Who is behind a session's access key?
--
-- The chain of AssumeRole and other calls that gave out the key, back to the key or the
-- sign-in that it began with: step 1 gave the key, step 2 gave the key that step 1 was
-- called with, and so on for five steps. The last line's actor is who began.
--
-- The chain ends where the log does, or with a call that has no access key: a person who
-- came through a provider of identities, or a service. Keys of the instance metadata
-- service are given by nobody that the log tells of.
--
-- Parameters:
--   $key  text     the access key ID of a session, ASIA…
-- Needs: cloudtrail
WITH given AS (
    SELECT eventTime, eventID, eventName, userIdentity, nullif(userIdentity.accessKeyId, '') AS caller_key, sourceIPAddress, requestParameters,
           json_extract_scalar(responseElements, '$.credentials.accessKeyId') AS key
    FROM cloudtrail
    WHERE eventSource LIKE 'sts.amazonaws.%' AND eventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity',
          'AssumeRoot', 'GetSessionToken', 'GetFederationToken')
), step1 AS (
    SELECT 1 AS step, eventTime, eventID, eventName, userIdentity, caller_key, sourceIPAddress, requestParameters, key FROM given WHERE key = $key
), step2 AS (
    SELECT 2 AS step, o.eventTime, o.eventID, o.eventName, o.userIdentity, o.caller_key, o.sourceIPAddress, o.requestParameters, o.key
    FROM given o JOIN step1 s ON o.key = s.caller_key
), step3 AS (
    SELECT 3 AS step, o.eventTime, o.eventID, o.eventName, o.userIdentity, o.caller_key, o.sourceIPAddress, o.requestParameters, o.key
    FROM given o JOIN step2 s ON o.key = s.caller_key
), step4 AS (
    SELECT 4 AS step, o.eventTime, o.eventID, o.eventName, o.userIdentity, o.caller_key, o.sourceIPAddress, o.requestParameters, o.key
    FROM given o JOIN step3 s ON o.key = s.caller_key
), step5 AS (
    SELECT 5 AS step, o.eventTime, o.eventID, o.eventName, o.userIdentity, o.caller_key, o.sourceIPAddress, o.requestParameters, o.key
    FROM given o JOIN step4 s ON o.key = s.caller_key
)
SELECT step, eventTime, actor(userIdentity) AS actor, caller_key, sourceIPAddress, eventName,
       coalesce(json_extract_scalar(requestParameters, '$.roleArn'), json_extract_scalar(requestParameters, '$.targetPrincipal')) AS role,
       coalesce(json_extract_scalar(requestParameters, '$.roleSessionName'), json_extract_scalar(requestParameters, '$.name')) AS session,
       key
FROM (SELECT step, eventTime, eventName, userIdentity, caller_key, sourceIPAddress, requestParameters, key,
             -- Of a call across accounts the caller's record has the caller's key.
             row_number() OVER (PARTITION BY step, key ORDER BY CASE WHEN caller_key IS NULL THEN 1 ELSE 0 END, eventTime, eventID) AS copy
      FROM (SELECT * FROM step1 UNION ALL SELECT * FROM step2 UNION ALL SELECT * FROM step3 UNION ALL SELECT * FROM step4
            UNION ALL SELECT * FROM step5) AS steps) AS chain
WHERE copy = 1
ORDER BY step
