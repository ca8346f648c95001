-- Who went through three roles, one after the other?
--
-- A session that took a role, and with that session another, and a third, within a day:
-- rights are gathered step by step, and who began it is not in the last one's records.
-- Back to a role of the chain it is medium, for it also keeps a session alive that
-- should have ended after an hour; else low.
--
-- False positives: organisations in which people come through a hub account.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: medium
-- ATT&CK: T1550.001, T1548.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
WITH taken AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.accessKeyId AS by_key, json_extract_scalar(responseElements, '$.credentials.accessKeyId') AS key,
           json_extract_scalar(requestParameters, '$.roleArn') AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName LIKE 'AssumeRole%' AND errorCode IS NULL
      AND userIdentity.invokedBy IS NULL
), chains AS (
    SELECT third.eventTime, one.actor, third.sourceIPAddress, third.recipientAccountId, third.awsRegion, third.eventName, third.eventID,
           one.role AS role1, two.role AS role2, third.role AS role3,
           row_number() OVER (PARTITION BY third.key ORDER BY third.eventTime, third.eventID, one.eventID, two.eventID) AS nth
    FROM taken third
    JOIN taken two ON third.by_key = two.key AND two.eventTime <= third.eventTime
    JOIN taken one ON two.by_key = one.key AND one.eventTime <= two.eventTime
    WHERE one.eventTime >= third.eventTime - INTERVAL '1' DAY
)
SELECT eventTime AS time,
       CASE WHEN role3 = role1 OR role3 = role2 THEN 'medium' ELSE 'low' END AS severity,
       'T1550.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role3 AS object,
       coalesce(actor, 'Somebody') || ' took the role ' || coalesce(role1, 'of no name') || ', with it ' || coalesce(role2, 'another')
         || ' and with that '
         || coalesce(role3, 'a third') || '.' AS why,
       eventID
FROM chains
WHERE nth = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
