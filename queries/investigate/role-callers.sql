-- Who took a role, and who tried to?
--
-- Everybody who asked STS for a session of the role, how often, from how many addresses
-- and with how many names for the session. Of a call across accounts, which both
-- accounts record, the caller's record is taken where it is there.
--
-- Parameters:
--   $role   text                      the role's ARN, its name, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
WITH calls AS (
    SELECT eventTime, eventName, errorCode, sourceIPAddress, actor(userIdentity) AS actor,
           json_extract_scalar(requestParameters, '$.roleArn') AS role,
           json_extract_scalar(requestParameters, '$.roleSessionName') AS session,
           json_extract_scalar(requestParameters, '$.sourceIdentity') AS sourceIdentity,
           row_number() OVER (PARTITION BY coalesce(sharedEventID, eventID)
                              ORDER BY CASE WHEN userIdentity.type = 'AWSAccount' THEN 1 ELSE 0 END, eventID) AS copy
    FROM cloudtrail
    WHERE eventSource LIKE 'sts.amazonaws.%' AND eventName LIKE 'AssumeRole%'
      AND eventTime >= $since AND eventTime < $until
)
SELECT role, actor, eventName, count(*) AS calls, count(errorCode) AS failed,
       count(DISTINCT sourceIPAddress) AS addresses, count(DISTINCT session) AS sessions, max(session) AS a_session,
       max(sourceIdentity) AS sourceIdentity, min(eventTime) AS first_time, max(eventTime) AS last_time
FROM calls
WHERE copy = 1 AND (role LIKE $role OR role LIKE '%/' || CAST($role AS varchar))
GROUP BY role, actor, eventName
ORDER BY calls DESC, role, actor, eventName
LIMIT $limit
