-- Who opened a security group to the whole internet?
--
-- A rule that lets all addresses in. It is high for ports of remote shells and desktops,
-- databases, file shares and control planes, and for all ports; low for others, and what
-- failed. The ports of web servers, 80 and 443, are left out. Of a call with many rules
-- the worst is told.
--
-- False positives: machines that are meant to be reached, such as those for VPNs and
--   mail.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.007, T1133
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html,
--   https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, requestParameters,
           coalesce(regexp_extract(requestParameters, '"[gG]roupId"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"[gG]roupName"\s*:\s*"([^"]*)"', 1)) AS object,
           json_extract(requestParameters, '$.ipPermissions.items') AS items
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
      AND regexp_like(requestParameters, '"(0\.0\.0\.0/0|::/0)"')
), rules AS (
    -- A call holds a list of rules, or is one itself.
    SELECT *, CASE WHEN items IS NOT NULL THEN json_format(json_array_get(items, place)) WHEN place = 0 THEN requestParameters END AS rule
    FROM calls CROSS JOIN UNNEST(sequence(0, 59)) AS t(place)
), ports AS (
    SELECT *, coalesce(TRY_CAST(regexp_extract(rule, '"[fF]romPort"\s*:\s*"?(-?[0-9]+)', 1) AS bigint), 0) AS first_port,
           coalesce(TRY_CAST(regexp_extract(rule, '"[tT]oPort"\s*:\s*"?(-?[0-9]+)', 1) AS bigint), 65535) AS last_port,
           coalesce(regexp_extract(rule, '"[iI]pProtocol"\s*:\s*"?([a-z0-9-]+)', 1), '-1') AS protocol
    FROM rules
    WHERE regexp_like(rule, '"(0\.0\.0\.0/0|::/0)"')
), judged AS (
    SELECT *, row_number() OVER (PARTITION BY eventTime, eventID ORDER BY CASE WHEN grave THEN 0 ELSE 1 END, first_port) AS number
    FROM (
        SELECT *, protocol NOT IN ('icmp', 'icmpv6', '1', '58')
             AND (protocol = '-1' OR 22 BETWEEN first_port AND last_port OR 23 BETWEEN first_port AND last_port OR 135 BETWEEN first_port AND last_port OR 445 BETWEEN first_port AND last_port
             OR 1433 BETWEEN first_port AND last_port OR 1521 BETWEEN first_port AND last_port OR 2049 BETWEEN first_port AND last_port OR 2375 BETWEEN first_port AND last_port
             OR 2379 BETWEEN first_port AND last_port OR 3306 BETWEEN first_port AND last_port OR 3389 BETWEEN first_port AND last_port OR 5432 BETWEEN first_port AND last_port
             OR 5601 BETWEEN first_port AND last_port OR 5900 BETWEEN first_port AND last_port OR 5985 BETWEEN first_port AND last_port OR 6379 BETWEEN first_port AND last_port
             OR 6443 BETWEEN first_port AND last_port OR 9042 BETWEEN first_port AND last_port OR 9200 BETWEEN first_port AND last_port OR 10250 BETWEEN first_port AND last_port
             OR 11211 BETWEEN first_port AND last_port OR 27017 BETWEEN first_port AND last_port) AS grave
        FROM ports
        WHERE NOT (first_port IN (80, 443) AND last_port = first_port)
    ) AS graded
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND grave THEN 'high' ELSE 'low' END AS severity,
       'T1562.007' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || CASE WHEN protocol = '-1' OR first_port <= 0 AND last_port >= 65535 THEN ' all ports'
                 WHEN first_port = last_port THEN ' port ' || CAST(first_port AS varchar)
                 ELSE ' ports ' || CAST(first_port AS varchar) || ' to ' || CAST(last_port AS varchar) END
         || ' of the security group ' || coalesce(object, 'of no name') || ' to all addresses' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM judged
WHERE number = 1
ORDER BY time, eventID
