-- Who cut the way from logs to those who read them?
--
-- Subscription filters send a log group's lines to a SIEM, metric filters count them
-- for alarms, and destinations take them in another account. With one of them gone the
-- lines still come, and nobody is told.
--
-- Told too are data protection and field policies changed so that log lines are masked,
-- which can hide them from readers.
--
-- False positives: log pipelines that are rebuilt; functions that are deleted along
--   with their filters.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.008, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteSubscriptionFilter.html,
--   https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteMetricFilter.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.logGroupName'),
                    json_extract_scalar(requestParameters, '$.logGroupIdentifier'),
                    json_extract_scalar(requestParameters, '$.destinationName'),
                    json_extract_scalar(requestParameters, '$.policyName'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.id'),
                    json_extract_scalar(requestParameters, '$.deliveryStreamName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('logs', 'DeleteSubscriptionFilter', 'medium', 'delete', 'deleted', 'the subscription of the log group'),
        ('logs', 'DeleteMetricFilter', 'medium', 'delete', 'deleted', 'a metric filter of the log group'),
        ('logs', 'DeleteDestination', 'medium', 'delete', 'deleted', 'the destination of logs'),
        ('logs', 'DeleteAccountPolicy', 'medium', 'delete', 'deleted', 'the account''s policy of logs'),
        ('logs', 'PutDataProtectionPolicy', 'low', 'mask', 'masked', 'lines of the log group'),
        ('logs', 'DeleteDelivery', 'medium', 'delete', 'deleted', 'the delivery of logs'),
        ('logs', 'DeleteDeliverySource', 'medium', 'delete', 'deleted', 'the source of delivered logs'),
        ('logs', 'DeleteDeliveryDestination', 'medium', 'delete', 'deleted', 'the destination of delivered logs'),
        ('firehose', 'DeleteDeliveryStream', 'low', 'delete', 'deleted', 'the delivery stream')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
