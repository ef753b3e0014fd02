import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/* The tests check the import statements of every file against the table of import rules. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['shared', 'functions', 'infra', 'client', 'edge', 'local', 'cli', 'web', 'bench', 'test'];

interface Import {
  readonly from: string;
  /** A path from the root, or a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = FOLDERS.flatMap(folder =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    // A bench installs the packages that it compares with in its own folder; the client is built into `dist`.
    .filter(name => !name.split(sep).some(part => part === 'node_modules' || part === 'dist'))
    .filter(name => /\.tsx?$/.test(name))
    .map(name => `${folder}/${name.replaceAll('\\', '/')}`),
).sort();

const source = new Map(files.map(file => [file, readFileSync(join(ROOT, file), 'utf8')]));
const lines = (file: string): number => (source.get(file) ?? '').trimEnd().split('\n').length;

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\b(?:import|require)\(\s*'([^']+)'\s*\)/g;

const imports: Import[] = files.flatMap(from => {
  const text = source.get(from) ?? '';
  const to = (target: string): string => (target.startsWith('.') ? join(dirname(from), target) : target);
  return [
    ...[...text.matchAll(STATEMENT)].map(([, type, target = '']) => ({
      from,
      to: to(target),
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(DYNAMIC)].map(([, target = '']) => ({ from, to: to(target), typeOnly: false })),
  ];
});

const under =
  (...folders: string[]) =>
  (file: string): boolean =>
    folders.some(folder => file === folder || file.startsWith(`${folder}/`));
const isPackage = (target: string): boolean => !under(...FOLDERS)(target);
const isBuiltin = (target: string): boolean => target.startsWith('node:') || builtinModules.includes(target);
const show = (found: readonly Import[]): string[] => found.map(i => `${i.from} → ${i.to}`);

it('The patterns of this test find the imports of the repository', () => {
  expect(files.length).toBeGreaterThan(60);
  expect(imports.length).toBeGreaterThan(200);
  expect(show(imports.filter(i => i.from === 'functions/mine.ts'))).toEqual([
    'functions/mine.ts → shared/cycle/log-step.ts',
    'functions/mine.ts → shared/cycle/steps/tune.ts',
    'functions/mine.ts → shared/runtime.ts',
    'functions/mine.ts → shared/runtime.ts',
  ]);
});

it('Every import from this repository names an existing file', () => {
  const missing = imports.filter(i => /\.tsx?$/.test(i.to) && !isPackage(i.to) && !source.has(i.to));
  expect(show(missing)).toEqual([]);
});

/** Rooms of shared in the order of data flow: each may import the ones before it. */
const NOUNS = [
  'pattern',
  'episode',
  'lever',
  'lesson',
  'override',
  'generation',
  'guard',
  'warning',
  'lookup',
  'ofrep',
  'cycle',
  'notification',
];
const nouns = (upTo: string): string[] =>
  NOUNS.slice(0, NOUNS.indexOf(upTo) + 1).map(noun => `shared/${noun}`);
const DOMAIN = nouns('notification');
const GROUND = [
  'shared/statistics',
  'shared/mining',
  'shared/errors.ts',
  'shared/log-messages.ts',
  'shared/time.ts',
  'shared/hash.ts',
  'shared/json.ts',
  'shared/format.ts',
  'shared/numbers.ts',
  'shared/reason.ts',
  'shared/suggestion.ts',
  'shared/validation.ts',
];
const SDK = /^@(aws-sdk|smithy)\//;
const WEB = /^(hono|@hono)(\/|$)/;

interface Rule {
  /** Name in the title of the test. */
  readonly module: string;
  readonly files: (file: string) => boolean;
  /** Files and folders of the repository from which anything may be imported. */
  readonly own: readonly string[];
  /** Files, folders and packages from which only types may be imported. */
  readonly types?: readonly string[];
  /** Packages from which anything may be imported. */
  readonly packages: readonly (string | RegExp)[];
}

const noun = (name: string, packages: Rule['packages'], own = nouns(name)): Rule => ({
  module: name,
  files: under(`shared/${name}`),
  own: [...own, ...GROUND],
  packages,
});

