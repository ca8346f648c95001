-- Who prepared to take a registered domain away?
--
-- A domain leaves with its transfer lock off and its code known, or goes to another
-- account at once; with other name servers all its traffic and mail go elsewhere. What
-- failed is told as less severe.
--
-- False positives: planned moves between registrars.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1584.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/domain-lock.html,
--   https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/domain-transfer-between-aws-accounts.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.domainName'),
                    json_extract_scalar(requestParameters, '$.domain')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DisableDomainTransferLock', 'high', 'unlock', 'unlocked', 'the transfer of the domain'),
        ('TransferDomainToAnotherAwsAccount', 'high', 'transfer', 'transfered', 'to another account the domain'),
        ('RetrieveDomainAuthCode', 'high', 'retrieve', 'retrieved', 'the transfer code of the domain'),
        ('UpdateDomainNameservers', 'high', 'change', 'changed', 'the name servers of the domain'),
        ('DeleteDomain', 'high', 'delete', 'deleted', 'the domain'),
        ('UpdateDomainContact', 'medium', 'change', 'changed', 'the owner or contacts of the domain'),
        ('DisableDomainAutoRenew', 'medium', 'end', 'ended', 'the renewal of the domain'),
        ('DisassociateDelegationSignerFromDomain', 'medium', 'remove', 'removed', 'a signer from the domain'),
        ('UpdateDomainContactPrivacy', 'low', 'change', 'changed', 'what is shown of the owner of the domain'),
        ('PushDomain', 'high', 'move', 'moved', 'to another registrar the domain')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'route53domains.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('low') THEN severity ELSE 'medium' END AS severity,
       'T1584.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
