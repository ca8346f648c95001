-- Who asked how much mail the account may send, for the first time?
--
-- The limits and identities of SES are the first thing that is asked of a stolen key by
-- those who send spam and phishing with it. It is told when an actor asks for the first
-- time in 30 days: medium for long-lived keys where the account's logs go back for $days
-- days before, low else.
--
-- False positives: dashboards of mail, and people who open the console of SES.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1496.004, T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           'mail' AS thing,
           coalesce(userIdentity.accessKeyId LIKE 'AKIA%', FALSE) AS longlived
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE '%.amazonaws.%' AND split_part(eventSource, '.', 1) IN ('ses', 'email')
      AND eventName IN ('GetSendQuota', 'GetSendStatistics', 'GetAccount', 'GetAccountSendingEnabled', 'ListIdentities', 'ListEmailIdentities', 'ListVerifiedEmailAddresses', 'GetIdentityVerificationAttributes')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND longlived AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1496.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       eventName AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' ses:' || eventName || CASE WHEN longlived THEN ' with a long-lived key' ELSE '' END || ', the first such question in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
