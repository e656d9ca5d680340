import { expect, test } from 'vitest';
import { z } from 'zod';
import { listTools } from '../../src/server/list-tools.ts';
import { defineTool, readOnly } from '../../src/tools/define-tool.ts';

const tool = defineTool({
  name: 'example',
  title: 'Example',
  description: 'Shows what is listed.',
  toolset: 'graph',
  permissions: [],
  annotations: readOnly,
  bindsConnection: false,
  input: z.strictObject({
    secret: z
      .union([z.looseObject({}), z.string()])
      .optional()
      .describe('A reference.'),
    options: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    words: z.array(z.union([z.enum(['all']), z.number()])).optional(),
  }),
  run: async () => ({ status: 200, data: null }),
});

test('a union is listed as its first member, and free members of an object without a schema', () => {
  expect(listTools([tool])[0]?.inputSchema).toEqual({
    type: 'object',
    properties: {
      secret: { type: 'object', description: 'A reference.' },
      options: { type: 'object' },
      words: { type: 'array', items: { type: 'string', enum: ['all'] } },
    },
    additionalProperties: false,
  });
});

test.each([
  [{ secret: { env: 'NAME' } }],
  [{ secret: 'text' }],
  [{ options: { $top: 5, $select: 'id' } }],
  [{ words: ['all', 1] }],
])('%j is accepted all the same', (args) => {
  expect(tool.accepts().safeParse(args).success).toBe(true);
});
