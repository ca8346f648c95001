-- Who subscribed something outside this account to a topic?
--
-- A subscription of an e-mail address, a telephone, a web address, or a queue or function
-- of another account, gets a copy of each message from then on: alerts, orders, secrets.
-- It is medium for another account, low otherwise.
--
-- False positives: people who subscribe to alarms, and web hooks of on-call tools.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1537, T1567
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.topicArn') AS object,
           json_extract_scalar(requestParameters, '$.protocol') AS protocol,
           json_extract_scalar(requestParameters, '$.endpoint') AS endpoint,
           CASE WHEN json_extract_scalar(requestParameters, '$.endpoint') LIKE 'arn:%' THEN split_part(json_extract_scalar(requestParameters, '$.endpoint'), ':', 5) END AS owner
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sns.amazonaws.%' AND eventName = 'Subscribe'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND owner <> recipientAccountId THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' subscribed' ELSE ' tried and failed to subscribe' END
         || ' ' || coalesce(CASE WHEN protocol IN ('http', 'https', 'email', 'email-json', 'sms') AND endpoint LIKE 'HIDDEN%' THEN NULL ELSE endpoint END, 'something') || ' by ' || coalesce(protocol, 'some protocol') || ' to the topic ' || coalesce(object, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE owner <> recipientAccountId OR protocol IN ('http', 'https', 'email', 'email-json', 'sms')
ORDER BY time, eventID