const RULES: readonly Rule[] = [
  {
    module: 'statistics',
    files: under('shared/statistics'),
    own: ['shared/statistics'],
    packages: [],
  },
  {
    module: 'mining',
    files: under('shared/mining'),
    own: ['shared/mining'],
    packages: [],
  },
  noun('pattern', ['zod']),
  noun('episode', ['zod']),
  noun('lever', []),
  noun('lesson', ['zod']),
  noun('override', ['zod']),
  noun('generation', ['zod']),
  noun('guard', ['zod']),
  noun('lookup', ['zod']),
  noun('ofrep', []),
  noun('warning', ['zod']),
  {
    // A run imports nothing of look-ups.
    ...noun('cycle', ['zod'], [...nouns('warning'), 'shared/cycle']),
    types: ['shared/log.ts'],
  },
  noun('notification', ['zod', 'node:crypto']),
  {
    // Connections to targets of notifications.
    module: 'delivery',
    files: under('shared/delivery'),
    own: ['shared/delivery', 'shared/notification', 'shared/errors.ts'],
    types: ['shared/log.ts'],
    packages: ['zod', /^node:(dns\/promises|http|https|net|timers\/promises)$/],
  },
  {
    module: 'errors, log, log messages, masked passwords, time, format, numbers, json',
    files: under(
      'shared/errors.ts',
      'shared/log.ts',
      'shared/log-messages.ts',
      'shared/mask-passwords.ts',
      'shared/time.ts',
      'shared/format.ts',
      'shared/numbers.ts',
      'shared/json.ts',
    ),
    own: [],
    packages: [],
  },
  {
    // The page loads it, so it imports nothing that runs on a server.
    module: 'plot',
    files: under('shared/plot'),
    own: ['shared/plot', 'shared/format.ts', 'shared/time.ts', 'shared/pattern/describe-scope.ts'],
    types: ['shared/http/schemas', 'shared/lesson'],
    packages: ['d3-scale', 'd3-shape'],
  },
  { module: 'reason', files: under('shared/reason.ts'), own: [], packages: ['zod'] },
  { module: 'suggestion', files: under('shared/suggestion.ts'), own: [], packages: ['fastest-levenshtein'] },
  { module: 'hash', files: under('shared/hash.ts'), own: [], packages: ['node:crypto'] },
  {
    module: 'validation',
    files: under('shared/validation.ts'),
    own: ['shared/json.ts', 'shared/suggestion.ts', 'shared/errors.ts'],
    packages: ['zod'],
  },
  {
    module: 'source-mapped-stack',
    files: under('shared/source-mapped-stack.ts'),
    own: [],
    packages: ['node:fs', 'node:module', 'node:url'],
  },
  {
    module: 'config',
    files: under('shared/config.ts'),
    own: [
      'shared/override',
      'shared/generation/guard-mode.ts',
      'shared/generation/rollout-mode.ts',
      'shared/validation.ts',
    ],
    packages: ['zod'],
  },
  {
    module: 'dynamodb/keys',
    files: under('shared/dynamodb/keys.ts'),
    own: [],
    types: DOMAIN,
    packages: ['node:crypto'],
  },
  {
    module: 'the rest of dynamodb',
    files: file => under('shared/dynamodb')(file) && file !== 'shared/dynamodb/keys.ts',
    own: ['shared/dynamodb', ...DOMAIN, ...GROUND],
    types: ['shared/log.ts'],
    packages: [SDK, /^node:(crypto|zlib)$/],
  },
  {
    module: 'aws',
    files: under('shared/aws'),
    own: ['shared/aws', 'shared/errors.ts'],
    types: DOMAIN,
    packages: [SDK, 'node:zlib'],
  },
  {
    module: 'http',
    files: under('shared/http'),
    own: ['shared/http', ...DOMAIN, ...GROUND],
    types: ['shared/log.ts'],
    // Answers are gzipped, and the function `page` reads the page from a file.
    packages: ['zod', WEB, /^node:(crypto|fs|zlib)$/],
  },
  {
    module: 'runtime',
    files: under('shared/runtime.ts'),
    own: [
      'shared/config.ts',
      'shared/log.ts',
      'shared/log-messages.ts',
      'shared/source-mapped-stack.ts',
      'shared/dynamodb',
      'shared/lookup',
      'shared/warning',
      // A process keeps this memory between runs.
      'shared/override/evaluation/fold-memory.ts',
    ],
    types: [...DOMAIN, '@aws-sdk/lib-dynamodb'],
    packages: [],
  },
  {
    // The client is bundled into bots, so it takes only the files of shared that import no package.
    module: 'client',
    files: file => under('client')(file) && file !== 'client/build.ts',
    own: [
      'client',
      'shared/override/arm.ts',
      'shared/override/arm-hash.ts',
      'shared/override/override-index.ts',
      'shared/override/apply-thresholds.ts',
      'shared/override/digest-text.ts',
      'shared/override/score/scorer.ts',
      'shared/pattern/scope.ts',
      'shared/pattern/pattern-key.ts',
      'shared/json.ts',
    ],
    packages: [/^node:/],
  },
  { module: 'edge/build', files: under('edge/build.ts'), own: [], packages: ['esbuild', /^node:/] },
  { module: 'client/build', files: under('client/build.ts'), own: [], packages: ['esbuild', /^node:/] },
  {
    // The edge is a process beside the bot: the client, behind the routes and the HTTP server of the local service.
    module: 'edge',
    files: file => under('edge')(file) && file !== 'edge/build.ts',
    own: [
      'edge',
      'client',
      'local/http-server.ts',
      'shared/http',
      'shared/generation/served.ts',
      'shared/lookup',
      'shared/lever',
      'shared/override',
      'shared/errors.ts',
      'shared/json.ts',
    ],
    types: ['shared/log.ts'],
    packages: [WEB, 'prom-client', /^node:/],
  },
  {
    module: 'functions',
    files: under('functions'),
    own: ['shared/runtime.ts', 'shared/http', 'shared/delivery', ...DOMAIN, 'shared/aws'],
    packages: [WEB],
  },
  {
    module: 'infra',
    files: under('infra'),
    own: [
      'infra',
      'shared/http/endpoints.ts',
      'shared/dynamodb/keys.ts',
      'shared/config.ts',
      'shared/log-messages.ts',
      'shared/suggestion.ts',
      'shared/mask-passwords.ts',
    ],
    packages: [/^aws-cdk-lib(\/|$)/, 'constructs', 'cdk-nag', /^node:/],
  },
];

