import { isRecord } from '../../src/core/base/guards.ts';
import type { ListedTool } from '../../src/server/list-tools.ts';
import { combining, nodesIn, type Schema, type SchemaNode } from './schema-nodes.ts';

// What hosts and the models behind them refuse in the definition of a tool. One refused tool often fails the whole request,
// or the host drops it without a word. Hosts repair some of this themselves, in ways that differ: here nothing needs repair.
// Two things stay that hosts adapt for every server: OpenAI's strict mode wants all members required, and the older form of
// Gemini's parameters does not know `additionalProperties`, which MCP wants to be false.

/** A rule of a host, and where it is known from. */
export interface HostRule {
  readonly host: string;
  readonly rule: string;
  readonly source: string;
  /** Where a tool breaks it. */
  readonly breaches: (tool: ListedTool) => Iterable<string>;
  /** A definition that breaks it: members of the parameters, or of the tool. */
  readonly broken: Partial<ListedTool> & { readonly parameters?: Schema };
}

/** A rule about each part of the parameters: what is wrong with it, if anything. */
function eachNode(isBroken: (schema: Schema, node: SchemaNode) => boolean): HostRule['breaches'] {
  return function* breaches({ name, inputSchema }) {
    for (const node of nodesIn(inputSchema)) if (isBroken(node.schema, node)) yield `${name}${node.path}`;
  };
}

function total(count: (schema: Schema) => number, { inputSchema }: ListedTool): number {
  return [...nodesIn(inputSchema)].reduce((sum, { schema }) => sum + count(schema), 0);
}

const jsonTypes = ['object', 'array', 'string', 'number', 'integer', 'boolean'];

const geminiKeywords = new Set([
  ...['type', 'format', 'title', 'description', 'enum', 'items', 'minItems', 'maxItems', 'minimum', 'maximum'],
  ...['anyOf', 'properties', 'required', 'additionalProperties'],
]);

const gpt4Refuses = new Set([
  ...[
    'minLength',
    'maxLength',
    'pattern',
    'default',
    'format',
    'minimum',
    'maximum',
    'multipleOf',
    'patternProperties',
  ],
  ...['unevaluatedProperties', 'propertyNames', 'minProperties', 'maxProperties', 'unevaluatedItems', 'contains'],
  ...['minContains', 'maxContains', 'minItems', 'maxItems', 'uniqueItems'],
]);

const vsCode =
  'https://github.com/microsoft/vscode-copilot-chat/blob/main/src/extension/tools/common/toolSchemaNormalizer.ts';
const openAi = 'https://platform.openai.com/docs/guides/structured-outputs#supported-schemas';
const gemini = 'https://ai.google.dev/api/caching#Schema';

const ofClaude: readonly HostRule[] = [
  {
    host: 'Claude',
    rule: 'parameters take at most 16,384 bytes',
    source: 'https://github.com/anthropics/claude-code/issues/77296',
    *breaches({ name, inputSchema }) {
      if (Buffer.byteLength(JSON.stringify(inputSchema)) > 16_384) yield name;
    },
    broken: { parameters: { name: { type: 'string', description: 'x'.repeat(16_384) } } },
  },
  {
    host: 'Claude',
    rule: 'names of members are short words',
    source: 'https://github.com/freee/freee-mcp/issues/15',
    breaches: eachNode(
      ({ properties = {} }) => !Object.keys(properties ?? {}).every((name) => /^[\w.-]{1,64}$/.test(name)),
    ),
    broken: { parameters: { $select: { type: 'string' } } },
  },
  {
    host: 'Claude Code',
    rule: 'every part has a type, or it arrives as text',
    source: 'https://github.com/anthropics/claude-code/issues/82652',
    breaches: eachNode((schema) => !('type' in schema || 'anyOf' in schema)),
    broken: { parameters: { value: {} } },
  },
  {
    host: 'Copilot CLI',
    rule: 'no union with text, or other values arrive as text',
    source: 'https://github.com/github/copilot-cli/issues/4301',
    breaches: eachNode(({ anyOf }) => Array.isArray(anyOf) && anyOf.some((one) => one?.type === 'string')),
    broken: { parameters: { value: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] } } },
  },
];

const ofOpenAi: readonly HostRule[] = [
  {
    host: 'OpenAI',
    rule: 'the parameters are an object that lists its members',
    source: 'https://github.com/bnb-chain/bnbchain-mcp/issues/68',
    *breaches({ name, inputSchema }) {
      if (inputSchema.type !== 'object' || !isRecord(inputSchema['properties'])) yield name;
    },
    broken: { inputSchema: { type: 'object' } },
  },
  {
    host: 'OpenAI',
    rule: 'a list says what its elements are',
    source: 'https://github.com/anomalyco/opencode/issues/20273',
    breaches: eachNode(({ type, items }) => type === 'array' && !isRecord(items)),
    broken: { parameters: { ids: { type: 'array' } } },
  },
  {
    host: 'OpenAI, strict',
    rule: 'an object that lists members refuses others, and what others may be is not said',
    source: openAi,
    breaches: eachNode(({ properties, additionalProperties }) =>
      properties === undefined ? additionalProperties !== undefined : additionalProperties !== false,
    ),
    broken: { parameters: { headers: { type: 'object', additionalProperties: { type: 'string' } } } },
  },
  {
    host: 'OpenAI, strict',
    rule: 'no combinations but anyOf, and none outermost',
    source: openAi,
    breaches: eachNode((schema, { path }) =>
      combining.some((key) => key in schema && (key !== 'anyOf' || path === '')),
    ),
    broken: { parameters: { value: { oneOf: [{ type: 'string' }, { type: 'number' }] } } },
  },
  {
    host: 'OpenAI, strict',
    rule: 'at most ten levels, 5,000 members and 1,000 values of enumerations',
    source: openAi,
    *breaches(tool) {
      if ([...nodesIn(tool.inputSchema)].some(({ depth }) => depth > 10)) yield `${tool.name} is too deep`;
      const members = total(({ properties }) => Object.keys(properties ?? {}).length, tool);
      const values = total((schema) => (Array.isArray(schema['enum']) ? schema['enum'].length : 0), tool);
      if (members > 5_000 || values > 1_000) yield `${tool.name} is too large`;
    },
    broken: { parameters: { size: { type: 'string', enum: Array.from({ length: 1_001 }, (_, index) => `${index}`) } } },
  },
];

