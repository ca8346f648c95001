-- Who removed budgets or alarms about costs?
--
-- Budgets and cost anomaly monitors are often the first to tell of machines that mine
-- or models that somebody else uses. Told is who deletes them, whom they write to, or
-- what they do. What failed is told as low.
--
-- False positives: projects that end.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html,
--   https://docs.aws.amazon.com/cost-management/latest/userguide/manage-ad.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.budgetName'),
                    json_extract_scalar(requestParameters, '$.monitorArn'),
                    json_extract_scalar(requestParameters, '$.subscriptionArn'),
                    json_extract_scalar(requestParameters, '$.reportName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('budgets', 'DeleteBudget', 'medium', 'delete', 'deleted', 'the budget'),
        ('budgets', 'DeleteBudgetAction', 'medium', 'delete', 'deleted', 'the action of the budget'),
        ('budgets', 'DeleteNotification', 'medium', 'delete', 'deleted', 'the notification of the budget'),
        ('budgets', 'DeleteSubscriber', 'medium', 'delete', 'deleted', 'a reader of the budget'),
        ('ce', 'DeleteAnomalyMonitor', 'medium', 'delete', 'deleted', 'the monitor of cost anomalies'),
        ('ce', 'DeleteAnomalySubscription', 'medium', 'delete', 'deleted', 'the subscription to cost anomalies'),
        ('freetier', 'PutFreeTierAlertPreference', 'low', 'change', 'changed', 'alerts of the free tier'),
        ('cur', 'DeleteReportDefinition', 'low', 'delete', 'deleted', 'the cost report')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
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
