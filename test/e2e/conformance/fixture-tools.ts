import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/** The tools that the official conformance scenarios call by name. They live in the test tree only. */
export interface FixtureTool {
  readonly name: string;
  readonly input?: Readonly<Record<string, unknown>>;
  run(args: Readonly<Record<string, unknown>>, context: ServerContext): Promise<CallToolResult | InputRequiredResult>;
}

/** One red pixel. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A wave file without samples. */
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

/** Mints and reads the state that travels through the client between two rounds; see `fixture-surface.ts`. */
export interface StateCodec {
  mint(value: unknown): Promise<string>;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });
const ask = (message: string, properties: Record<string, unknown>, required: string[]) =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } } as Parameters<
    typeof inputRequired.elicit
  >[0]);
const sample = (question: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  });

const nameForm = () => ask('What is your name?', { name: { type: 'string' } }, ['name']);
const nameAnswer = z.object({ name: z.string() });

export function contentTools(): FixtureTool[] {
  const mixed = {
    type: 'resource' as const,
    resource: {
      uri: 'test://mixed-content-resource',
      mimeType: 'application/json',
      text: '{"test":"data","value":123}',
    },
  };
  return [
    { name: 'test_simple_text', run: async () => text('This is a simple text response for testing.') },
    {
      name: 'test_image_content',
      run: async () => ({ content: [{ type: 'image', data: png, mimeType: 'image/png' }] }),
    },
    {
      name: 'test_audio_content',
      run: async () => ({ content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] }),
    },
    {
      name: 'test_embedded_resource',
      run: async () => ({
        content: [
          {
            type: 'resource',
            resource: {
              uri: 'test://embedded-resource',
              mimeType: 'text/plain',
              text: 'This is an embedded resource content.',
            },
          },
        ],
      }),
    },
    {
      name: 'test_multiple_content_types',
      run: async () => ({
        content: [
          { type: 'text', text: 'Multiple content types test:' },
          { type: 'image', data: png, mimeType: 'image/png' },
          mixed,
        ],
      }),
    },
    {
      name: 'test_error_handling',
      run: async () => ({ isError: true, ...text('This tool intentionally returns an error for testing') }),
    },
    { name: 'test_tool_with_progress', run: withProgress },
    { name: 'test_tool_with_logging', run: withLogging },
    { name: 'test_logging_tool', run: withLogging },
  ];
}

async function withProgress(_: unknown, { mcpReq }: ServerContext): Promise<CallToolResult> {
  const progressToken = mcpReq._meta?.progressToken;
  for (const progress of [0, 50, 100]) {
    if (progressToken !== undefined) {
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
    }
    await pause(50);
  }
  return text('done');
}

async function withLogging(_: unknown, { mcpReq }: ServerContext): Promise<CallToolResult> {
  for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
    await mcpReq.log('info', line);
    await pause(50);
  }
  return text('done');
}

