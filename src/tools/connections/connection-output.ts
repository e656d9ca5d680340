import { z } from 'zod';

// Short on purpose: a model reads the answer itself, and every token of a definition costs in every conversation.

/** What the connection tools answer with: what `viewConnection` of core/connections makes. */
export const connectionOutput = z.looseObject({ name: z.string(), status: z.string() });

/** One line of a validation. */
export const checkOutput = z.looseObject({ check: z.string(), status: z.string() });
