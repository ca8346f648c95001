-- What happened, as told by several actors, keys or addresses at once?
--
-- One time line of everything that has one of the names in it: a user by name or ARN, an
-- actor, an access key, an address, a role, a session's name, an account, a VPC
-- endpoint, a user agent. They are separated by commas, and spaces around them do not
-- count.
--
-- The column matched says by which of them a call came in, the first that holds.
--
-- Parameters:
--   $who    text                      names, such as 203.0.113.66,deploy-web,AKIA…
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
WITH names AS (
    SELECT trim(name) AS name FROM (SELECT split(CAST($who AS varchar), ',') AS list) AS given CROSS JOIN UNNEST(list) AS t(name) WHERE trim(name) <> ''
), matches AS (
    SELECT eventTime, userIdentity, recipientAccountId, awsRegion, eventSource, eventName, errorCode, sourceIPAddress, eventID, requestParameters,
           CASE WHEN userIdentity.accessKeyId IN (SELECT name FROM names) THEN 'access key'
                WHEN sourceIPAddress IN (SELECT name FROM names) THEN 'address'
                WHEN userIdentity.arn IN (SELECT name FROM names) OR userIdentity.userName IN (SELECT name FROM names)
                  OR actor(userIdentity) IN (SELECT name FROM names) THEN 'actor'
                WHEN userIdentity.sessionContext.sessionIssuer.arn IN (SELECT name FROM names)
                  OR userIdentity.sessionContext.sessionIssuer.userName IN (SELECT name FROM names) THEN 'role'
                WHEN split_part(userIdentity.principalId, ':', 2) IN (SELECT name FROM names) THEN 'session'
                WHEN recipientAccountId IN (SELECT name FROM names) THEN 'account'
                WHEN vpcEndpointId IN (SELECT name FROM names) THEN 'VPC endpoint'
                WHEN userAgent IN (SELECT name FROM names) THEN 'user agent' END AS matched
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
)
SELECT eventTime, matched, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId AS account, awsRegion, eventSource, eventName, errorCode,
       userIdentity.accessKeyId AS accessKeyId, eventID, requestParameters
FROM matches
WHERE matched IS NOT NULL
ORDER BY eventTime, eventID
LIMIT $limit