/** Questions of the older family, sent to the client while the call runs. */
export function legacyQuestionTools(): FixtureTool[] {
  const elicit =
    (properties: Record<string, unknown>, message: string, label: string): FixtureTool['run'] =>
    async (args, { mcpReq }) => {
      const form = {
        message: String(args['message'] ?? message),
        requestedSchema: {
          type: 'object',
          properties,
          required: label === 'User response' ? Object.keys(properties) : [],
        },
      };
      const { action, content } = await mcpReq.elicitInput(form as Parameters<typeof mcpReq.elicitInput>[0]);
      return text(`${label}: action=${action}, content=${JSON.stringify(content ?? {})}`);
    };
  return [
    {
      name: 'test_sampling',
      input: { prompt: { type: 'string' } },
      run: async (args, { mcpReq }) => {
        const answer = await mcpReq.requestSampling({
          messages: [{ role: 'user', content: { type: 'text', text: String(args['prompt']) } }],
          maxTokens: 100,
        });
        const { content } = answer;
        return text(`LLM response: ${!Array.isArray(content) && content.type === 'text' ? content.text : ''}`);
      },
    },
    {
      name: 'test_elicitation',
      input: { message: { type: 'string' } },
      run: elicit(
        {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        },
        '',
        'User response',
      ),
    },
    {
      name: 'test_elicitation_sep1034_defaults',
      run: elicit(
        {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
        'Please confirm',
        'Elicitation completed',
      ),
    },
    {
      name: 'test_elicitation_sep1330_enums',
      run: elicit(enumForms, 'Please choose', 'Elicitation completed'),
    },
  ];
}

const titled = (values: readonly string[], titles: readonly string[]) =>
  values.map((value, index) => ({ const: value, title: titles[index] }));

const enumForms = {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: {
    type: 'string',
    oneOf: titled(['value1', 'value2', 'value3'], ['First Option', 'Second Option', 'Third Option']),
  },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
  titledMulti: {
    type: 'array',
    items: { anyOf: titled(['value1', 'value2', 'value3'], ['First Choice', 'Second Choice', 'Third Choice']) },
  },
};

/** Questions of the newer family: the result says what is needed, and the client calls again with the answers. */
export function inputRequiredTools(state: StateCodec): FixtureTool[] {
  const greet: FixtureTool['run'] = async (_, { mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_name', nameAnswer);
    return answer ? text(`Hello, ${answer.name}!`) : inputRequired({ inputRequests: { user_name: nameForm() } });
  };
  return [
    { name: 'test_input_required_result_elicitation', run: greet },
    {
      name: 'test_input_required_result_capabilities',
      run: async (_, { mcpReq }) => {
        // The type of the envelope has its fields under an index of constants; the value is what the client sent.
        const envelope = mcpReq.envelope as Readonly<Record<string, ClientCapabilities>> | undefined;
        const can = envelope?.[CLIENT_CAPABILITIES_META_KEY];
        return inputRequired({
          inputRequests: {
            ...(can?.sampling ? { question: sample('What is the capital of France?', 100) } : {}),
            ...(can?.elicitation ? { user_name: nameForm() } : {}),
          },
        });
      },
    },
    { name: 'test_streaming_elicitation', run: greet },
    {
      name: 'test_missing_capability',
      run: async () => inputRequired({ inputRequests: { question: sample('Anything?', 10) } }),
    },
    {
      name: 'test_input_required_result_sampling',
      run: async (_, { mcpReq }) => {
        const answer = mcpReq.inputResponses?.['capital_question'];
        return answer === undefined
          ? inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } })
          : text(JSON.stringify(answer));
      },
    },
    {
      name: 'test_input_required_result_list_roots',
      run: async (_, { mcpReq }) => {
        const answer = mcpReq.inputResponses?.['client_roots'];
        return answer === undefined
          ? inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
          : text(JSON.stringify(answer));
      },
    },
    ...stateTools(state),
  ];
}

function stateTools(state: StateCodec): FixtureTool[] {
  const confirm: FixtureTool['run'] = async (_, { mcpReq }) => {
    if (mcpReq.inputResponses && mcpReq.requestState() !== undefined) return text('state-ok');
    return inputRequired({
      inputRequests: { confirm: ask('Please confirm', { ok: { type: 'boolean' } }, ['ok']) },
      requestState: await state.mint({ round: 1 }),
    });
  };
  return [
    { name: 'test_input_required_result_request_state', run: confirm },
    { name: 'test_input_required_result_tampered_state', run: confirm },
    {
      name: 'test_input_required_result_multiple_inputs',
      run: async (_, { mcpReq }) => {
        if (['user_name', 'greeting', 'client_roots'].every((key) => mcpReq.inputResponses?.[key] !== undefined)) {
          return text('all answers are in');
        }
        return inputRequired({
          inputRequests: {
            user_name: nameForm(),
            greeting: sample('Generate a greeting', 50),
            client_roots: inputRequired.listRoots(),
          },
          requestState: await state.mint({ round: 1 }),
        });
      },
    },
    {
      name: 'test_input_required_result_multi_round',
      run: async (_, { mcpReq }) => {
        const responses = mcpReq.inputResponses ?? {};
        if (responses['step2'] !== undefined) return text('both answers are in');
        const second = responses['step1'] !== undefined;
        return inputRequired({
          inputRequests: second
            ? {
                step2: ask('Step 2: What is your favorite color?', { color: { type: 'string' } }, ['color']),
              }
            : { step1: ask('Step 1: What is your name?', { name: { type: 'string' } }, ['name']) },
          requestState: await state.mint({ round: second ? 2 : 1 }),
        });
      },
    },
  ];
}
