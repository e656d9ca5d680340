import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  createRequestStateCodec,
  type GetPromptResult,
  inputRequired,
  type Server,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { buildServer } from '../../../src/server/build-server.ts';
import type { Surface } from '../../../src/server/surface.ts';
import { contentTools, inputRequiredTools, legacyQuestionTools, png } from './fixture-tools.ts';

/** The product's surface plus what the conformance scenarios look for, served by the product's own stack. */
export function createFixtureServerFactory(product: Surface): {
  build: () => Server;
  changes: Surface['changes'];
  toolNames: string[];
} {
  const codec = createRequestStateCodec({ key: randomBytes(32), ttlSeconds: 600 });
  const tools = [...contentTools(), ...legacyQuestionTools(), ...inputRequiredTools(codec)];
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const surface: Surface = {
    ...product,
    capabilities: { ...product.capabilities, logging: {} },
    changes: { ...product.changes, isWatched: () => true },
    listTools: () => ({
      tools: [
        ...product.listTools().tools,
        ...tools.map(({ name, input = {} }) => ({
          name,
          description: `Conformance fixture ${name}.`,
          inputSchema: { type: 'object' as const, properties: input as Record<string, { type: string }> },
        })),
      ],
    }),
    async callTool(params, context) {
      const tool = byName.get(params.name);
      const args = (params.arguments ?? {}) as Record<string, unknown>;
      return tool ? tool.run(args, context) : product.callTool(params, context);
    },
    listResources: async (context) => ({
      resources: [...(await product.listResources(context)).resources, ...fixtureResources],
    }),
    listResourceTemplates: () => ({
      resourceTemplates: [
        ...product.listResourceTemplates().resourceTemplates,
        { uriTemplate: 'test://template/{id}/data', name: 'template', description: 'Fixture.' },
      ],
    }),
    readResource: async (params, context) => readFixture(params.uri) ?? product.readResource(params, context),
    listPrompts: () => ({ prompts: [...product.listPrompts().prompts, ...fixturePrompts] }),
    async getPrompt(params, context) {
      if (params.name === 'test_input_required_result_prompt') {
        const answer = acceptedContent(
          context.mcpReq.inputResponses,
          'user_context',
          z.object({ context: z.string() }),
        );
        if (answer) return promptText(`Context: ${answer.context}`);
        const requestedSchema = {
          type: 'object' as const,
          properties: { context: { type: 'string' as const } },
          required: ['context'],
        };
        const message = 'What context should the prompt use?';
        return inputRequired({ inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema }) } });
      }
      return fixturePrompt(params.name, params.arguments ?? {}) ?? product.getPrompt(params, context);
    },
  };
  return {
    build: () => buildServer(surface, { requestState: { verify: codec.verify } }),
    changes: surface.changes,
    toolNames: tools.map((tool) => tool.name),
  };
}

const fixtureResources = ['test://static-text', 'test://static-binary', 'test://watched-resource'].map((uri) => ({
  uri,
  name: uri.slice('test://'.length),
  description: 'Conformance fixture.',
}));

function readFixture(uri: string) {
  const template = /^test:\/\/template\/([^/]+)\/data$/.exec(uri);
  if (template) {
    const body = { id: template[1], templateTest: true, data: `Data for ID: ${template[1]}` };
    return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(body) }] };
  }
  if (uri === 'test://static-binary') return { contents: [{ uri, mimeType: 'image/png', blob: png }] };
  if (uri === 'test://static-text' || uri === 'test://watched-resource') {
    return {
      contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
    };
  }
  return undefined;
}

const argument = (name: string) => ({ name, description: 'Fixture.', required: true });
const fixturePrompts = [
  { name: 'test_simple_prompt', description: 'Fixture.' },
  { name: 'test_prompt_with_arguments', description: 'Fixture.', arguments: [argument('arg1'), argument('arg2')] },
  { name: 'test_prompt_with_embedded_resource', description: 'Fixture.', arguments: [argument('resourceUri')] },
  { name: 'test_prompt_with_image', description: 'Fixture.' },
  { name: 'test_input_required_result_prompt', description: 'Fixture.' },
];

/** What the tests look for before a scenario counts. */
export const fixtureNames = {
  prompts: fixturePrompts.map(({ name }) => name),
  resources: fixtureResources.map(({ uri }) => uri),
};

const user = (content: GetPromptResult['messages'][number]['content']) => ({ role: 'user' as const, content });
const promptText = (text: string): GetPromptResult => ({ messages: [user({ type: 'text', text })] });

function fixturePrompt(name: string, values: Readonly<Record<string, string>>): GetPromptResult | undefined {
  switch (name) {
    case 'test_simple_prompt':
      return promptText('This is a simple prompt for testing.');
    case 'test_prompt_with_arguments':
      return promptText(`Prompt with arguments: arg1='${values['arg1']}', arg2='${values['arg2']}'`);
    case 'test_prompt_with_embedded_resource': {
      const resource = {
        uri: values['resourceUri'] ?? '',
        mimeType: 'text/plain',
        text: 'Embedded resource content for testing.',
      };
      return {
        messages: [
          user({ type: 'resource', resource }),
          user({ type: 'text', text: 'Please process the embedded resource above.' }),
        ],
      };
    }
    case 'test_prompt_with_image':
      return {
        messages: [
          user({ type: 'image', data: png, mimeType: 'image/png' }),
          user({ type: 'text', text: 'Please analyze the image above.' }),
        ],
      };
    default:
      return undefined;
  }
}
