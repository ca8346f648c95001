-- Who changed what watches us: CloudTrail, Config, GuardDuty?
--
-- Changes of trails, recorders, detectors, Security Hub, Macie, flow logs, log groups
-- and alarms, in the order of time, also those that were refused. Findings and
-- evaluations that these services are handed are no change of them.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT eventTime, actor(userIdentity) AS actor, recipientAccountId AS account, awsRegion, sourceIPAddress, eventSource, eventName, errorCode,
       coalesce(json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.trailName'),
                json_extract_scalar(requestParameters, '$.detectorId'), json_extract_scalar(requestParameters, '$.logGroupName'),
                json_extract_scalar(requestParameters, '$.alarmName'), json_extract_scalar(requestParameters, '$.configurationRecorderName')) AS object,
       eventID, requestParameters
FROM cloudtrail
WHERE (split_part(eventSource, '.', 1) IN ('cloudtrail', 'config', 'guardduty', 'securityhub', 'macie2', 'detective', 'inspector2', 'access-analyzer')
       AND eventName NOT IN ('PutEvaluations', 'BatchImportFindings', 'BatchUpdateFindings', 'StartQuery', 'CreateSampleFindings')
       OR eventSource LIKE 'ec2.amazonaws.%' AND eventName LIKE '%FlowLogs'
       OR eventSource LIKE 'logs.amazonaws.%' AND regexp_like(eventName, 'LogGroup|RetentionPolicy|SubscriptionFilter|MetricFilter|DeleteLogStream')
       OR eventSource LIKE 'monitoring.amazonaws.%' AND eventName LIKE '%Alarm%')
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
