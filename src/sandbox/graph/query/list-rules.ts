import { requestBadRequest, unsupportedQuery } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';

/**
 * How a list may be asked for. Sources: "Paging Microsoft Graph data in your app", the `$top` notes of the list pages of
 * each resource, "Advanced query capabilities on Microsoft Entra ID objects".
 */
export interface ListRules {
  /** `directory`: advanced queries apply; `audit`: auditLogs; `plain`: everything at once. */
  readonly kind: 'directory' | 'audit' | 'plain';
  /** A navigation property's list: `$filter` and `$orderby` need advanced parameters there. */
  readonly isRelationship: boolean;
  /** Undefined: no paging, `$top` is refused. */
  readonly page?: { readonly default: number; readonly max: number };
  /** Options besides `$select` that the list takes. */
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
  // Activated roles and their members come without paging.
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

/** `$top` of a list, or its default. Throws the 400 for what is out of range. */
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
