import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import type { Override, ResolutionMethod } from '../../shared/override/override.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import type { Scope } from '../../shared/pattern/scope.ts';
import { benchPackageVersion, loadBenchPackage } from '../support/bench-packages.ts';
import { bySpecificity } from './rules.ts';

/** A way to resolve one lever. `resolve` returns the multiplier; 1 where no rule matches. */
interface Resolver {
  resolve(scope: Scope): number;
  close?(): void;
}

export interface Contestant {
  readonly name: string;
  /** Builds what look-ups need; it is measured too. */
  readonly load: (rules: readonly Override[]) => Resolver | Promise<Resolver>;
  /** True when the result is the most specific rule, as the peers choose it. Only then are results compared. */
  readonly choosesMostSpecific: boolean;
  /** The most rules that it loads in a bearable time. */
  readonly maxRules?: number;
}

const ours = (method: ResolutionMethod): Contestant => ({
  name: `PM Tuning, ${method}`,
  choosesMostSpecific: method === 'most-specific',
  load: rules => {
    const index = new OverrideIndex(rules, ACTION_CATEGORIES);
    return { resolve: scope => index.resolve(scope, method)[0]?.multiplier ?? 1 };
  },
});

interface GrowthBookPackage {
  readonly GrowthBookClient: new () => {
    initSync(options: object): void;
    evalFeature(id: string, context: object): { readonly value: number | null };
  };
}

/** One feature with a forced value for each rule; the first rule that matches decides. */
const growthBook: Contestant = {
  name: '@growthbook/growthbook',
  choosesMostSpecific: true,
  load: rules => {
    const { GrowthBookClient } = loadBenchPackage('@growthbook/growthbook') as GrowthBookPackage;
    const client = new GrowthBookClient();
    const force = bySpecificity(rules).map(({ scope_subset, multiplier }) => ({
      condition: scope_subset,
      force: multiplier,
    }));
    client.initSync({ payload: { features: { lever: { defaultValue: 1, rules: force } } } });
    return { resolve: scope => client.evalFeature('lever', { attributes: scope }).value ?? 1 };
  },
};

interface UnleashPackage {
  readonly Unleash: new (
    options: object,
  ) => {
    on(event: string, listener: () => void): void;
    once(event: string, listener: () => void): void;
    getVariant(name: string, context: object): { readonly payload?: { readonly value: string } };
    destroy(): void;
  };
  readonly InMemStorageProvider: new () => object;
}

/** One flag with a strategy for each rule: constraints on the context, and one variant with the multiplier. */
const unleash: Contestant = {
  name: 'unleash-client',
  choosesMostSpecific: true,
  load: async rules => {
    const { Unleash, InMemStorageProvider } = loadBenchPackage('unleash-client') as UnleashPackage;
    const strategies = bySpecificity(rules).map(({ scope_subset, multiplier }, i) => ({
      name: 'default',
      parameters: {},
      constraints: Object.entries(scope_subset).map(([contextName, value]) => ({
        contextName,
        operator: 'IN',
        values: [value],
      })),
      variants: [
        {
          name: `rule ${i}`,
          weight: 1000,
          stickiness: 'default',
          payload: { type: 'number', value: String(multiplier) },
        },
      ],
    }));
    const client = new Unleash({
      appName: 'bench',
      // Nothing listens there: the flags come from the bootstrap.
      url: 'http://127.0.0.1:9/',
      refreshInterval: 0,
      disableMetrics: true,
      skipInstanceCountWarning: true,
      storageProvider: new InMemStorageProvider(),
      bootstrap: { data: [{ name: 'lever', enabled: true, strategies, variants: [] }] },
    });
    for (const event of ['error', 'warn']) client.on(event, () => undefined);
    await new Promise<void>(resolve => client.once('ready', resolve));
    return {
      resolve: scope => Number(client.getVariant('lever', { properties: scope }).payload?.value ?? 1),
      close: () => client.destroy(),
    };
  },
};

interface FlagdPackage {
  readonly FlagdCore: new () => {
    setConfigurations(text: string): void;
    resolveNumberEvaluation(key: string, fallback: number, context: object): { readonly value: number };
  };
}

/** One flag with a chain of conditions in JsonLogic, and a variant for each rule. */
const flagd: Contestant = {
  name: '@openfeature/flagd-core',
  choosesMostSpecific: true,
  maxRules: 1000,
  load: rules => {
    const { FlagdCore } = loadBenchPackage('@openfeature/flagd-core') as FlagdPackage;
    const core = new FlagdCore();
    const sorted = bySpecificity(rules);
    const branches = sorted.flatMap(({ scope_subset }, i) => [
      { and: Object.entries(scope_subset).map(([name, value]) => ({ '==': [{ var: name }, value] })) },
      `rule_${i}`,
    ]);
    const variants = Object.fromEntries(sorted.map(({ multiplier }, i) => [`rule_${i}`, multiplier]));
    core.setConfigurations(
      JSON.stringify({
        flags: {
          lever: {
            state: 'ENABLED',
            variants: { ...variants, none: 1 },
            defaultVariant: 'none',
            targeting: { if: [...branches, 'none'] },
          },
        },
      }),
    );
    return { resolve: scope => core.resolveNumberEvaluation('lever', 1, scope).value };
  },
};

/** The packages that are compared with. */
export const PEER_PACKAGES = [growthBook.name, unleash.name, flagd.name];

export const CONTESTANTS: readonly Contestant[] = [
  ours('blend'),
  ours('most-specific'),
  ours('product'),
  growthBook,
  unleash,
  flagd,
];

export function peerVersions(): Record<string, string> {
  return Object.fromEntries(PEER_PACKAGES.map(name => [name, benchPackageVersion(name)]));
}
