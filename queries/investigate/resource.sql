-- Who touched a resource?
--
-- A line for each actor and call in which the resource is named, by its ARN, its ID or a
-- part of either, anywhere among the resources, in the request or in the answer. It is
-- compared letter by letter, so that a short name finds longer ones too.
--
-- Parameters:
--   $resource  text                      an ARN, an ID or a name, or a part of it
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
--   $limit     integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, recipientAccountId AS account, eventSource, eventName,
       count(*) AS calls, count(errorCode) AS failed, max(errorCode) AS errorCode,
       count(DISTINCT sourceIPAddress) AS addresses, max(sourceIPAddress) AS an_address,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE (strpos(requestParameters, $resource) > 0 OR strpos(responseElements, $resource) > 0
       OR strpos(json_format(CAST(resources AS json)), $resource) > 0 OR strpos(serviceEventDetails, $resource) > 0)
  AND eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity), recipientAccountId, eventSource, eventName
ORDER BY first_time, eventName, actor, account
LIMIT $limit
