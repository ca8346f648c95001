-- From which addresses did sign-ins fail, and did one succeed at last?
--
-- A line for each address with a sign-in that failed: how many, how many names were
-- tried, how often the name was wrong too (AWS then hides it), and how many sign-ins
-- from there succeeded after the first failure.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 200           so many rows at most
-- Needs: cloudtrail
WITH sign_ins AS (
    SELECT eventTime, sourceIPAddress, userIdentity.userName AS userName, recipientAccountId, userAgent,
           coalesce(json_extract_scalar(responseElements, '$.ConsoleLogin'), json_extract_scalar(serviceEventDetails, '$.CredentialVerification')) AS result
    FROM cloudtrail
    WHERE eventSource LIKE 'signin.amazonaws.%' AND eventName IN ('ConsoleLogin', 'CredentialVerification')
      AND eventTime >= $since AND eventTime < $until
), addresses AS (
    SELECT eventTime, sourceIPAddress, userName, recipientAccountId, userAgent, result,
           min(CASE WHEN result = 'Failure' THEN eventTime END) OVER (PARTITION BY sourceIPAddress) AS first_failure
    FROM sign_ins
)
SELECT sourceIPAddress, count(CASE WHEN result = 'Failure' THEN 1 END) AS failed,
       count(DISTINCT CASE WHEN result = 'Failure' THEN userName END) AS names,
       count(CASE WHEN result = 'Failure' AND userName = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN 1 END) AS wrong_names,
       count(DISTINCT recipientAccountId) AS accounts,
       count(CASE WHEN result = 'Success' AND eventTime >= first_failure THEN 1 END) AS succeeded_after,
       min(first_failure) AS first_failure, max(CASE WHEN result = 'Failure' THEN eventTime END) AS last_failure, max(userAgent) AS userAgent
FROM addresses
WHERE first_failure IS NOT NULL
GROUP BY sourceIPAddress
ORDER BY failed DESC, sourceIPAddress
LIMIT $limit
