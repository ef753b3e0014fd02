import type { Shape } from './data.ts';

/** A row of the benchmark's main table. */
export interface Row extends Shape {
  /** Measures the reference miner too. It enumerates every subset of every row, so larger shapes would take hours. */
  readonly reference?: boolean;
  /** Number of DuckDB queries; 0 leaves DuckDB out. */
  readonly duckDbRepeats: number;
  /** Compares the slices with those of DuckDB. */
  readonly compare?: boolean;
  /** Times measured earlier on two shared cores of another machine, on other events of the same size. */
  readonly quoted: string;
}

export const SHAPES: readonly Row[] = [
  {
    name: '3.7k × 8, 6 patterns',
    events: 3700,
    dimensions: 8,
    patterns: 6,
    reference: true,
    duckDbRepeats: 5,
    compare: true,
    quoted: 'pandas 3.99 s, DivExplorer 0.32 s, pyFIM 5 ms',
  },
  {
    name: '19k × 8, 6 patterns',
    events: 19_000,
    dimensions: 8,
    patterns: 6,
    duckDbRepeats: 5,
    compare: true,
    quoted: 'pandas 22.99 s, DivExplorer 1.71 s, pyFIM 30 ms',
  },
  {
    name: '94k × 8',
    events: 94_000,
    dimensions: 8,
    patterns: 1,
    duckDbRepeats: 3,
    compare: true,
    quoted: 'DuckDB 3.0 s, pyFIM 160 ms',
  },
  {
    name: '20k × 6',
    events: 20_000,
    dimensions: 6,
    patterns: 1,
    reference: true,
    duckDbRepeats: 7,
    compare: true,
    quoted: 'pandas 4.3 s',
  },
  {
    name: '1M × 6',
    events: 1_000_000,
    dimensions: 6,
    patterns: 1,
    duckDbRepeats: 5,
    compare: true,
    quoted: 'DuckDB 1.0 s',
  },
  {
    name: '1M × 15 to depth 3',
    events: 1_000_000,
    dimensions: 15,
    patterns: 1,
    maxDepth: 3,
    duckDbRepeats: 1,
    compare: true,
    quoted: 'prototype 1.4 s (451k slices)',
  },
  {
    name: '1M × 15 to depth 4',
    events: 1_000_000,
    dimensions: 15,
    patterns: 1,
    maxDepth: 4,
    duckDbRepeats: 0,
    quoted: 'prototype 5.8 s (2.8M slices)',
  },
];

/** The growth plot: time against events, and time against dimensions. */
export const GROWTH_DIMENSIONS = 6;
export const GROWTH_EVENTS = [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000];
export const WIDTH_EVENTS = 30_000;
export const WIDTH_DIMENSIONS = [4, 6, 8, 10, 12, 14, 16, 18, 20];
export const WIDTH_DEPTH = 3;
