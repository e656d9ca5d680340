import { type ArmError, badRequest } from '../arm-error.ts';

/** 400 with the place in the template, as far as the sandbox knows it. */
export function invalidTemplate(reason: string): ArmError {
  return badRequest('InvalidTemplate', `Deployment template validation failed: '${reason}'.`, {
    additionalInfo: [{ type: 'TemplateViolation', info: { lineNumber: 1, linePosition: 1, path: '' } }],
  });
}
