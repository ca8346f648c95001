-- Which bucket was opened to an account that is not ours?
--
-- A bucket policy, or the policy of an access point, that names a principal or a
-- condition of another account lets it read or write there: data leaves without a copy
-- being made by anybody inside. Accounts by which load balancers deliver their logs are
-- left out.
--
-- Accounts that logged something themselves within 30 days are not strange: those of
-- one's own organisation, where its trail is loaded.
--
-- False positives: partners, and vendors who read logs; a policy that denies something
--   to another account.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 31d
-- Severity: high
-- ATT&CK: T1537, T1530
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
WITH known AS (
    SELECT DISTINCT recipientAccountId AS account, date_trunc('day', eventTime) AS day
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '31' DAY AND eventTime < $until
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.bucketName'),
                    json_extract_scalar(requestParameters, '$.name')) AS object,
           -- ~~ before each account: in an ARN of IAM or STS, or by itself in quotes.
           regexp_replace(replace(requestParameters, '\"', '"'), '(?:arn:[a-z-]+:(?:iam|sts)::|")([0-9]{12})[":]', '~~$1') AS named
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%' AND eventName IN ('PutBucketPolicy', 'PutAccessPointPolicy', 'CreateAccessPoint')
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
      -- Accounts by which load balancers deliver their logs, as AWS documents them.
      AND other NOT IN ('127311923021', '033677994240', '027434742980', '797873946194', '098369216593', '985666609251', '054676820928',
                        '156460612806', '652711504416', '635631232127', '009996457667', '897822967062', '754344448648', '582318560864',
                        '600734575887', '383597477331', '114774131450', '783225319266', '589379963580', '718504428378', '076674570225',
                        '507241528517')
      AND NOT EXISTS (SELECT 1 FROM known
                      WHERE account = other AND day <= eventTime AND day >= eventTime - INTERVAL '30' DAY)
    GROUP BY eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, object
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened the bucket ' ELSE ' tried and failed to open the bucket ' END
         || coalesce(nullif(object, ''), 'something of no name') || ' to accounts that are not in the logs: ' || accounts
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM strange
ORDER BY time, eventID
