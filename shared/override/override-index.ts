import type { Scope } from '../pattern/scope.ts';
import type { Override } from './override.ts';

interface Node {
  readonly overrides: Override[];
  readonly children: Map<string, Node>;
}

const newNode = (): Node => ({ overrides: [], children: new Map() });

/**
 * The overrides of one generation as a set trie over their sorted dimension=value pairs. A look-up visits only prefixes
 * that match, so its cost grows with the number of matches and not with the number of overrides.
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

  /** Returns every override whose slice contains `scope`, in no particular order. */
  matching(scope: Scope): Override[] {
    const pairs = pairsOf(scope);
    const matches: Override[] = [];
    const visit = (node: Node, from: number): void => {
      matches.push(...node.overrides);
      if (node.children.size === 0) return;
      for (let i = from; i < pairs.length; i++) {
        const child = node.children.get(pairs[i] ?? '');
        if (child) visit(child, i + 1);
      }
    };
    visit(this.#root, 0);
    return matches;
  }
}

/** Returns the pairs in the order of their names. A name contains no `=`, so each text stands for one pair. */
function pairsOf(scope: Scope): string[] {
  return Object.entries(scope).map(([name, value]) => `${name}=${value}`);
}
