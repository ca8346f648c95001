-- Who opened a topic or a queue to everybody or another account?
--
-- A policy of SNS or SQS that lets everybody publish, subscribe, send or receive, without
-- a condition, is high; one that names another account is low, for messages between
-- accounts are common. What failed is low.
--
-- False positives: topics and queues that partners or other accounts of one's own use.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1537, T1530
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html,
--   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.topicArn'), json_extract_scalar(requestParameters, '$.queueUrl'), json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.queueName')) AS object,
           -- Statements that have a condition are cut out first.
           regexp_like(regexp_replace(coalesce(json_extract_scalar(requestParameters, '$.attributeValue'), json_extract_scalar(requestParameters, '$.attributes.Policy'), json_extract_scalar(requestParameters, '$.attribute.Policy')), '\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"Condition"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}', ''),
             '("Effect"\s*:\s*"Allow"(?:[^{}]|\{[^{}]*\})*"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")|"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")(?:[^{}]*\})?(?:[^{}]|\{[^{}]*\})*"Effect"\s*:\s*"Allow")') AS everybody,
           coalesce(regexp_extract(replace(coalesce(json_extract_scalar(requestParameters, '$.attributeValue'), json_extract_scalar(requestParameters, '$.attributes.Policy'), json_extract_scalar(requestParameters, '$.attribute.Policy')), recipientAccountId, 'own'), '"AWS"\s*:\s*(\[[^\[\]]*)?"(arn:[^":]*:(iam|sts)::)?([0-9]{12})', 4),
               regexp_extract(replace(coalesce(json_format(json_extract(requestParameters, '$.aWSAccountIds')), json_format(json_extract(requestParameters, '$.aWSAccountId'))), recipientAccountId, 'own'), '[0-9]{12}')) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'sns.amazonaws.%' AND eventName IN ('SetTopicAttributes', 'CreateTopic', 'AddPermission')
        OR eventSource LIKE 'sqs.amazonaws.%' AND eventName IN ('SetQueueAttributes', 'CreateQueue', 'AddPermission'))
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND everybody THEN 'high' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' ' || coalesce(object, 'a topic or queue') || ' to ' || CASE WHEN everybody THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
