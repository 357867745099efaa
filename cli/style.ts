import { styleText } from 'node:util';

/** What is set apart, and how; used sparingly. Messages of errors and JSON never are. */
const formats = {
  heading: 'bold',
  good: 'green',
  warning: 'yellow',
  error: 'red',
  hint: 'dim',
} as const;

export type Style = Readonly<Record<keyof typeof formats, (text: string) => string>>;

/** Leaves texts as they are. */
export const plain: Style = styleWith((text) => text);

const colored: Style = styleWith((text, format) =>
  // Whether the stream takes colours is known already.
  styleText(format, text, { validateStream: false }),
);

/** Colours where there is a terminal that has them, or FORCE_COLOR asks for them; none with NO_COLOR. */
export function styleOf(stream: NodeJS.WriteStream | undefined): Style {
  return stream && hasColors(stream) ? colored : plain;
}

function hasColors(stream: NodeJS.WriteStream): boolean {
  // A terminal knows of NO_COLOR, FORCE_COLOR and TERM itself, as Node documents it.
  if (stream.isTTY) return (stream as Partial<NodeJS.WriteStream>).hasColors?.() === true;
  const { FORCE_COLOR: forced } = process.env;
  return forced !== undefined && !['0', 'false'].includes(forced);
}

function styleWith(style: (text: string, format: (typeof formats)[keyof typeof formats]) => string): Style {
  return Object.fromEntries(
    Object.entries(formats).map(([name, format]) => [name, (text: string) => style(text, format)]),
  ) as Style;
}

/** What a terminal has that does not know its width: launchers such as mpirun give their ranks one that says 0. */
const assumedColumns = 80;

/** Of a terminal; undefined where nothing is to fit: in a file or a pipe. */
export function columnsOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? widthOf(stream) : undefined;
}

export function widthOf(terminal: NodeJS.WriteStream): number {
  return terminal.columns || assumedColumns;
}
