-- Who pushed an SSH key to a machine for the first time?
--
-- EC2 Instance Connect puts a key on a machine for a minute, which is enough to sign in;
-- the serial console does so without any network. Each pair of an actor and a machine is
-- told once in 30 days. The serial console is medium, for it is for machines that do not
-- start; the rest low, or medium where an actor pushes a first key and the account's logs
-- go back for $days days.
--
-- False positives: people who work that way; look for actors and addresses that do not.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1021.004, T1098.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/ec2-instance-connect/latest/APIReference/API_SendSSHPublicKey.html,
--   https://docs.aws.amazon.com/ec2-instance-connect/latest/APIReference/API_SendSerialConsoleSSHPublicKey.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.instanceId'), 'no name') AS thing,
           coalesce(json_extract_scalar(requestParameters, '$.instanceOSUser'), json_extract_scalar(requestParameters, '$.instanceOsUser')) AS login
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'ec2-instance-connect.amazonaws.%' AND eventName IN ('SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (eventName = 'SendSerialConsoleSSHPublicKey' OR known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)) THEN 'medium' ELSE 'low' END AS severity,
       'T1021.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' pushed' ELSE ' tried and failed to push' END || ' a key for ' || coalesce(login, CASE WHEN eventName = 'SendSSHPublicKey' THEN 'a user' ELSE 'the serial console' END) || ' of the machine ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
