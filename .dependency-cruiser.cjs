// The house's walls: data and knowledge flow core → plugins → cli, and never back (docs/architecture.md).
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-knows-no-plugin',
      comment: 'core is the framework: it may import neither a plugin nor the command line.',
      severity: 'error',
      from: { path: '^core/' },
      to: { path: '^(plugins|cli|test|examples)/' },
    },
    {
      name: 'plugins-use-the-public-core',
      comment: 'a built-in plugin sees what a third-party plugin sees: core/index.ts.',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: '^core/', pathNot: '^core/index\\.ts$' },
    },
    {
      name: 'plugins-know-no-other-plugin',
      comment: 'a plugin folder never imports another one; plugins/index.ts is the list of all.',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/' },
      to: { path: '^plugins/', pathNot: '^plugins/$1/' },
    },
    {
      name: 'plugins-know-no-cli',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: '^(cli|test|examples)/' },
    },
    {
      name: 'cli-uses-public-surfaces',
      comment: 'commands parse, call and print: they see what any program sees.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^(core|plugins)/', pathNot: '^(core|plugins)/index\\.ts$' },
    },
    {
      name: 'cli-loads-core-late',
      comment:
        'every command is loaded to list them: what computes is imported when a command runs. What needs it to print is, too.',
      severity: 'error',
      from: { path: '^cli/', pathNot: '^cli/compare-report\\.ts$' },
      to: {
        path: ['^(core|plugins)/', '^cli/compare-report\\.ts$'],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphaned-dev-dependency',
      comment: 'what is shipped may import only what is installed with it.',
      severity: 'error',
      // The page of reports is bundled when the package is built.
      from: { path: '^(core|plugins|cli)/', pathNot: '^core/report/page/client/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
