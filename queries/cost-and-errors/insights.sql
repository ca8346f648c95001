-- Which unusual rates of calls and errors did CloudTrail Insights see?
--
-- A line for each Insight: which call, whether its rate or that of its errors, from when
-- to when, and how many a minute instead of how many. The record of an end says more
-- than that of a beginning; one without an end went on, or its end is not in the log.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail, insight
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html
WITH insights AS (
    SELECT eventTime, recipientAccountId, awsRegion, coalesce(sharedEventID, eventID) AS insight,
           json_extract_scalar(insightDetails, '$.state') AS state,
           json_extract_scalar(insightDetails, '$.insightType') AS insightType,
           json_extract_scalar(insightDetails, '$.eventSource') AS source,
           json_extract_scalar(insightDetails, '$.eventName') AS name,
           json_extract_scalar(insightDetails, '$.errorCode') AS error,
           TRY_CAST(json_extract_scalar(insightDetails, '$.insightContext.statistics.baseline.average') AS double) AS baseline,
           TRY_CAST(json_extract_scalar(insightDetails, '$.insightContext.statistics.insight.average') AS double) AS average,
           json_extract_scalar(insightDetails, '$.insightContext.attributions[0].insight[0].value') AS who
    FROM cloudtrail
    WHERE eventCategory = 'Insight'
)
SELECT min(CASE WHEN state = 'Start' THEN eventTime END) AS begins, max(CASE WHEN state = 'End' THEN eventTime END) AS ends,
       max(recipientAccountId) AS account, max(awsRegion) AS awsRegion, max(insightType) AS insightType, max(source) AS eventSource, max(name) AS eventName,
       max(error) AS errorCode, round(max(average), 2) AS a_minute, round(max(baseline), 2) AS instead_of, max(who) AS most_by, insight
FROM insights
GROUP BY insight
HAVING max(eventTime) >= $since AND min(eventTime) < $until
ORDER BY min(eventTime), insight
