-- Who was given new ways in: users, keys, passwords, policies?
select eventTime, coalesce(recipientAccountId, userIdentity.accountId) as account,
       sourceIPAddress, eventName,
       json_extract_scalar(requestParameters, '$.userName') as givenTo
from cloudtrail
where eventSource = 'iam.amazonaws.com'
  and eventName in ('CreateUser', 'CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile',
                    'AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup')
  and errorCode is null
order by eventTime, eventName
limit 20;
