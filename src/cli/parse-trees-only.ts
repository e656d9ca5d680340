import { config } from 'zod';

/**
 * Everything that is parsed here was JSON, and JSON has no cycles. zod's own memory for cycles costs a tenth of the work of
 * a small call: the SDK parses each message several times, and every time with fresh weak maps, which outlive many
 * collections. Schemas look for it when they are made, so this file is imported before those of the SDK.
 */
config({ memoizer: { alloc: (_schema, _payload, empty) => empty, guard: () => undefined, attach: () => undefined } });
