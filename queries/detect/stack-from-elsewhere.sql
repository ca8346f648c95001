-- Whose stack came from a place no template came from before?
--
-- CloudFormation makes whatever a template says with the caller's or a given role. A
-- template from a bucket that none came from in the account in 30 days may be a
-- stranger's; links that open the console with such a template are a way to trick people.
-- Medium where the account's logs go back for $days days.
--
-- False positives: new teams and vendors whose set-up is a template.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1648, T1204
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           regexp_extract(json_extract_scalar(requestParameters, '$.templateURL'), '^https?://([^?]*)/', 1) AS thing,
           coalesce(json_extract_scalar(requestParameters, '$.stackName'), json_extract_scalar(requestParameters, '$.stackSetName')) AS stack
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'cloudformation.amazonaws.%' AND eventName IN ('CreateStack', 'UpdateStack', 'CreateChangeSet', 'CreateStackSet', 'UpdateStackSet')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1648' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END || ' the stack ' || coalesce(stack, 'of no name') || ' of a template from ' || thing || ', the first in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
