import { writeFileSync } from 'node:fs';
import type { LinePlot } from '../shared/plot/line-plot.ts';
import { linePlotSvg } from '../shared/plot/line-plot-shapes.ts';
import { errorReason } from './errors.ts';
import { usageError } from './exit-codes.ts';

/**
 * Writes plots side by side to an SVG file.
 * @throws Failure (usage) when the file cannot be written
 */
export function writeSvg(file: string, plots: readonly LinePlot[]): void {
  try {
    writeFileSync(file, linePlotSvg(plots));
  } catch (error) {
    throw usageError(
      `the plots cannot be written to ${file} (${errorReason(error)}); choose another file with --svg`,
    );
  }
}
