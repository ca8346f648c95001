-- Who opened a repository of container images to others?
--
-- A repository's or registry's policy that lets everybody pull or push is high: pulled
-- images hold code and often secrets, and pushed ones run in one's clusters. A policy
-- that names another account is low, for pulling across accounts is common; what failed
-- is low too. Statements with a condition are not taken for everybody's. A repository in
-- the public registry is for all to read, and medium.
--
-- False positives: policies for an organisation's accounts; images that are meant to be
--   public.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1537, T1525
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html,
--   https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_CreateRepository.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.repositoryName'), json_extract_scalar(requestParameters, '$.registryId')) AS object,
           -- Statements that have a condition are cut out first.
           regexp_like(regexp_replace(json_extract_scalar(requestParameters, '$.policyText'), '\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"Condition"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}', ''),
             '("Effect"\s*:\s*"Allow"(?:[^{}]|\{[^{}]*\})*"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")|"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")(?:[^{}]*\})?(?:[^{}]|\{[^{}]*\})*"Effect"\s*:\s*"Allow")') AS everybody,
           regexp_extract(replace(json_extract_scalar(requestParameters, '$.policyText'), recipientAccountId, 'own'), '"AWS"\s*:\s*(\[[^\[\]]*)?"(arn:[^":]*:(iam|sts)::)?([0-9]{12})', 4) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'ecr.amazonaws.%' AND eventName IN ('SetRepositoryPolicy', 'PutRegistryPolicy')
        OR eventSource LIKE 'ecr-public.amazonaws.%' AND eventName = 'CreateRepository')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody THEN 'high' WHEN other IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' the repository ' || coalesce(object, 'of that account') || CASE WHEN everybody THEN ' to everybody' WHEN other IS NULL THEN ' in the public registry' ELSE ' to account ' || other END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL OR eventName = 'CreateRepository'
ORDER BY time, eventID
