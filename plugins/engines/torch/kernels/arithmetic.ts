import { own, type Info, type OwnKernel } from './kernel.js';

/** tfjs' kernels on two tensors, and the addon's names for them. */
const binary = {
  Add: 'add',
  Sub: 'sub',
  Multiply: 'mul',
  RealDiv: 'realDiv',
  FloorDiv: 'floorDiv',
  Mod: 'mod',
  Pow: 'pow',
  Maximum: 'maximum',
  Minimum: 'minimum',
  SquaredDifference: 'squaredDifference',
  Atan2: 'atan2',
  Equal: 'equal',
  NotEqual: 'notEqual',
  Less: 'less',
  LessEqual: 'lessEqual',
  Greater: 'greater',
  GreaterEqual: 'greaterEqual',
  LogicalAnd: 'logicalAnd',
  LogicalOr: 'logicalOr',
  AddRelu: 'addRelu',
} as const;

/** Element by element, with broadcasting. */
export const arithmeticKernels: readonly OwnKernel[] = [
  ...Object.entries(binary).map(([name, kernel]) =>
    own<{ a: Info; b: Info }>(name, ({ inputs: { a, b }, backend }) =>
      backend.one(kernel, backend.slot(a), backend.slot(b)),
    ),
  ),
  own<Info[]>('AddN', ({ inputs, backend }) =>
    backend.one(
      'addN',
      Object.values(inputs).map((input) => backend.slot(input)),
    ),
  ),
  own<{ x: Info; alpha: Info }>('Prelu', ({ inputs: { x, alpha }, backend }) =>
    backend.one('prelu', backend.slot(x), backend.slot(alpha)),
  ),
  own<{ condition: Info; t: Info; e: Info }>('Select', ({ inputs: { condition, t, e }, backend }) =>
    backend.one('select', backend.slot(condition), backend.slot(t), backend.slot(e)),
  ),
  own<{ dy: Info; y: Info }>('ReluGrad', ({ inputs: { dy, y }, backend }) =>
    backend.one('reluGrad', backend.slot(dy), backend.slot(y)),
  ),
  own<{ dy: Info; y: Info }>('EluGrad', ({ inputs: { dy, y }, backend }) =>
    backend.one('eluGrad', backend.slot(dy), backend.slot(y)),
  ),
];
