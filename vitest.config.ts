import { configDefaults, defineConfig } from 'vitest/config';

// Unit and tool tests run in-process; end-to-end tests start the built command line, so they need `npm run build` first.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
  },
});
