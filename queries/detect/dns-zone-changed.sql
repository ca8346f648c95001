-- Who changed what makes a domain ours in Route 53?
--
-- Records of names (NS, MX, TXT, CAA, DS) say who answers for a domain, who gets its
-- mail and who may have certificates for it: whoever changes them can take the domain
-- over. Told too are zones deleted and DNSSEC turned off. Other records, which change
-- all day, are not told of.
--
-- False positives: changes of mail providers; proofs of ownership, which are TXT
--   records; zones that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1584.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html,
--   https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-disable.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.hostedZoneId'),
                    json_extract_scalar(requestParameters, '$.id')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('ChangeResourceRecordSets', 'low', 'change', 'changed', 'records that make a domain ours in the zone'),
        ('DeleteHostedZone', 'medium', 'delete', 'deleted', 'the zone'),
        ('DisableHostedZoneDNSSEC', 'medium', 'disable', 'disabled', 'DNSSEC of the zone'),
        ('DeactivateKeySigningKey', 'medium', 'deactivate', 'deactivated', 'a signing key of the zone'),
        ('DeleteKeySigningKey', 'medium', 'delete', 'deleted', 'a signing key of the zone'),
        ('AssociateVPCWithHostedZone', 'low', 'join', 'joined', 'another VPC to the zone'),
        ('CreateVPCAssociationAuthorization', 'low', 'allow', 'allowed', 'another account''s VPC to join the zone'),
        ('DeleteReusableDelegationSet', 'low', 'delete', 'deleted', 'the set of name servers')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'route53.amazonaws.%'
      AND (eventName <> 'ChangeResourceRecordSets' OR regexp_like(requestParameters, '"type"\s*:\s*"(NS|MX|TXT|CAA|DS)"'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1584.002' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
