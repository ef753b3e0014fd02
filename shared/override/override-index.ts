import type { Scope } from '../pattern/scope.ts';
import type { Override } from './override.ts';

interface Node {
  readonly overrides: Override[];
  readonly children: Map<string, Node>;
}

const newNode = (): Node => ({ overrides: [], children: new Map() });

/**
 * The overrides of one generation as a set trie over their sorted dimension=value pairs: a look-up visits only
 * prefixes of subsets that match, so its cost follows what matches, not how many overrides a pattern has.
 */
export class OverrideIndex {
  readonly size: number;
  readonly #root = newNode();

  constructor(overrides: readonly Override[]) {
    this.size = overrides.length;
    for (const override of overrides) {
      let node = this.#root;
      for (const pair of pairsOf(override.scope_subset)) {
        let child = node.children.get(pair);
        if (!child) {
          child = newNode();
          node.children.set(pair, child);
        }
        node = child;
      }
      node.overrides.push(override);
    }
  }

  /** Every override whose scope subset `scope` covers. */
  matching(scope: Scope): Override[] {
    const pairs = pairsOf(scope);
    const found: Override[] = [];
    const visit = (node: Node, from: number): void => {
      found.push(...node.overrides);
      if (node.children.size === 0) return;
      for (let i = from; i < pairs.length; i++) {
        const child = node.children.get(pairs[i] ?? '');
        if (child) visit(child, i + 1);
      }
    };
    visit(this.#root, 0);
    return found;
  }
}

/** Pairs in the order of their names; no name contains `=`, so one text is one pair. */
function pairsOf(scope: Scope): string[] {
  return Object.entries(scope).map(([name, value]) => `${name}=${value}`);
}
