-- Who gave somebody access to a Kubernetes cluster?
--
-- An access entry or policy of EKS lets an IAM role or user into a cluster; with the
-- administrator's policy it is all of the cluster, and the roles of what runs there.
-- Administrators and entries for another account are high and medium, others low.
--
-- False positives: people who set up clusters, and infrastructure code.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html,
--   https://docs.aws.amazon.com/eks/latest/APIReference/API_AssociateAccessPolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.clusterName'), json_extract_scalar(requestParameters, '$.name')) AS object,
           coalesce(url_decode(json_extract_scalar(requestParameters, '$.principalArn')), json_extract_scalar(requestParameters, '$.oidc.issuerUrl')) AS who,
           coalesce(json_extract_scalar(requestParameters, '$.policyArn'), regexp_extract(requestParameters, 'system:masters')) AS policy
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'eks.amazonaws.%' AND eventName IN ('CreateAccessEntry', 'UpdateAccessEntry', 'AssociateAccessPolicy', 'AssociateIdentityProviderConfig')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN who LIKE 'arn:%' AND split_part(who, ':', 5) <> recipientAccountId THEN 'high' WHEN policy LIKE '%Admin%' OR policy = 'system:masters' OR eventName = 'AssociateIdentityProviderConfig' THEN 'medium' ELSE 'low' END AS severity,
       'T1098.006' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let' ELSE ' tried and failed to let' END
         || ' ' || coalesce(who, 'somebody') || ' into the cluster ' || coalesce(object, 'of no name') || coalesce(' with ' || policy, '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
