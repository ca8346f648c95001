-- Who made builds public, or let a stranger's code start them?
--
-- A project whose builds everybody may see shows its logs and what it made, and both
-- often hold secrets. A web hook that starts builds of any pull request runs whatever a
-- stranger sends with the project's role: what has no filter on who sent it is low.
--
-- False positives: open-source projects.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1567, T1648
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_UpdateProjectVisibility.html,
--   https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateWebhook.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.projectArn'), json_extract_scalar(requestParameters, '$.projectName')) AS object,
           json_extract_scalar(requestParameters, '$.projectVisibility') AS visibility,
           requestParameters
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'codebuild.amazonaws.%' AND eventName IN ('UpdateProjectVisibility', 'CreateWebhook', 'UpdateWebhook')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName = 'UpdateProjectVisibility' THEN 'medium' ELSE 'low' END AS severity,
       'T1567' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' the builds of ' || coalesce(object, 'a project') || CASE WHEN eventName = 'UpdateProjectVisibility' THEN ' to everybody''s eyes' ELSE ' to requests that no filter of actors holds back' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE visibility = 'PUBLIC_READ'
  OR eventName <> 'UpdateProjectVisibility' AND strpos(requestParameters, 'PULL_REQUEST') > 0
     AND strpos(requestParameters, 'ACTOR_ACCOUNT_ID') = 0
ORDER BY time, eventID
