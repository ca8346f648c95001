-- Who read which secrets and parameters?
--
-- Calls that return the value of secrets of Secrets Manager, and of parameters of
-- Systems Manager: by name, or by path, and by who. A parameter without decrypted is in
-- plain text, or came encrypted.
--
-- Parameters:
--   $name   text      = '%'           secrets and parameters whose name is like this
--   $actor  text      = '%'           the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
WITH reads AS (
    SELECT eventTime, eventSource, eventName, errorCode, recipientAccountId, sourceIPAddress, actor(userIdentity) AS actor,
           coalesce(json_extract_scalar(requestParameters, '$.secretId'), json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.path'), json_format(json_extract(requestParameters, '$.names')),
                    json_format(json_extract(requestParameters, '$.secretIdList'))) AS name,
           json_extract_scalar(requestParameters, '$.withDecryption') AS decrypted
    FROM cloudtrail
    WHERE (eventSource LIKE 'secretsmanager.amazonaws.%' AND eventName IN ('GetSecretValue', 'BatchGetSecretValue')
           OR eventSource LIKE 'ssm.amazonaws.%' AND eventName IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory'))
      AND eventTime >= $since AND eventTime < $until
)
SELECT split_part(eventSource, '.', 1) AS service, name, actor, recipientAccountId AS account, decrypted,
       count(*) AS reads, count(errorCode) AS failed, max(errorCode) AS errorCode,
       count(DISTINCT sourceIPAddress) AS addresses, max(sourceIPAddress) AS an_address,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM reads
WHERE coalesce(name, '') LIKE $name AND (actor LIKE $actor OR actor LIKE '%/' || CAST($actor AS varchar))
GROUP BY split_part(eventSource, '.', 1), name, actor, recipientAccountId, decrypted
ORDER BY reads DESC, service, name, actor, account, decrypted
LIMIT $limit
