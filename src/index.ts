// Public API of the package: the same runtime and tools that the server and the command line use.
export type { Config, ConfigFlags, ConfigResult, LoadConfigOptions } from './core/config/config.ts';
export { loadConfig } from './core/config/load-config.ts';
export type { RuntimeOptions } from './core/create-runtime.ts';
export { createRuntime } from './core/create-runtime.ts';
export type { ErrorCode } from './core/errors.ts';
export { AppError, errorCodes } from './core/errors.ts';
export type { Runtime } from './core/runtime.ts';
export type { ToolCallOptions } from './core/server/run-tool.ts';
export { runTool } from './core/server/run-tool.ts';
export type { ToolResult } from './core/server/tool-result.ts';
export { version } from './core/server/version.ts';
export type { ToolDefinition } from './tools/define-tool.ts';
export { tools } from './tools/registry.ts';
