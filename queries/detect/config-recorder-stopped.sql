-- Who stopped AWS Config, or cut its delivery?
--
-- AWS Config records what resources were like, and when they changed: a record of an
-- intruder's work beside CloudTrail. It is blind once its recorder is stopped, deleted
-- or told to leave types out, or once what it records is delivered nowhere.
--
-- What failed is told as less severe.
--
-- False positives: accounts that are taken down; a recorder that moves to another
--   region or account.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.001, T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/config/latest/developerguide/managing-recorder_console-stop.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.configurationRecorderName'),
                    json_extract_scalar(requestParameters, '$.configurationRecorder.name'),
                    json_extract_scalar(requestParameters, '$.configurationRecorderArn'),
                    json_extract_scalar(requestParameters, '$.deliveryChannelName'),
                    json_extract_scalar(requestParameters, '$.configurationAggregatorName'),
                    json_extract_scalar(requestParameters, '$.authorizedAccountId'),
                    json_extract_scalar(requestParameters, '$.retentionPeriodInDays'),
                    json_extract_scalar(requestParameters, '$.servicePrincipal')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('StopConfigurationRecorder', 'high', 'stop', 'stopped', 'the recorder of AWS Config'),
        ('DeleteConfigurationRecorder', 'high', 'delete', 'deleted', 'the recorder of AWS Config'),
        ('DeleteServiceLinkedConfigurationRecorder', 'medium', 'delete', 'deleted', 'the recorder that a service has in AWS Config:'),
        ('DisassociateResourceTypes', 'medium', 'take', 'took', 'resource types out of the recorder of AWS Config'),
        ('PutConfigurationRecorder', 'medium', 'narrow', 'narrowed', 'what AWS Config records: recorder'),
        ('DeleteDeliveryChannel', 'high', 'delete', 'deleted', 'the delivery channel of AWS Config'),
        ('DeleteConfigurationAggregator', 'low', 'delete', 'deleted', 'the aggregator of AWS Config'),
        ('DeleteAggregationAuthorization', 'low', 'delete', 'deleted', 'the right to aggregate from AWS Config, of account'),
        ('PutRetentionConfiguration', 'medium', 'shorten', 'shortened', 'how long AWS Config keeps history to days:')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'config.amazonaws.%'
      AND (eventName <> 'PutConfigurationRecorder' OR regexp_like(requestParameters, '"allSupported"\s*:\s*false|"exclusionByResourceTypes"\s*:\s*\{\s*"resourceTypes"\s*:\s*\[\s*"'))
      AND (eventName <> 'PutRetentionConfiguration' OR TRY_CAST(json_extract_scalar(requestParameters, '$.retentionPeriodInDays') AS bigint) < 365)
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('low') THEN severity ELSE 'medium' END AS severity,
       'T1562.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