describe('import rules', () => {
  it.each(RULES)(
    'Files of $module import only what their import rule allows',
    ({ files: isCovered, own, types = [], packages }) => {
      const allowed = ({ to, typeOnly }: Import): boolean =>
        under(...own)(to) ||
        (typeOnly && under(...types)(to)) ||
        packages.some(p => (typeof p === 'string' ? p === to : p.test(to)));
      const covered = imports.filter(i => isCovered(i.from));
      expect(show(covered.filter(i => !allowed(i)))).toEqual([]);
    },
  );

  it('Exactly one import rule covers each file of shared, functions, infra, client and edge', () => {
    const product = files.filter(under('shared', 'functions', 'infra', 'client', 'edge'));
    expect(product.filter(file => RULES.filter(rule => rule.files(file)).length !== 1)).toEqual([]);
  });

  it('No function imports another function', () => {
    expect(show(imports.filter(i => under('functions')(i.from) && under('functions')(i.to)))).toEqual([]);
  });

  it('Deployed code imports nothing from local, cli, bench or test', () => {
    const deployed = under('shared', 'functions', 'infra');
    const undeployed = under('local', 'cli', 'web', 'bench', 'test');
    expect(show(imports.filter(i => deployed(i.from) && undeployed(i.to)))).toEqual([]);
  });

  it('Only tests and benches import tests and benches', () => {
    const found = imports.filter(i => under('test', 'bench')(i.to) && !under('test', 'bench')(i.from));
    expect(show(found)).toEqual([]);
  });

  it('Only the stores, local, bench and test import the AWS SDK, apart from one type in runtime.ts', () => {
    const found = imports.filter(
      i => SDK.test(i.to) && !under('shared/dynamodb', 'shared/aws', 'local', 'bench', 'test')(i.from),
    );
    expect(found).toEqual([{ from: 'shared/runtime.ts', to: '@aws-sdk/lib-dynamodb', typeOnly: true }]);
  });

  it('No file of shared imports Lambda or CDK packages', () => {
    const found = imports.filter(i => under('shared')(i.from) && /lambda|cdk|constructs/.test(i.to));
    expect(show(found)).toEqual([]);
  });

  it('Imports of Node’s own modules begin with node:', () => {
    expect(show(imports.filter(i => isBuiltin(i.to) && !i.to.startsWith('node:')))).toEqual([]);
  });

  it('Deployed code imports only packages that package.json lists as dependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    const found = imports.filter(
      i => under('shared', 'functions')(i.from) && isPackage(i.to) && !isBuiltin(i.to) && !i.typeOnly,
    );
    const nameOf = (target: string): string =>
      target
        .split('/')
        .slice(0, target.startsWith('@') ? 2 : 1)
        .join('/');
    expect(show(found.filter(i => !Object.hasOwn(dependencies, nameOf(i.to))))).toEqual([]);
  });
});

