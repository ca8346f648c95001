-- Which KMS key was opened to an account that is not ours?
--
-- A key policy that names another account lets it read what the key encrypted: copies
-- of snapshots and objects can be opened there. A policy that only an intruder's
-- account can change is also a way to hold data to ransom.
--
-- Accounts that logged something themselves within 30 days are not strange: those of
-- one's own organisation, where its trail is loaded.
--
-- False positives: partners and services of others that read shared data.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 31d
-- Severity: high
-- ATT&CK: T1098, T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
WITH known AS (
    SELECT DISTINCT recipientAccountId AS account, date_trunc('day', eventTime) AS day
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '31' DAY AND eventTime < $until
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.keyId'),
                    json_extract_scalar(responseElements, '$.keyMetadata.keyId')) AS object,
           -- ~~ before each account: in an ARN of IAM or STS, or by itself in quotes.
           regexp_replace(replace(requestParameters, '\"', '"'), '(?:arn:[a-z-]+:(?:iam|sts)::|")([0-9]{12})[":]', '~~$1') AS named
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'kms.amazonaws.%' AND eventName IN ('PutKeyPolicy', 'CreateKey', 'ReplicateKey')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), others AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, object,
           substr(split_part(named, '~~', CAST(n AS bigint)), 1, 12) AS other
    FROM calls CROSS JOIN UNNEST(sequence(2, 50)) AS t(n)
    WHERE split_part(named, '~~', CAST(n AS bigint)) <> ''
), strange AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, object,
           array_join(array_sort(array_agg(DISTINCT other)), ', ') AS accounts
    FROM others
    WHERE other <> recipientAccountId
      AND NOT EXISTS (SELECT 1 FROM known
                      WHERE account = other AND day <= eventTime AND day >= eventTime - INTERVAL '30' DAY)
    GROUP BY eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, object
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'low' END AS severity,
       'T1098' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened the key ' ELSE ' tried and failed to open the key ' END
         || coalesce(nullif(object, ''), 'something of no name') || ' to accounts that are not in the logs: ' || accounts
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM strange
ORDER BY time, eventID