const ofGemini: readonly HostRule[] = [
  {
    host: 'Gemini',
    rule: 'a type is one word',
    source: 'https://github.com/github/copilot-cli/issues/4623',
    breaches: eachNode(({ type }) => type !== undefined && !jsonTypes.some((one) => one === type)),
    broken: { parameters: { name: { type: ['string', 'null'] } } },
  },
  {
    host: 'Gemini',
    rule: 'every part has a type',
    source: 'https://github.com/unclecode/crawl4ai/issues/1311',
    breaches: eachNode((schema) => !('type' in schema || 'anyOf' in schema)),
    broken: { parameters: { value: { description: 'Anything.' } } },
  },
  {
    host: 'Gemini on Vertex',
    rule: 'a union has nothing beside it',
    source: 'https://github.com/anomalyco/opencode/issues/15795',
    breaches: eachNode((schema) => 'anyOf' in schema && Object.keys(schema).length > 1),
    broken: { parameters: { value: { description: 'Either.', anyOf: [{ type: 'object' }] } } },
  },
  {
    host: 'Gemini',
    rule: 'only keywords that it knows',
    source: gemini,
    breaches: eachNode((schema) => Object.keys(schema).some((key) => !geminiKeywords.has(key))),
    broken: { parameters: { provider: { type: 'string', const: 'azure' } } },
  },
  {
    host: 'Gemini',
    rule: 'an enumeration is of text',
    source: 'https://github.com/makenotion/notion-mcp-server/issues/42',
    breaches: eachNode(
      (schema) =>
        Array.isArray(schema['enum']) &&
        (schema['type'] !== 'string' || schema['enum'].some((value) => typeof value !== 'string' || value === '')),
    ),
    broken: { parameters: { percentile: { type: 'number', enum: [50, 95] } } },
  },
  {
    host: 'Gemini',
    rule: 'only an object has members',
    source: 'https://github.com/anomalyco/opencode/issues/11889',
    breaches: eachNode(({ type, properties, required }) => type !== 'object' && (properties ?? required) !== undefined),
    broken: { parameters: { filter: { type: 'string', properties: {} } } },
  },
  {
    host: 'Gemini CLI',
    rule: 'a name with those of the server before it takes at most 63 characters',
    source: 'https://github.com/google-gemini/gemini-cli/blob/main/packages/core/src/tools/mcp-tool.ts',
    *breaches({ name }) {
      if (`mcp_tenantry_${name}`.length > 63) yield name;
    },
    broken: { name: 'list_'.repeat(11) },
  },
];

const ofVsCode: readonly HostRule[] = [
  {
    host: 'VS Code',
    rule: 'a list has one schema for its elements',
    source: vsCode,
    breaches: eachNode(({ type, items }) => type === 'array' && !isRecord(items)),
    broken: { parameters: { pair: { type: 'array', items: [{ type: 'string' }] } } },
  },
  {
    host: 'VS Code',
    rule: 'no combinations outermost',
    source: vsCode,
    breaches: eachNode((schema, { path }) => path === '' && combining.some((key) => key in schema)),
    broken: { inputSchema: { type: 'object', properties: {}, allOf: [] } },
  },
  {
    host: 'VS Code',
    rule: 'only members that exist are required',
    source: vsCode,
    breaches: eachNode(({ properties = {}, required = [] }) => {
      const members = Object.keys(isRecord(properties) ? properties : {});
      return !Array.isArray(required) || required.some((name) => !members.includes(name));
    }),
    broken: { inputSchema: { type: 'object', properties: {}, required: ['name'] } },
  },
  {
    host: 'VS Code with GPT-4',
    rule: 'no bounds, patterns and defaults',
    source: vsCode,
    breaches: eachNode((schema) => Object.keys(schema).some((key) => gpt4Refuses.has(key))),
    broken: { parameters: { count: { type: 'integer', minimum: 1 } } },
  },
  {
    host: 'VS Code with GPT-4',
    rule: 'descriptions of at most 1,024 characters',
    source: vsCode,
    *breaches({ name, description, inputSchema }) {
      const texts = [...nodesIn(inputSchema)].map(({ schema }) => schema['description'] ?? '');
      for (const text of [description, ...texts]) if (String(text).length > 1_024) yield name;
      if (description === '') yield name;
    },
    broken: { parameters: { name: { type: 'string', description: 'x'.repeat(1_025) } } },
  },
];

/** The rules of all hosts. */
export const hostRules: readonly HostRule[] = [...ofClaude, ...ofOpenAi, ...ofGemini, ...ofVsCode];
