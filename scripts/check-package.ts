import { execFileSync } from 'node:child_process';

// Fails when the package would ship something it should not, lacks something it needs, or exceeds its budget.

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

const unpackedBudgetBytes = 40 * 1024 * 1024;
const required = ['package.json', 'README.md', 'LICENSE', 'NOTICE', 'CHANGELOG.md', 'dist/cli.js', 'dist/index.js'];
const allowed = [/^dist\//, /^docs\/[^/]+\.md$/, /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/];

const [report]: [{ files: PackedFile[]; unpackedSize: number }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
);
const paths = report.files.map((file) => file.path);
const problems = [
  ...required.filter((path) => !paths.includes(path)).map((path) => `${path} is missing from the package`),
  ...paths
    .filter((path) => !allowed.some((pattern) => pattern.test(path)))
    .map((path) => `${path} does not belong in the package`),
  ...(report.unpackedSize > unpackedBudgetBytes
    ? [`the package unpacks to ${report.unpackedSize} bytes, over ${unpackedBudgetBytes}`]
    : []),
];
for (const problem of problems) {
  console.error(problem);
  process.exitCode = 1;
}
if (problems.length === 0) {
  console.log(`package: ${paths.length} files, ${(report.unpackedSize / 1024 / 1024).toFixed(1)} MiB unpacked`);
}
