-- Who gave a function a role for the first time?
--
-- Who may make a Lambda function, or change the role of one, and pass any role to it,
-- runs code of their own with the role's rights. Told is the first in 30 days that an
-- actor gave such a role to it; the account has to be known for $days days. A role with
-- the name of an administrator's is medium, all else low. What services do for somebody
-- is left out.
--
-- False positives: new functions.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1548.005, T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html,
--   https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.role') AS role,
           json_extract_scalar(requestParameters, '$.functionName') AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'lambda.amazonaws.%'
      AND (eventName LIKE 'CreateFunction2%' OR eventName LIKE 'UpdateFunctionConfiguration%' OR eventName = 'CreateFunction')
      AND userIdentity.invokedBy IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, object,
           lag(eventTime) OVER (PARTITION BY actor, role, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), known AS (
    SELECT recipientAccountId AS logged, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, object
    FROM seen
    JOIN known ON logged = recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
      AND role <> ''
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(lower(regexp_extract(role, '[^/]+$')), 'admin|root|full|power|owner|super|organizationaccountaccess') THEN 'medium' ELSE 'low' END AS severity,
       'T1548.005' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' gave' ELSE ' tried and failed to give' END || ' the role ' || role
         || ' to the function ' || coalesce(object, 'of no name')
         || ', for the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
