-- Whose user agent is of a tool or system for attacks?
--
-- Tools that attack or test AWS accounts, and Linux systems made for that, often say so
-- in the user agent. Those are high, refused calls medium. Tools that audit are used by
-- both sides, and are low. A user agent is what the caller chose to say: the absence of
-- one means nothing. Each is told once a day by actor.
--
-- False positives: tests that were ordered, and auditors; people whose user or machine
--   has such a name.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: high
-- ATT&CK: T1580, T1526
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           regexp_extract(lower(userAgent), '(stratus-red-team|pacu|cloudfox|trufflehog|enumerate-iam|weirdaal|leonidas|cloudgoat|endgame|barq|nimbostratus|aws_pwn|s3scanner|bucket_finder|peirates|kali|parrot|pentoo|blackarch|sliver|cobalt|scoutsuite|scout2|prowler|cloudsploit|cloudsplaining|steampipe|cartography|cloudquery|pmapper|principalmapper|awspx|cloudmapper)') AS object,
           regexp_like(lower(userAgent), '(stratus-red-team|(^|[^a-z])(stratus-red-team|pacu|cloudfox|trufflehog|enumerate-iam|weirdaal|leonidas|cloudgoat|endgame|barq|nimbostratus|aws_pwn|s3scanner|bucket_finder|peirates|kali|parrot|pentoo|blackarch|sliver|cobalt|scoutsuite|scout2|prowler|cloudsploit|cloudsplaining|steampipe|cartography|cloudquery|pmapper|principalmapper|awspx|cloudmapper)([^a-z]|$)|[-.](kali|parrot|pentoo)[0-9])') AS word
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND regexp_like(lower(userAgent), '(stratus-red-team|pacu|cloudfox|trufflehog|enumerate-iam|weirdaal|leonidas|cloudgoat|endgame|barq|nimbostratus|aws_pwn|s3scanner|bucket_finder|peirates|kali|parrot|pentoo|blackarch|sliver|cobalt|scoutsuite|scout2|prowler|cloudsploit|cloudsplaining|steampipe|cartography|cloudquery|pmapper|principalmapper|awspx|cloudmapper)')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), told AS (
    SELECT *, row_number() OVER (PARTITION BY actor, recipientAccountId, object, date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS place
    FROM calls
    WHERE word
)
SELECT eventTime AS time,
       CASE WHEN regexp_like(object, 'scoutsuite|scout2|prowler|cloudsploit|cloudsplaining|steampipe|cartography|cloudquery|pmapper|principalmapper|awspx|cloudmapper') THEN 'low' WHEN errorCode IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' ' || coalesce(split_part(eventSource, '.', 1) || ':', '') || coalesce(eventName, 'something') || ' with a user agent that names ' || coalesce(object, 'a tool') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE place = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
