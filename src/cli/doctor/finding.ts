/** One line of `tenantry doctor`. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly hint?: string;
}

export function finding(check: string, status: Finding['status'], detail: string, hint?: string): Finding {
  return { check, status, detail, ...(hint === undefined ? {} : { hint }) };
}
