/* Kernel: all indices follow from the order of the matrix, so typed arrays are read without a check. */

/** A symmetric matrix of order n, row by row in n² numbers. Only the lower triangle is read. */
export interface SymmetricMatrix {
  readonly order: number;
  readonly values: Float64Array;
}

/**
 * Returns the lower triangle L with L·Lᵀ = A (Cholesky decomposition).
 * Source: Golub and Van Loan, "Matrix Computations", 4th edition, algorithm 4.2.1.
 * @throws RangeError when A is not positive definite
 */
export function cholesky({ order: n, values: a }: SymmetricMatrix): SymmetricMatrix {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      if (i !== j) l[i * n + j] = sum / (l[j * n + j] as number);
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else throw new RangeError(`the matrix is not positive definite: pivot ${i} is ${sum}`);
    }
  return { order: n, values: l };
}

/** Solves A·x = b, where `factor` is the Cholesky factor of A. */
export function solveCholesky({ order: n, values: l }: SymmetricMatrix, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k++) sum -= (l[i * n + k] as number) * (x[k] as number);
    x[i] = sum / (l[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (l[k * n + i] as number) * (x[k] as number);
    x[i] = sum / (l[i * n + i] as number);
  }
  return x;
}

/** Returns A⁻¹·B·A⁻¹ for symmetric A and B, where `factor` is the Cholesky factor of A. */
export function sandwich(factor: SymmetricMatrix, { order: n, values: b }: SymmetricMatrix): SymmetricMatrix {
  // With C = A⁻¹·B, the product is (A⁻¹·Cᵀ)ᵀ.
  const half = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const column = Float64Array.from(
      { length: n },
      (_, i) => b[Math.max(i, j) * n + Math.min(i, j)] as number,
    );
    half.set(solveCholesky(factor, column), j * n);
  }
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const column = Float64Array.from({ length: n }, (_, j) => half[j * n + i] as number);
    values.set(solveCholesky(factor, column), i * n);
  }
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const mean = ((values[i * n + j] as number) + (values[j * n + i] as number)) / 2;
      values[i * n + j] = mean;
      values[j * n + i] = mean;
    }
  return { order: n, values };
}
