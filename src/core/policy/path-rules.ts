import { isGuid } from '../base/guid.ts';
import {
  type Address,
  type PolicyRequest,
  signedInUser,
  splitPath,
  unknownRest,
  unknownSegment,
} from './addresses/address.ts';
import { armRuleAddress } from './addresses/arm-address.ts';
import { graphRuleAddress } from './addresses/graph-address.ts';
import type { AskedObject, ObjectNames } from './object-names.ts';
import type { PathRule, PolicyService } from './policy.ts';

/** A rule of the configuration, ready to be compared. */
export interface PreparedRule {
  readonly rule: PathRule;
  readonly address: Address;
  readonly methods: ReadonlySet<string> | undefined;
}

/** Whether a rule is about a request, and what has to be known to say so. */
type Comparison = 'yes' | 'no' | 'unknown' | readonly Question[];

/** Two keys that may be the same object: `users` by id and by user principal name. */
interface Question {
  readonly collection: string;
  readonly named: string;
  readonly asked: string;
}

export function prepareRule(rule: PathRule): PreparedRule {
  // HEAD is a read like GET.
  const methods = rule.methods?.map((method) => (method === 'HEAD' ? 'GET' : method));
  return { rule, address: ruleAddress(rule.service, rule.path), methods: methods && new Set(methods) };
}

function ruleAddress(service: PolicyService, path: string): Address {
  if (service === 'graph') return graphRuleAddress(path);
  if (service === 'arm') return armRuleAddress(path);
  return splitPath(path).map((segment) => (/^\{.*\}$/.test(segment) ? '*' : segment));
}

/** Whether a rule speaks about the method; a rule without methods speaks about all. */
function concernsMethod(
  { rule, methods }: PreparedRule,
  { service, method }: Pick<PolicyRequest, 'service' | 'method'>,
): boolean {
  return rule.service === service && (methods === undefined || methods.has(method));
}

/**
 * The rule of the list that forbids the request. In doubt a change is forbidden: when a name cannot be looked up, or when
 * a template does not say what it changes. A read of something that nobody names is not.
 */
export async function findDeny(
  rules: readonly PreparedRule[],
  request: PolicyRequest,
  names: ObjectNames,
): Promise<PreparedRule | undefined> {
  for (const rule of rules) {
    if (!concernsMethod(rule, request)) continue;
    for (const address of request.addresses) {
      const found = compare(rule.address, address, request);
      if (found === 'yes' || (found === 'unknown' && !request.isRead)) return rule;
      if (typeof found === 'object' && (await areSame(found, names)) !== false) return rule;
      if (deletesAbove(rule, address, request)) return rule;
    }
  }
  return undefined;
}

/** Whether a rule of the list lets the change pass. In doubt it does not. */
export async function isAllowed(
  rules: readonly PreparedRule[],
  request: PolicyRequest,
  names: ObjectNames,
): Promise<boolean> {
  const [own, ...others] = request.addresses;
  // What `/directoryObjects/{id}` is, is not known: then each possible address must be allowed.
  const needed = own[0] === 'directoryobjects' && others.length > 0 ? others : [own];
  for (const address of needed) {
    if (!(await isListed(rules, request, address, names))) return false;
  }
  return true;
}

async function isListed(
  rules: readonly PreparedRule[],
  request: PolicyRequest,
  address: Address,
  names: ObjectNames,
): Promise<boolean> {
  for (const rule of rules) {
    if (!concernsMethod(rule, request)) continue;
    const found = compare(rule.address, address, request);
    if (found === 'yes') return true;
    if (typeof found === 'object' && (await areSame(found, names)) === true) return true;
  }
  return false;
}

/** Deleting a resource group or a resource deletes what is below it. */
function deletesAbove(
  { address: pattern }: PreparedRule,
  address: Address,
  { service, method }: PolicyRequest,
): boolean {
  if (service !== 'arm' || method !== 'DELETE' || address.length >= pattern.length) return false;
  return address.every((segment, at) => pattern[at] === '*' || pattern[at] === segment || segment === unknownSegment);
}

async function areSame(questions: readonly Question[], names: ObjectNames): Promise<boolean | undefined> {
  let all: boolean | undefined = true;
  for (const { collection, named, asked } of questions) {
    const same = await names.areSame(collection as AskedObject['collection'], named, asked);
    if (same === false) return false;
    if (same === undefined) all = undefined;
  }
  return all;
}

function compare(pattern: Address, address: Address, { service }: PolicyRequest): Comparison {
  const questions: Question[] = [];
  let isUnknown = false;
  const end = pattern.at(-1) === '**' ? pattern.length - 1 : pattern.length;
  for (let at = 0; at < end; at++) {
    const segment = address[at];
    if (segment === unknownRest) return 'unknown';
    if (segment === undefined) return 'no';
    const wanted = pattern[at] ?? '';
    const found = compareSegment(wanted, segment, service, pattern[at - 1]);
    if (found === 'no') return 'no';
    if (found === 'unknown') isUnknown = true;
    if (found === 'ask') questions.push({ collection: address[at - 1] ?? '', named: wanted, asked: segment });
  }
  if (address.length > end && end === pattern.length) return address[end] === unknownRest ? 'unknown' : 'no';
  if (isUnknown) return 'unknown';
  return questions.length === 0 ? 'yes' : questions;
}

/** Collections whose objects have more than one key. */
const severalKeys = new Set(['applications', 'devices', 'directoryroles', 'groups', 'serviceprincipals', 'users']);

function compareSegment(
  wanted: string,
  segment: string,
  service: PolicyService,
  before: string | undefined,
): 'yes' | 'no' | 'unknown' | 'ask' {
  if (wanted === '*' || wanted === segment) return 'yes';
  if (segment === unknownSegment) return 'unknown';
  // A project has a name and an id, and no rule can tell which name belongs to which id.
  if (service === 'devops') return isGuid(segment) === isGuid(wanted) ? 'no' : 'unknown';
  if (service !== 'graph' || !severalKeys.has(before ?? '')) return 'no';
  const kinds = [kindOf(wanted), kindOf(segment)];
  if (kinds.includes('name')) return 'no';
  return kinds[0] === kinds[1] && kinds[0] !== 'other' ? 'no' : 'ask';
}

function kindOf(key: string): 'id' | 'principal' | 'other' | 'name' {
  if (isGuid(key)) return 'id';
  if (key === signedInUser || key.includes('=')) return 'other';
  return key.includes('@') ? 'principal' : 'name';
}
