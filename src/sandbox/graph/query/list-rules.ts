import { requestBadRequest, unsupportedQuery } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';

/**
 * How a list can be queried. Sources: "Paging Microsoft Graph data in your app", the `$top` notes of each resource's
 * list page, "Advanced query capabilities on Microsoft Entra ID objects".
 */
export interface ListRules {
  /** `directory`: advanced queries apply; `audit`: auditLogs; `plain`: a single page. */
  readonly kind: 'directory' | 'audit' | 'plain';
  /** Whether it is a navigation property, where `$filter` and `$orderby` need advanced parameters. */
  readonly isRelationship: boolean;
  /** If undefined, there is no paging and `$top` is refused. */
  readonly page?: { readonly default: number; readonly max: number };
  /** Options that the list accepts in addition to `$select`. */
  readonly options: readonly string[];
}

const directoryOptions = ['$filter', '$search', '$orderby', '$top', '$count', '$expand', '$skiptoken'];
const directoryPage = { default: 100, max: 999 };

const directorySet: ListRules = {
  kind: 'directory',
  isRelationship: false,
  page: directoryPage,
  options: directoryOptions,
};

const wholeList: ListRules = { kind: 'plain', isRelationship: false, options: [] };

const rulesByType: Readonly<Record<string, ListRules>> = {
  subscribedSku: wholeList,
  organization: wholeList,
  domain: wholeList,
  licenseDetails: wholeList,
  // Activated roles and their members have no paging.
  directoryRole: { kind: 'directory', isRelationship: false, options: ['$filter', '$count', '$expand'] },
  federatedIdentityCredential: {
    kind: 'directory',
    isRelationship: false,
    page: directoryPage,
    options: ['$filter', '$top', '$count', '$skiptoken'],
  },
  signIn: auditRules(),
  directoryAudit: auditRules(),
};

function auditRules(): ListRules {
  return {
    kind: 'audit',
    isRelationship: false,
    page: { default: 1_000, max: 1_000 },
    options: ['$filter', '$orderby', '$top', '$count', '$skiptoken'],
  };
}

/** The rules of the list that a path addresses. */
export function listRulesOf(parsed: ParsedGraphPath): ListRules {
  if (parsed.names[0] === 'directoryRoles' && parsed.names[1] === 'members') {
    return { kind: 'directory', isRelationship: true, options: ['$filter', '$search', '$orderby', '$count'] };
  }
  const rules = rulesByType[parsed.type ?? ''] ?? directorySet;
  const isRelationship =
    parsed.keys.length > 0 && !['appRoleAssignment', 'oAuth2PermissionGrant'].includes(parsed.type ?? '');
  return isRelationship && rules === directorySet ? { ...rules, isRelationship } : rules;
}

/** `$top` of a list, or its default. Throws 400 if it is out of range. */
export function readTop(text: string | undefined, page: { readonly default: number; readonly max: number }): number {
  if (text === undefined) return page.default;
  const top = Number(text);
  if (!/^-?\d+$/.test(text.trim())) {
    throw requestBadRequest(
      `Invalid value '${text}' for $top query option found. The $top query option requires a non-negative integer value.`,
    );
  }
  if (top < 1 || top > page.max) {
    throw unsupportedQuery(`Invalid page size specified: '${top}'. Must be between 1 and ${page.max} inclusive.`);
  }
  return top;
}
