/** What the process answers with (docs/command-line.md). */
export const exitCodes = { success: 0, toolError: 1, usage: 2, interrupted: 3 } as const;
