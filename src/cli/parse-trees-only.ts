import { config } from 'zod';

/**
 * Everything that is parsed here was JSON, and JSON has no cycles. zod's memory for cycles costs a tenth of the work of a
 * small call: the SDK parses each message several times, each time with new weak maps, which outlive many collections.
 * Schemas look up the setting when they are created, so this file is imported before the SDK.
 */
config({ memoizer: { alloc: (_schema, _payload, empty) => empty, guard: () => undefined, attach: () => undefined } });