describe('the page', () => {
  it('The page imports its own files, the renderer of pictures, formats and Preact, and types of the API', () => {
    const own = [
      'web/app',
      'shared/plot',
      'shared/format.ts',
      'shared/time.ts',
      'shared/pattern/describe-scope.ts',
    ];
    const page = imports.filter(i => under('web/app')(i.from));
    const allowed = ({ to, typeOnly }: Import): boolean =>
      under(...own)(to) || (typeOnly && under('shared/http/schemas')(to)) || /^preact(\/hooks)?$/.test(to);
    expect(page.length).toBeGreaterThan(50);
    expect(show(page.filter(i => !allowed(i)))).toEqual([]);
  });
});

describe('structure of files', () => {
  it('Imports form no cycle', () => {
    const graph = Map.groupBy(
      imports.filter(i => source.has(i.to)),
      i => i.from,
    );
    const done = new Set<string>();
    const findCycle = (file: string, path: readonly string[]): string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const { to } of graph.get(file) ?? []) {
        const found = findCycle(to, [...path, file]);
        if (found) return found;
      }
      done.add(file);
      return undefined;
    };
    expect(files.map(file => findCycle(file, [])).find(found => found !== undefined)).toBeUndefined();
  });

  it('No file re-exports symbols of another file', () => {
    const barrels = files.filter(file =>
      /^export\s+(?:type\s+)?(?:\*|\{[^}]*\}\s+from)/m.test(source.get(file) ?? ''),
    );
    expect([...barrels, ...files.filter(file => basename(file) === 'index.ts')]).toEqual([]);
  });

  it('No file has a vague name such as utils or helpers', () => {
    const vague = /^(utils?|helpers?|common|misc|shared|lib)(\.|$)/;
    expect(
      files.filter(file =>
        file
          .split('/')
          .slice(1)
          .some(part => vague.test(part)),
      ),
    ).toEqual([]);
  });

  it('Files have names in kebab-case', () => {
    expect(files.filter(file => !/^[a-z0-9-]+(\/[a-z0-9-]+)*(\.(test|asl))?\.tsx?$/.test(file))).toEqual([]);
  });

  it('A file of functions has fewer than 25 lines, no try, and reads no environment variable', () => {
    for (const file of files.filter(under('functions'))) {
      expect([file, lines(file)]).toEqual([file, expect.toSatisfy((n: number) => n < 25)]);
      expect(source.get(file)).not.toMatch(/\btry\b|process\.env/);
    }
  });

  it('Every file of functions exports createHandler and one Lambda handler', () => {
    for (const file of files.filter(under('functions'))) {
      expect(source.get(file)).toMatch(/^export const handler = lambdaEntry\(createHandler\);$/m);
      expect(source.get(file)).toMatch(/^export (const|function) createHandler\b/m);
    }
  });

  it('Only config.ts and runtime.ts read environment variables', () => {
    const readers = files.filter(
      file => under('shared', 'functions')(file) && /process\.env/.test(source.get(file) ?? ''),
    );
    expect(readers.filter(file => !['shared/config.ts', 'shared/runtime.ts'].includes(file))).toEqual([]);
  });

  it('The domain takes time, randomness and settings as arguments', () => {
    const impure = /\bDate\.now\(|new Date\(\)|Math\.random\(|randomUUID\(|process\.|performance\.now\(/;
    const domain = files.filter(under(...DOMAIN));
    expect(domain.filter(file => impure.test(source.get(file) ?? ''))).toEqual([]);
  });

  it('Only keys.ts contains the prefixes of stored keys', () => {
    const keyPrefix = /['"`](?:pattern|cycle|parked|generation|audit)#/;
    const found = files.filter(
      file => under('shared', 'functions')(file) && keyPrefix.test(source.get(file) ?? ''),
    );
    expect(found).toEqual(['shared/dynamodb/keys.ts']);
  });

  it('Only config.ts names the environment variables of tables', () => {
    const found = files.filter(
      file => under('shared', 'functions')(file) && /_TABLE\b/.test(source.get(file) ?? ''),
    );
    expect(found).toEqual(['shared/config.ts']);
  });
});

interface Export {
  readonly file: string;
  readonly name: string;
}

const EXPORTED = /^export (?:async )?(?:abstract )?(?:const|function\*?|class|interface|type) (\w+)/gm;
const NAMED_IMPORT = /^import (?:type )?\{([^}]*)\} from '([^']+)'/gm;
const DYNAMIC_MEMBERS = /const \{([^}]*)\} = await import\(\s*'([^']+)'/g;

