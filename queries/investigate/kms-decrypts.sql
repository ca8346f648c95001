-- Who decrypts with which KMS key?
--
-- Decrypt and ReEncrypt by key, who called, and the service through which it came, with
-- an example of the encryption context, which often names what was decrypted.
--
-- Parameters:
--   $key    text      = '%'           keys whose ARN is like this, such as %/KEY-ID
--   $actor  text      = '%'           the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT element_at(resources, 1).ARN AS key, actor(userIdentity) AS actor, userIdentity.invokedBy AS through, recipientAccountId AS account,
       count(*) AS calls, count(errorCode) AS failed, count(DISTINCT sourceIPAddress) AS addresses,
       max(json_format(json_extract(requestParameters, '$.encryptionContext'))) AS a_context,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE eventSource LIKE 'kms.amazonaws.%' AND eventName IN ('Decrypt', 'ReEncrypt')
  AND coalesce(element_at(resources, 1).ARN, '') LIKE $key
  AND (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND eventTime >= $since AND eventTime < $until
GROUP BY element_at(resources, 1).ARN, actor(userIdentity), userIdentity.invokedBy, recipientAccountId
ORDER BY calls DESC, key, actor, through, account
LIMIT $limit
