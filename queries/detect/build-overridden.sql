-- Who ran a build with other steps, another source or another role?
--
-- A build project's role can often do much. Whoever may start a build can hand it other
-- steps, another source, another image or another role for that once, and so run what
-- they want with it.
--
-- False positives: pipelines that hand over steps as they start; those always do.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1648, T1059.009
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.projectName') AS object,
           regexp_extract(requestParameters, '"(serviceRole|buildspec|sourceLocation|image)Override"\s*:', 1) AS what
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'codebuild.amazonaws.%' AND eventName IN ('StartBuild', 'StartBuildBatch', 'StartSandbox')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1648' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' started' ELSE ' tried and failed to start' END
         || ' a build of ' || coalesce(object, 'a project') || ' with another ' || coalesce(what, 'part') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE what IS NOT NULL
ORDER BY time, eventID
