-- Which calls are throttled, and who makes too many?
--
-- A line for each call, account and region in which AWS said that it was too much: how
-- many of all its calls, the busiest hour, and who was throttled most.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
WITH hours AS (
    SELECT eventSource, eventName, recipientAccountId, awsRegion, actor(userIdentity) AS actor, date_trunc('hour', eventTime) AS hour,
           count(*) AS calls, count(CASE WHEN regexp_like(errorCode, '(?i)throttl|RequestLimitExceeded|TooManyRequests|ProvisionedThroughputExceeded|SlowDown|RateExceeded|BandwidthLimitExceeded') THEN 1 END) AS throttled,
           max(CASE WHEN regexp_like(errorCode, '(?i)throttl|RequestLimitExceeded|TooManyRequests|ProvisionedThroughputExceeded|SlowDown|RateExceeded|BandwidthLimitExceeded') THEN errorCode END) AS errorCode
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
    GROUP BY eventSource, eventName, recipientAccountId, awsRegion, actor(userIdentity), date_trunc('hour', eventTime)
), actors AS (
    SELECT eventSource, eventName, recipientAccountId, awsRegion, actor, sum(calls) AS calls, sum(throttled) AS throttled,
           max(throttled) AS most_in_an_hour, max_by(hour, throttled) AS worst_hour, max(errorCode) AS errorCode
    FROM hours
    GROUP BY eventSource, eventName, recipientAccountId, awsRegion, actor
)
SELECT eventSource, eventName, recipientAccountId AS account, awsRegion, sum(throttled) AS throttled, sum(calls) AS calls,
       max(errorCode) AS errorCode, count(CASE WHEN throttled > 0 THEN 1 END) AS actors,
       max_by(actor, throttled) AS most_by, max(most_in_an_hour) AS most_in_an_hour, max_by(worst_hour, most_in_an_hour) AS worst_hour
FROM actors
GROUP BY eventSource, eventName, recipientAccountId, awsRegion
HAVING sum(throttled) > 0
ORDER BY throttled DESC, eventSource, eventName, account, awsRegion
