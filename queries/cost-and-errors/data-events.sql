-- What do data events cost, by account and resource?
--
-- CloudTrail bills data events by the 100,000 that a trail delivers: a line for each
-- account and bucket, table, function or other resource, with how many of its events
-- only read, and the price. What a trail does not need, its selectors can leave out.
-- Network activity is billed alike. A second trail costs the same again: it is not known
-- here.
--
-- Parameters:
--   $price  number    = 0.10          USD for 100,000 events
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 200           so many rows at most
-- Needs: cloudtrail, data
-- References: https://aws.amazon.com/cloudtrail/pricing/
WITH events AS (
    SELECT recipientAccountId, eventSource, eventName, eventTime, readOnly, errorCode, userIdentity,
           coalesce(CASE split_part(eventSource, '.', 1)
                         WHEN 's3' THEN json_extract_scalar(requestParameters, '$.bucketName')
                         WHEN 'dynamodb' THEN json_extract_scalar(requestParameters, '$.tableName')
                         WHEN 'lambda' THEN json_extract_scalar(requestParameters, '$.functionName') END,
                    element_at(resources, 1).ARN, vpcEndpointId) AS resource
    FROM cloudtrail
    WHERE eventCategory IN ('Data', 'NetworkActivity')
      AND eventTime >= $since AND eventTime < $until
)
SELECT recipientAccountId AS account, eventSource, resource,
       count(*) AS events, count(CASE WHEN readOnly THEN 1 END) AS reads, count(errorCode) AS failed,
       max(eventName) AS a_call, count(DISTINCT actor(userIdentity)) AS actors,
       round(count(*) * CAST($price AS double) / 100000.0, 4) AS usd,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM events
GROUP BY recipientAccountId, eventSource, resource
ORDER BY events DESC, account, eventSource, resource
LIMIT $limit
