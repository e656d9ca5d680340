/**
 * Error codes that a report may name: those that Tenantry knows. Any other code is somebody else's text, so it is only said
 * to be unknown.
 */
const knownCodes: ReadonlySet<string> = new Set([
  // Microsoft Graph: https://learn.microsoft.com/graph/errors
  ...['BadRequest', 'Request_BadRequest', 'Request_ResourceNotFound', 'Request_UnsupportedQuery', 'NotImplemented'],
  ...['Directory_ExpiredPageToken', 'Directory_ResultSizeLimitExceeded', 'Directory_ConcurrencyViolation'],
  ...['Directory_QuotaExceeded', 'ExpandNotSupported', 'MaximumValueExceeded', 'InefficientFilter', 'UriTooLong'],
  ...['SearchWithFilter', 'SearchWithOrderBy', 'invalidRequest', 'UnknownError', 'serviceNotAvailable', 'itemNotFound'],
  ...['Authorization_RequestDenied', 'Authorization_IdentityNotFound', 'InvalidAuthenticationToken'],
  ...['Authentication_MSGraphPermissionMissing', 'Authentication_RequestFromNonPremiumTenantOrB2CTenant'],
  ...[
    'Authentication_RequestFromUnsupportedUserRole',
    'Forbidden',
    'AccessDenied',
    'accessDenied',
    'ErrorAccessDenied',
  ],
  ...['ErrorItemNotFound', 'ErrorInvalidUser', 'ErrorNonExistentMailbox', 'MailboxNotEnabledForRESTAPI'],
  ...['ResourceNotFound', 'MethodNotAllowed', 'TooManyRequests', 'ApplicationThrottled', 'activityLimitReached'],
  ...['Request_ThrottledTemporarily', 'Request_MultipleObjectsWithSameKeyValue', 'syncStateNotFound'],
  ...['resyncRequired', 'InternalServerError', 'ServiceUnavailable', 'GatewayTimeout', 'BadGateway'],
  // Azure: https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
  ...['MissingApiVersionParameter', 'InvalidApiVersionParameter', 'NoRegisteredProviderFound', 'InvalidResourceType'],
  ...['InvalidResourceNamespace', 'InvalidSubscriptionId', 'SubscriptionNotFound', 'ResourceGroupNotFound'],
  ...['ParentResourceNotFound', 'RoleAssignmentNotFound', 'AuthorizationFailed', 'LinkedAuthorizationFailed'],
  ...['AuthenticationFailed', 'ExpiredAuthenticationToken', 'InvalidAuthenticationTokenTenant', 'NotFound'],
  ...['InvalidAuthenticationTokenAudience', 'MissingSubscriptionRegistration', 'ValidationError', 'UserError'],
  ...['InvalidRequestContent', 'InvalidQueryParameterValue', 'InvalidSkipToken', 'ExpiredSkipToken', 'Conflict'],
  ...['InvalidQuery', 'ParserFailure', 'RateLimiting', 'SubscriptionRequestsThrottled', 'OperationNotAllowed'],
  ...['BadArgument', 'ArgumentInvalid', 'InvalidTopParameterValue', 'InvalidFilterInQueryString', 'BadParameter'],
  ...['DisallowedOperation', 'ReadOnlyDisabledSubscription', 'RequestDisallowedByPolicy'],
  // Data planes: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
  ...['AuthorizationPermissionMismatch', 'AuthorizationFailure', 'ContainerNotFound', 'InvalidHeaderValue'],
  ...['InvalidAuthenticationInfo', 'NoAuthenticationInformation', 'PublicAccessNotPermitted', 'ServerBusy'],
  ...['KeyBasedAuthenticationNotPermitted', 'InvalidQueryParameterValue', 'OutOfRangeQueryParameterValue'],
  ...['InvalidResourceName', 'InvalidUri', 'UnsupportedHttpVerb', 'OperationTimedOut', '400', '401', '403', '404'],
  // Azure DevOps: https://learn.microsoft.com/rest/api/azure/devops
  ...['ProjectDoesNotExistWithNameException', 'ProjectDoesNotExistException', 'VssVersionNotSpecifiedException'],
  ...['VssInvalidPreviewVersionException', 'VssVersionOutOfRangeException', 'AccessCheckException'],
  ...['UnauthorizedRequestException', 'ServiceEndpointException', 'ServiceEndpointNotFoundException'],
  ...['InvalidServiceEndpointRequestException', 'ArgumentException', 'ArgumentNullException', 'HttpException'],
  ...['ArgumentOutOfRangeException', 'InvalidArgumentValueException', 'VssServiceException'],
]);

/** A code of a service as a report may have it; those of Entra are numbers. */
export function codeInWords(code: string): string {
  if (code === '') return 'none';
  return knownCodes.has(code) || /^AADSTS\d{4,8}$/.test(code) ? code : 'an unknown code';
}

/** Header with what a request costs: a figure of the service's own. */
const cost = 'x-ms-resource-unit';

/** The cost of a request as the header has it; undefined for another header, and for a figure that is no cost. */
export function costInWords(header: string, value: string): string | undefined {
  return header === cost && /^\d{1,2}$/.test(value) ? value : undefined;
}

/** How many, in steps of ten: the exact numbers of users or subscriptions would tell one tenant from another. */
export function countInWords(count: number): string {
  if (count < 2) return String(count);
  const digits = String(count).length;
  return digits === 1 ? '2-9' : digits > 3 ? '1000 or more' : `${10 ** (digits - 1)}-${10 ** digits - 1}`;
}
