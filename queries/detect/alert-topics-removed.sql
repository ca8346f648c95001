-- Who removed SNS topics or subscriptions of alerts?
--
-- Alarms and findings reach people through topics of SNS. A topic deleted or a
-- subscription taken out ends that, and nobody notices until something happens.
--
-- It is medium where the topic's name speaks of alerts, alarms or security, and low
-- else. A subscription that confirms its own removal by a link is told of too.
--
-- False positives: services that are taken down; people who unsubscribe.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/sns/latest/api/API_DeleteTopic.html,
--   https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.topicArn'),
                    json_extract_scalar(requestParameters, '$.subscriptionArn'),
                    json_extract_scalar(requestParameters, '$.TopicArn'),
                    json_extract_scalar(requestParameters, '$.SubscriptionArn')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteTopic', 'delete', 'deleted', 'the topic'),
        ('Unsubscribe', 'remove', 'removed', 'the subscription'),
        ('SetSubscriptionAttributes', 'filter', 'filtered', 'what is sent to the subscription'),
        ('RemovePermission', 'remove', 'removed', 'a permission of the topic')
    ) AS deeds(name, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sns.amazonaws.%'
      AND (eventName <> 'SetSubscriptionAttributes' OR coalesce(coalesce(json_extract_scalar(requestParameters, '$.attributeName'),
                    json_extract_scalar(requestParameters, '$.AttributeName')), '') LIKE 'FilterPolicy%')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(lower(object), 'alert|alarm|security|pager|oncall|on-call|guardduty|finding|incident|trail|budget|billing')
            THEN 'medium' ELSE 'low' END AS severity,
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
