import { mix } from './hash.ts';
import type { SkuPartNumber } from './licence-products.ts';
import { departments, familyNames, givenNames, type Office, offices, partners } from './people.ts';
import { tenant } from './tenant.ts';

/** What the generator decides about a user; everything else follows from it. */
export interface UserTraits {
  readonly index: number;
  readonly kind: 'employee' | 'guest' | 'emergency';
  readonly enabled: boolean;
  /** Synced from an on-premises directory: read-only in the cloud. */
  readonly synced: boolean;
  readonly office: Office;
  readonly department: string;
  readonly jobTitle: string;
  /** Missing for some users, who cannot be assigned licences until it is set. */
  readonly usageLocation: string | null;
  readonly directSkus: readonly SkuPartNumber[];
  /** Licensed through the group `License - Microsoft 365 E3 - Sales`. */
  readonly inheritsE3: boolean;
}

const ceoIndex = 0;
export const emergencyIndex = 1;

const nameCount = givenNames.length * familyNames.length;
/** Coprime with the number of names, so every name appears before one repeats. */
const nameStep = 4409;
const nameOffset = 2718;
const nameStepInverse = inverseModulo(nameStep, nameCount);
/** Names as used in addresses: lower case, without accents. */
const plainGivenNames = givenNames.map(plain);
const plainFamilyNames = familyNames.map(plain);
const localParts = {
  given: new Map(plainGivenNames.map((name, position) => [name, position])),
  family: new Map(plainFamilyNames.map((name, position) => [name, position])),
};

export function userTraits(index: number, seed: number): UserTraits {
  const roll = mix(seed, 7919, index);
  const kind = kindOf(index);
  const office = offices[roll % offices.length] ?? (offices[0] as Office); // the list is not empty
  const department = departments[(roll >>> 8) % departments.length];
  const titles = department?.titles ?? [];
  const level = index < 12 ? 0 : index < 60 ? 1 : 2 + ((roll >>> 16) % 2);
  const enabled = index < 12 || index % 24 !== 11;
  const usageLocation = kind !== 'employee' || (index >= 2 && index % 17 === 5) ? null : office.usageLocation;
  const departmentName = department?.name ?? '';
  const inheritsE3 = kind === 'employee' && departmentName === 'Sales' && index !== ceoIndex;
  return {
    index,
    kind,
    enabled,
    synced: kind === 'employee' && index > 1 && index % 3 === 2,
    office,
    department: index === ceoIndex ? 'Executive' : departmentName,
    jobTitle: index === ceoIndex ? 'Chief Executive Officer' : (titles[level] ?? ''),
    usageLocation,
    directSkus: enabled && usageLocation !== null ? skusOf(index, departmentName) : [],
    inheritsE3,
  };
}

export function kindOf(index: number): UserTraits['kind'] {
  if (index === emergencyIndex) return 'emergency';
  return index >= 4 && index % 20 === 7 ? 'guest' : 'employee';
}

function skusOf(index: number, department: string): readonly SkuPartNumber[] {
  if (index === ceoIndex) return ['SPE_E5'];
  const skus: SkuPartNumber[] = [];
  const slot = index % 10;
  if (department !== 'Sales') {
    if (slot < 5) skus.push('SPE_E3');
    if (slot === 5) skus.push('SPE_E5');
    if (slot === 6) skus.push('STANDARDPACK', 'EMS');
    if (slot === 8) skus.push('FLOW_FREE');
  }
  if (department === 'Finance' && slot !== 5) skus.push('POWER_BI_PRO');
  if (index % 24 === 3) skus.push('VISIOCLIENT');
  return skus;
}

interface UserNames {
  readonly givenName: string;
  readonly surname: string;
  readonly mailNickname: string;
  readonly userPrincipalName: string;
  readonly mail: string | null;
  readonly company: string;
}

const emergencyNames: UserNames = {
  givenName: 'Emergency',
  surname: 'Access',
  mailNickname: 'emergency.access',
  userPrincipalName: `emergency.access@${tenant.initialDomain}`,
  mail: null,
  company: tenant.displayName,
};

/** Names of a user. User principal names are unique. */
export function userNames(index: number): UserNames {
  if (index === emergencyIndex) return emergencyNames;
  const combination = ((index % nameCount) * nameStep + nameOffset) % nameCount;
  const given = combination % givenNames.length;
  const family = Math.floor(combination / givenNames.length);
  const givenName = givenNames[given] ?? '';
  const surname = familyNames[family] ?? '';
  const round = Math.floor(index / nameCount);
  const local = `${plainGivenNames[given]}.${plainFamilyNames[family]}${round === 0 ? '' : round + 1}`;
  if (kindOf(index) === 'guest') {
    const partner = partners[index % partners.length];
    const domain = partner?.domain ?? '';
    const mailNickname = `${local}_${domain}#EXT#`;
    return {
      givenName,
      surname,
      mailNickname,
      userPrincipalName: `${mailNickname}@${tenant.initialDomain}`,
      mail: `${local}@${domain}`,
      company: partner?.name ?? '',
    };
  }
  const mail = `${local}@${tenant.domain}`;
  return { givenName, surname, mailNickname: local, userPrincipalName: mail, mail, company: tenant.displayName };
}

/** The only index whose user can have the name at the start of a UPN, address, or nickname. */
export function userIndexOfName(value: string): number | undefined {
  const name = value.toLowerCase();
  if (name.startsWith('emergency.access')) return emergencyIndex;
  const parts = /^([a-z]+)\.([a-z]+)(\d*)(?:[@_]|$)/.exec(name);
  const given = localParts.given.get(parts?.[1] ?? '');
  const family = localParts.family.get(parts?.[2] ?? '');
  if (given === undefined || family === undefined) return undefined;
  const combination = family * givenNames.length + given;
  const inRound = ((combination - nameOffset + nameCount) * nameStepInverse) % nameCount;
  const round = parts?.[3] ? Number(parts[3]) - 1 : 0;
  return round * nameCount + inRound;
}

function plain(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
}

function inverseModulo(value: number, modulus: number): number {
  let [before, after] = [0, 1];
  let [low, high] = [modulus, value % modulus];
  while (high !== 0) {
    const quotient = Math.floor(low / high);
    [before, after] = [after, before - quotient * after];
    [low, high] = [high, low - quotient * high];
  }
  return (before + modulus) % modulus;
}
