import { z } from 'zod';

/** What the connection tools answer with: `ConnectionView` of core/connections. */
export const connectionOutput = z.looseObject({
  name: z.string(),
  status: z.string(),
  health: z.string(),
  next_step: z.string(),
});

/** One line of a validation. */
export const checkOutput = z.looseObject({ check: z.string(), status: z.string(), detail: z.string() });
