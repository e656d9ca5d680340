import { type MemberPattern, matches, patternsOf } from './answer-rules.ts';
import { connectionIdentifiers } from './secret-members.ts';

// Where ordinary answers hold secrets that no name gives away. Readers of the resource see them at the service.

/** Members of any resource of Resource Manager. */
const armPlaces = patternsOf([
  'apiProperties.qnaAzureSearchEndpointKey',
  'webhookReceivers[].serviceUri',
  'logicAppReceivers[].callbackUrl',
  'azureFunctionReceivers[].httpTriggerUrl',
  'environmentVariables[].value',
  'env[].value',
  'appSettings[].value',
]);

interface TypedPlace {
  /** Of the type of the resource, in lower case. */
  readonly type: RegExp;
  readonly members: readonly MemberPattern[];
  /** Members below which every text is a secret. */
  readonly below: readonly MemberPattern[];
}

const typedPlaces: readonly TypedPlace[] = [
  {
    type: /^microsoft\.resources\/deployments(?:\/|$)/,
    members: patternsOf(['properties.parameters.*.value']),
    below: patternsOf(['properties.outputs.*.value']),
  },
  {
    type: /^microsoft\.compute\/.*\/extensions$/,
    members: [],
    below: patternsOf(['properties.settings']),
  },
  { type: /^microsoft\.insights\/components$/, members: patternsOf(['properties.InstrumentationKey']), below: [] },
];

/** In scale sets the extensions stand inside the model. */
const extensionSettings = patternsOf(['extensionProfile.extensions[].properties.settings']);

const secretWord = /secret|passw|pwd|token|credential|connectionstring|sas$|key$/;
/** The same at the end of a name, and no address or type of one: `tokenUrl`. */
const secretEnd =
  /(?:secrets?|passw(?:or)?d|pass_?phrase|pwd|tokens?|credentials?|connectionstring|sas|keys?|authorization)$/;
const identifying = /keyid$|keyname$|tokentype$|publickey$/;

/** Parameters of a service connection that say who signs in where, and open nothing. */
const openParameter = /id$|^(?:authenticationtype|scope|workloadidentityfederation\w*|username|registry|role|url)$/;

/** Where the walk through an answer stands. */
export interface Place {
  readonly api: string;
  /** Lower-case names from the top; `[]` for elements. */
  readonly path: readonly string[];
  /** Type of the resource around, in lower case. */
  readonly type: string;
}

/** Whether the text at a place is a secret although neither its name nor its form says so. */
export function isSecretPlace({ api, path, type }: Place): boolean {
  const name = path.at(-1) ?? '';
  const isParameter = path.at(-2) === 'parameters' && path.at(-3) === 'authorization';
  if (api === 'devops') return isParameter && !openParameter.test(name);
  if (api !== 'arm') return false;
  if (armPlaces.some((place) => matches(place, path)) || isConnectionCredential(path, type)) return true;
  const owner = path.at(-2);
  if (owner === 'apiproperties') return name.endsWith('connectionstring');
  if (owner === 'metadata') return secretWord.test(name) && !identifying.test(name);
  return (
    type !== '' && typedPlaces.some((one) => one.type.test(type) && one.members.some((place) => matches(place, path)))
  );
}

/** Connections of workspaces and of AI Foundry: whatever stands in their credentials, at any depth, and strays of it. */
function isConnectionCredential(path: readonly string[], type: string): boolean {
  if (!/^microsoft\.(?:machinelearningservices|cognitiveservices)\/.*connections$/.test(type)) return false;
  const at = path.indexOf('credentials');
  if (at < 0) {
    // Outside `metadata`, which has a rule for any resource, these are members that nobody has published.
    const name = path.findLast((step) => step !== '[]') ?? '';
    return path.includes('properties') && secretEnd.test(name) && !identifying.test(name);
  }
  return !(at === path.length - 2 && connectionIdentifiers.has(path.at(-1) ?? ''));
}

/** Whether every text below a place is a secret. */
export function isSecretTree({ api, path, type }: Place): boolean {
  if (api !== 'arm') return false;
  if (path.at(-1) === 'settings' && extensionSettings.some((place) => matches(place, path))) return true;
  return (
    type !== '' && typedPlaces.some((one) => one.type.test(type) && one.below.some((place) => matches(place, path)))
  );
}

/** A change of a what-if whose values belong to a secret: `properties.siteConfig.appSettings.KEY`. */
export function isSecretChange(changedPath: string, isSecretName: (name: string) => boolean): boolean {
  const steps = changedPath
    .toLowerCase()
    .split(/[.[\]']+/)
    .filter(Boolean);
  return steps.some(
    (step, at) =>
      isSecretName(step) || (at < steps.length - 1 && /^(?:appsettings|env|environmentvariables|outputs)$/.test(step)),
  );
}

/** Members that make a look at the whole answer necessary. Lower case. */
const tellingNames: Readonly<Record<string, RegExp>> = {
  arm: /^(?:apiproperties|webhookreceivers|logicappreceivers|azurefunctionreceivers|environmentvariables|env|appsettings|outputs|parameters|settings|instrumentationkey|metadata|credentials|authtype|delta|before|after)$/,
  devops: /^authorization$/,
};

/** Whether a member of this name may hold, or lead to, one of these places. `name` is in lower case. */
export function leadsToPlace(api: string, name: string): boolean {
  return tellingNames[api]?.test(name) ?? false;
}
