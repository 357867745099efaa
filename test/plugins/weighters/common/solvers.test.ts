import { expect } from 'chai';
import fc from 'fast-check';
import { Random, type Matrix } from '../../../../core/index.js';
import { cholesky, choleskySolve } from '../../../../plugins/weighters/common/cholesky.js';
import { leastDistance } from '../../../../plugins/weighters/common/least-distance.js';
import { dot, multiply, total } from '../../../../plugins/weighters/common/linear-algebra.js';
import { minNormPoint } from '../../../../plugins/weighters/common/min-norm-point.js';
import { nonnegativeQuadratic } from '../../../../plugins/weighters/common/nonnegative-quadratic.js';
import { pseudoInverseTimes } from '../../../../plugins/weighters/common/pseudo-inverse.js';
import { projectOntoSimplex } from '../../../../plugins/weighters/common/simplex-projection.js';
import { symmetricEigen } from '../../../../plugins/weighters/common/symmetric-eigen.js';
import { difference, gradients, gramianOf, norm, normals, type Gradients } from '../gradients/matrices.js';

const values = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 40 });
const many = gradients({ tasks: { min: 1, max: 40 }, length: { min: 1, max: 60 }, degenerate: true });

/** The unit gradients' Gramian: the solvers' own scale. */
function cosinesOf(rows: Gradients): Matrix {
  const kept = rows.filter((row) => norm(row) > 0);
  return gramianOf(kept.map((row) => row.map((value) => value / norm(row))));
}

describe('Cholesky', () => {
  it('solves positive definite systems', () => {
    fc.assert(
      fc.property(many, fc.nat(), (rows, seed) => {
        const matrix = gramianOf(rows).map((row, i) => row.map((value, j) => value + (i === j ? 1 : 0)));
        const solution = normals(new Random(seed), rows.length);
        const found = choleskySolve(cholesky(matrix)!, multiply(matrix, solution));
        // The condition is at most 1 + 40 · 60 · 9.
        expect(difference(found, solution)).to.be.lessThan(1e-10 * norm(solution));
      }),
    );
  });

  it('finds a singular matrix out', () => {
    expect(
      cholesky([
        [1, 1],
        [1, 1],
      ]),
    ).to.equal(undefined);
    expect(cholesky([[Number.NaN]])).to.equal(undefined);
  });
});

