// Public API of the package: the same runtime and tools that the server and the command line use.

export type { ErrorCode } from './core/base/errors.ts';
export { AppError, errorCodes } from './core/base/errors.ts';
export type { Config, ConfigFlags, ConfigResult, LoadConfigOptions } from './runtime/config/config.ts';
export { loadConfig } from './runtime/config/load-config.ts';
export { createRuntime } from './runtime/create-runtime.ts';
export type { Runtime } from './runtime/runtime.ts';
export type { RuntimeOptions } from './runtime/runtime-options.ts';
export type { ToolCallOptions } from './server/run-tool.ts';
export { runTool } from './server/run-tool.ts';
export type { ToolResult } from './server/tool-result.ts';
export { version } from './server/version.ts';
export type { ToolDefinition } from './tools/define-tool.ts';
export { tools } from './tools/registry.ts';
