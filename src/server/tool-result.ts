/** What a call answers, before any protocol: the structured content, the same as text, and links. */
export interface ToolResult {
  readonly isError: boolean;
  readonly structured: Readonly<Record<string, unknown>>;
  /** `structured` as compact JSON. */
  readonly text: string;
  /** Address of the stored result, when there is one. */
  readonly resultUri?: string;
}