const exported: readonly Export[] = files
  .filter(file => !file.endsWith('.test.ts'))
  .flatMap(file => [...(source.get(file) ?? '').matchAll(EXPORTED)].map(([, name = '']) => ({ file, name })));

/** The exports that another file imports by name, each as `file#name`. */
const imported = new Set(
  files.flatMap(from => {
    const text = source.get(from) ?? '';
    return [...text.matchAll(NAMED_IMPORT), ...text.matchAll(DYNAMIC_MEMBERS)].flatMap(
      ([, names = '', target = '']) =>
        names
          .split(',')
          .map(
            name =>
              name
                .trim()
                .replace(/^type /, '')
                .split(/ as |:/)[0]
                ?.trim() ?? '',
          )
          .filter(name => name !== '')
          .map(name => `${join(dirname(from), target)}#${name}`),
    );
  }),
);

/** The files that another file imports as a whole, and with them every export. */
const importedWhole = new Set(
  files.flatMap(from =>
    [...(source.get(from) ?? '').matchAll(/^import (?:type )?\* as \w+ from '(\.[^']+)'/gm)].map(
      ([, target = '']) => join(dirname(from), target),
    ),
  ),
);

/** The types of the client's package, which bots import. */
const PUBLISHED = ['client/src/types.ts', 'client/src/ports.ts', 'client/src/served.ts'];

describe('exports', () => {
  it('Every export has an importer', () => {
    // Lambda calls `handler`; Vitest loads the default exports of reporters.
    const unused = exported.filter(
      ({ file, name }) =>
        !imported.has(`${file}#${name}`) &&
        !importedWhole.has(file) &&
        !(under('functions')(file) && name === 'handler') &&
        !PUBLISHED.includes(file),
    );
    expect(unused.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });

  it('No two exports of shared have the same name', () => {
    // An overloaded function is exported by each of its signatures.
    const distinct = new Map(exported.map(each => [`${each.file}#${each.name}`, each]));
    const byName = Map.groupBy(
      [...distinct.values()].filter(({ file }) => under('shared')(file)),
      ({ name }) => name,
    );
    expect(
      [...byName]
        .filter(([, all]) => all.length > 1)
        .map(([name, all]) => `${name}: ${all.map(e => e.file).join(', ')}`),
    ).toEqual([]);
  });

  it('No two files of one folder have the same base name', () => {
    const byBase = Map.groupBy(
      files.filter(file => !under('test')(file)),
      file => file.replace(/(\.\w+)+$/, ''),
    );
    expect([...byBase].filter(([, all]) => all.length > 1).map(([base]) => base)).toEqual([]);
  });
});

describe('typed arrays (rule T1 of CONTRIBUTING.md)', () => {
  it('Only files whose header comment contains the word kernel read an element with a cast to number', () => {
    const isKernel = (file: string): boolean =>
      /^\/\*[\s\S]*?\bkernel\b[\s\S]*?\*\//im.test((source.get(file) ?? '').slice(0, 3000));
    const casting = files.filter(
      file => under('shared')(file) && /\] as number\b/.test(source.get(file) ?? '') && !isKernel(file),
    );
    expect(casting).toEqual([]);
  });
});
