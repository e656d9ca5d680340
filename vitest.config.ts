import { configDefaults, defineConfig } from 'vitest/config';

// Slow is what takes long (several processes, thousands of requests, every place where a run may break off) or needs
// other programs: strangers' clients, the conformance suite, reference servers. Its files end in `.slow.test.ts`.
const slow = 'test/**/*.slow.test.ts';

// `npm test` runs the project `fast`, `npm run test:all` the project `slow`: what the other leaves out. End-to-end tests
// of both start the built command line, so they need `npm run build` first.
export default defineConfig({
  test: {
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, slow] },
      },
      { extends: true, test: { name: 'slow', include: [slow] } },
    ],
  },
});
