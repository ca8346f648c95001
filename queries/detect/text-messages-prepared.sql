-- Who looked into sending text messages, or raised what they may cost?
--
-- Thieves sell what an account can send. They ask for its limits and sandbox, lift the
-- limit of what messages may cost, and send. Changes are medium, questions low; each is
-- told once a day by actor.
--
-- False positives: teams that send messages; they are known.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: medium
-- ATT&CK: T1496.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventName AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND (eventSource LIKE 'sns.amazonaws.%' AND eventName IN ('SetSMSAttributes', 'GetSMSAttributes', 'GetSMSSandboxAccountStatus', 'ListOriginationNumbers', 'CreateSMSSandboxPhoneNumber')
        OR eventSource LIKE 'sms-voice.amazonaws.%' AND (eventName LIKE 'Describe%' OR eventName LIKE 'SetTextMessageSpendLimit%' OR eventName LIKE 'RequestPhoneNumber%' OR eventName LIKE 'Send%'))
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), told AS (
    SELECT *, row_number() OVER (PARTITION BY actor, recipientAccountId, object, date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS place
    FROM calls
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (eventName LIKE 'Set%' OR eventName LIKE 'Request%') THEN 'medium' ELSE 'low' END AS severity,
       'T1496.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' ' || split_part(eventSource, '.', 1) || ':' || eventName || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE place = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