describe('symmetric eigenvalues', () => {
  it('give the matrix back, with orthonormal vectors and falling values', () => {
    fc.assert(
      fc.property(many, (rows) => {
        const matrix = gramianOf(rows);
        const { values: found, vectors } = symmetricEigen(matrix);
        const size = Math.max(1e-300, found[0]!) * rows.length;
        expect([...found].sort((left, right) => right - left)).to.deep.equal(found);
        matrix.forEach((row, i) =>
          row.forEach((value, j) => {
            const back = total(found.map((eigen, k) => eigen * vectors[k]![i]! * vectors[k]![j]!));
            expect(back).to.be.closeTo(value, 1e-14 * size);
            expect(dot(vectors[i]!, vectors[j]!)).to.be.closeTo(i === j ? 1 : 0, 1e-13);
          }),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('are those of an indefinite matrix too', () => {
    const { values: found } = symmetricEigen([
      [1, 2],
      [2, 1],
    ]);
    expect(found[0]).to.be.closeTo(3, 1e-15);
    expect(found[1]).to.be.closeTo(-1, 1e-15);
  });
});

describe('pseudo-inverse', () => {
  it('has Penrose’s properties on what it multiplies: A A⁺ A x = A x, and no part in the null space', () => {
    fc.assert(
      fc.property(many, fc.nat(), (rows, seed) => {
        const matrix = cosinesOf(rows);
        const image = multiply(matrix, normals(new Random(seed), matrix.length));
        const solution = pseudoInverseTimes(matrix, image);
        const { values: found, vectors } = symmetricEigen(matrix);
        // Where an eigenvalue lies between rounding and what rounding can be told from, either is right.
        fc.pre(found.every((value) => value > 1e-6 || value < 1e-13));
        expect(difference(multiply(matrix, solution), image)).to.be.at.most(1e-9 * (1 + norm(image)));
        found.forEach((value, k) => {
          if (value < 1e-13)
            expect(Math.abs(dot(vectors[k]!, solution))).to.be.at.most(1e-8 * (1 + norm(solution)));
        });
      }),
    );
  });
});

describe('projection onto the simplex', () => {
  it('is on it, and no other point of it is nearer: (w − v)·(e_t − w) ≥ 0', () => {
    fc.assert(
      fc.property(values, (vector) => {
        const found = projectOntoSimplex(vector);
        const away = found.map((value, index) => value - vector[index]!);
        expect(total(found)).to.be.closeTo(1, 1e-11);
        expect(Math.min(...found)).to.be.at.least(0);
        for (const value of away) expect(value - dot(away, found)).to.be.at.least(-1e-8);
      }),
    );
  });

  it('leaves a point of it where it is', () => {
    expect(projectOntoSimplex([0.25, 0, 0.75])).to.deep.equal([0.25, 0, 0.75]);
  });
});

describe('nonnegative quadratic problem', () => {
  it('meets the conditions of the optimum for up to 40 unknowns, of any rank', () => {
    fc.assert(
      fc.property(many, fc.nat(), (rows, seed) => {
        const matrix = cosinesOf(rows);
        const linear = multiply(matrix, normals(new Random(seed), matrix.length));
        fc.pre(linear.length > 0);
        const solution = nonnegativeQuadratic(matrix, linear);
        const size = norm(linear) + total(solution);
        multiply(matrix, solution).forEach((value, index) => {
          expect(solution[index]).to.be.at.least(0);
          const slope = value - linear[index]!;
          expect(slope).to.be.at.least(-1e-9 * size);
          if (solution[index]! > 0) expect(Math.abs(slope)).to.be.at.most(1e-9 * size);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('least norm in the hull', () => {
  it('is that of a search through all faces', () => {
    fc.assert(
      fc.property(gradients({ tasks: { min: 1, max: 5 }, degenerate: true }), (rows) => {
        const gramian = gramianOf(rows);
        const found = minNormPoint(gramian);
        const least = Math.min(...faces(rows.length).map((face) => onFace(gramian, face)));
        const size = Math.max(1e-300, ...gramian.map((row, task) => row[task]!));
        expect(dot(found, multiply(gramian, found))).to.be.closeTo(least, 1e-12 * size);
      }),
      { numRuns: 300 },
    );
  });

  it('is zero for opposed gradients of whatever lengths, and any of identical ones', () => {
    const opposed = gramianOf([
      [3, 4],
      [-3e6, -4e6],
    ]);
    const point = minNormPoint(opposed);
    expect(point[0]! / point[1]!).to.be.closeTo(1e6, 1e-6);
    expect(
      total(
        minNormPoint(
          gramianOf([
            [1, 2],
            [1, 2],
            [1, 2],
          ]),
        ),
      ),
    ).to.be.closeTo(1, 1e-15);
  });

  it('sees long gradients cancel beside a short one', () => {
    const rows = [
      [3000, 4000, 0],
      [-3000, -4000, 0],
      [1e-6, 0, 1e-6],
    ];
    const point = minNormPoint(gramianOf(rows));
    expect(point[0]).to.be.closeTo(0.5, 1e-6);
    expect(point[1]).to.be.closeTo(0.5, 1e-6);
  });

  function faces(tasks: number): number[][] {
    return Array.from({ length: 2 ** tasks - 1 }, (_, bits) =>
      Array.from({ length: tasks }, (_, task) => task).filter((task) => ((bits + 1) >> task) & 1),
    );
  }

  /** ‖·‖² of the face's nearest point to zero, where that lies within; else of a corner. */
  function onFace(gramian: Matrix, face: readonly number[]): number {
    const corner = gramian[face[0]!]![face[0]!]!;
    const part = face.map((i) => face.map((j) => gramian[i]![j]!));
    // Against Σ α = 1: the point is stationary along all edges from the first corner.
    const edges = part.slice(1).map((row, i) =>
      part
        .slice(1)
        .map((_, j) => row[j + 1]! - row[0]! - part[0]![j + 1]! + part[0]![0]!)
        .map((value, j) => value + (i === j ? 1e-14 : 0)),
    );
    const factor = cholesky(edges, 1e-10);
    if (!factor) return corner;
    const shares = choleskySolve(
      factor,
      part.slice(1).map((row) => part[0]![0]! - row[0]!),
    );
    const point = [1 - total(shares), ...shares];
    return Math.min(...point) < 0 ? corner : dot(point, multiply(part, point));
  }
});

describe('least distance over v ≥ u', () => {
  it('meets the conditions of the optimum: v ≥ u, Mv ≥ 0, (v − u)·Mv = 0, for up to 40 gradients', () => {
    fc.assert(
      fc.property(many, (rows) => {
        const gramian = gramianOf(rows);
        const lengths = rows.map(norm);
        const lower = rows.map(() => 1 / rows.length);
        const [found] = leastDistance(gramian, [lower]);
        const size = dot(found!, lengths) + 1e-300;
        multiply(gramian, found!).forEach((product, task) => {
          const raised = found![task]! - lower[task]!;
          expect(raised).to.be.at.least(0);
          expect(product).to.be.at.least(-1e-9 * size * lengths[task]!);
          expect(Math.abs(raised * product)).to.be.at.most(1e-9 * size * size);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing without conflict', () => {
    expect(
      leastDistance(
        gramianOf([
          [1, 0],
          [1, 1],
        ]),
        [[1, 0]],
      ),
    ).to.deep.equal([[1, 0]]);
  });
});
