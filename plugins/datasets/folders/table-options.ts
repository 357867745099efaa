import { z } from 'zod';

const text = z.string().min(1);

/** Names of the data set's other labels. */
const taken = ['segmentation', 'depth', 'normals'];

/** Labels of the whole image in a CSV table: label name = column name. */
export const tableOptions = z
  .strictObject({
    file: text,
    name: text.default('name'),
    classes: z.record(text, z.array(text).min(1).max(255)).default({}),
    numbers: z.record(text, text).default({}),
  })
  .check(({ value, issues }) => {
    for (const { path, message } of tableProblems(value)) {
      issues.push({ code: 'custom', input: value, path: [...path], message });
    }
  });

export type TableOptions = z.output<typeof tableOptions>;

interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the fields of `table` must keep to among each other. */
function* tableProblems({ name, classes, numbers }: TableOptions): Generator<Problem> {
  const columns = [
    ...Object.keys(classes).map((column) => ['classes', column] as const),
    ...Object.keys(numbers).map((column) => ['numbers', column] as const),
  ];
  if (columns.length === 0) yield { path: [], message: 'at least one column in classes or numbers' };
  for (const path of columns) {
    const [kind, column] = path;
    if (column === name) yield { path, message: `another column than that of the samples' names, "${name}"` };
    if (taken.includes(column)) yield { path, message: `a column of another name than ${taken.join(', ')}` };
    if (kind === 'numbers' && Object.hasOwn(classes, column))
      yield { path, message: 'a column that is not in classes too' };
  }
  for (const [column, names] of Object.entries(classes)) {
    for (const [id, each] of names.entries()) {
      const path = ['classes', column, id];
      if (names.indexOf(each) < id) yield { path, message: 'class names that differ' };
      // Cells are read without blanks around them: no cell could be such a class.
      if (each !== each.trim()) yield { path, message: 'a class name without blanks around it' };
    }
  }
}
