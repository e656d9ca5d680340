import { ArmError, type ArmErrorDetail } from '../arm-error.ts';

/**
 * 400 with nested details that help the caller correct the query. Source: "Troubleshoot errors using Azure Resource
 * Graph".
 */
export function invalidQuery(detail: ArmErrorDetail): ArmError {
  const general = {
    code: 'InvalidQuery',
    message:
      'Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying.',
  };
  return new ArmError(400, 'BadRequest', 'Please provide below info when asking for support.', {
    details: [general, detail],
  });
}

export interface TokenPlace {
  readonly text: string;
  readonly line: number;
  /** Zero-based. */
  readonly column: number;
}

export function parserFailure({ text, line, column }: TokenPlace, expected: string): ArmError {
  return invalidQuery({
    code: 'ParserFailure',
    message: 'ParserFailure',
    line,
    characterPositionInLine: column,
    token: text,
    expectedToken: expected,
  });
}

/** 501 that names the part of the query language that the sandbox does not support. */
export function operatorNotModelled(name: string): ArmError {
  const message = `The sandbox's Resource Graph does not know '${name}'. It knows where, project, project-away, extend, order by, sort by, top, take, limit, count, distinct and summarize … by with count, countif, dcount, sum, avg, min and max.`;
  return new ArmError(501, 'NotImplemented', message);
}
