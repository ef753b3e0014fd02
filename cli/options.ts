import { Argument, Option } from 'commander';
import { integerAtLeast, time } from './arguments.ts';

/* This file creates the arguments and options that several commands share, and the API path of a pattern. */

export function patternArgument(): Argument {
  return new Argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry');
}

/** Returns the API's path of a pattern's resource; a pattern key in its long form contains `|` and `=`. */
export function patternPath(pattern: string, resource: string): string {
  return `/v1/patterns/${encodeURIComponent(pattern)}/${resource}`;
}

export function reasonOption(): Option {
  return new Option('--reason <text>', 'reason of the change, which the audit keeps').makeOptionMandatory();
}

/** Returns the option that limits a list. With --json the limit applies in the service's order, else in the order shown. */
export function limitOption(): Option {
  const description = 'only the n with most events (with --json: the first n in the order of the service)';
  return new Option('--limit <n>', description).argParser(integerAtLeast(1));
}

/** Returns the option that lists what a run computed, instead of what is in force. */
export function cycleOption(): Option {
  return new Option('--cycle <id>', 'what this cycle or trial computed; readable for a day');
}

export function asOfOption(): Option {
  return new Option('--as-of <time>', 'RFC 3339, or a date (default: now)').argParser(time);
}

export function lookbackOption(description: string): Option {
  return new Option('--lookback-days <days>', description).argParser(integerAtLeast(1));
}

export function svgOption(): Option {
  return new Option('--svg <file>', 'write the plots to an SVG file; an existing file is overwritten');
}
