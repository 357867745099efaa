/** The environment of a program whose output a test reads: no colours, whatever the tests themselves were asked for. */
export const plainEnvironment: NodeJS.ProcessEnv = {
  ...process.env,
  FORCE_COLOR: undefined,
  NO_COLOR: '1',
  COLUMNS: '80',
};
