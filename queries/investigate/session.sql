-- What was done in a session of a role?
--
-- A line for each call: of a session by its name, by the ARN of the assumed role, or by
-- its access key (ASIA…). A name can be that of many sessions, of several roles too: the
-- column role tells them apart.
--
-- Parameters:
--   $session  text                      its name, its ARN (arn:…:assumed-role/ROLE/NAME), or its key
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, recipientAccountId AS account, sourceIPAddress, eventSource, eventName,
       count(*) AS calls, count(errorCode) AS failed, max(errorCode) AS errorCode,
       count(DISTINCT userIdentity.accessKeyId) AS accessKeys,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE (userIdentity.accessKeyId = $session OR userIdentity.arn = $session
       OR split_part(userIdentity.principalId, ':', 2) = $session AND userIdentity.type = 'AssumedRole')
  AND eventTime >= $since AND eventTime < $until
GROUP BY userIdentity.sessionContext.sessionIssuer.arn, recipientAccountId, sourceIPAddress, eventSource, eventName
ORDER BY first_time, eventName, role, sourceIPAddress
