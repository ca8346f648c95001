-- Who opened a file system or a search domain to everybody?
--
-- A policy of an EFS file system, or of an OpenSearch or Elasticsearch domain, that lets
-- everybody in without a condition, or that names another account. A domain with a public
-- endpoint and such a policy is in the open; a file system still has its network before
-- it.
--
-- False positives: domains within a VPC, whose policy may be open because its security
--   groups are not.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1530, T1190
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/efs/latest/ug/API_PutFileSystemPolicy.html,
--   https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_UpdateDomainConfig.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.domainName'), json_extract_scalar(requestParameters, '$.fileSystemId')) AS object,
           -- Statements that have a condition are cut out first.
           regexp_like(regexp_replace(coalesce(json_extract_scalar(requestParameters, '$.accessPolicies'), json_extract_scalar(requestParameters, '$.policy')), '\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"Condition"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}', ''),
             '("Effect"\s*:\s*"Allow"(?:[^{}]|\{[^{}]*\})*"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")|"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")(?:[^{}]*\})?(?:[^{}]|\{[^{}]*\})*"Effect"\s*:\s*"Allow")') AS everybody,
           regexp_extract(replace(coalesce(json_extract_scalar(requestParameters, '$.accessPolicies'), json_extract_scalar(requestParameters, '$.policy')), recipientAccountId, 'own'), '"AWS"\s*:\s*(\[[^\[\]]*)?"(arn:[^":]*:(iam|sts)::)?([0-9]{12})', 4) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'elasticfilesystem.amazonaws.%' AND eventName = 'PutFileSystemPolicy'
        OR eventSource LIKE 'es.amazonaws.%' AND eventName IN ('CreateDomain', 'UpdateDomainConfig', 'CreateElasticsearchDomain', 'UpdateElasticsearchDomainConfig'))
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody AND eventName <> 'PutFileSystemPolicy' THEN 'high' ELSE 'medium' END AS severity,
       'T1530' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' ' || coalesce(object, 'a file system or domain') || ' to ' || CASE WHEN everybody THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
