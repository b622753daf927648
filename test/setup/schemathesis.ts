// Schemathesis, a fuzzer that reads OpenAPI documents: found or fetched, and run over served documents.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exclusively } from '../../src/embedded/claim';
import { cacheFolder } from '../../src/embedded/fetchMongod';
import { onPath, run, tail } from '../../src/embedded/pursuit';

const VERSION = '4.32.5';
/** What draws for it; scripts/fuzz/hooks.py reaches into it. */
const HYPOTHESIS = '6.170.17';
const SCRIPTS = join(__dirname, '..', '..', 'scripts', 'fuzz');
const HOUR_MS = 3_600_000;

/** Of Schemathesis' own, all that need no credentials. */
const CHECKS = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance', 'negative_data_rejection', 'positive_data_acceptance',
  'missing_required_header', 'unsupported_method', 'allow_header_conformance', 'use_after_free', 'ensure_resource_availability',
];

/** The Python that has Schemathesis, in an environment of its own below the cache folder; made when it is not there. */
export async function findSchemathesis(): Promise<string> {
  const folder = join(cacheFolder(), `schemathesis-${VERSION}`);
  const own = join(folder, 'bin', 'python');
  return exclusively(join(cacheFolder(), 'schemathesis.lock'), async () => {
    if (existsSync(join(folder, 'bin', 'schemathesis'))) return own;
    const python = onPath('python3');
    if (!python) throw new Error('The fuzzing needs Python: install python3 (3.10 or newer) with its venv module, on Debian `apt-get install python3-venv`.');
    for (const [command, ...args] of [[python, '-m', 'venv', folder], [own, '-m', 'pip', 'install', '--quiet', `schemathesis==${VERSION}`, `hypothesis==${HYPOTHESIS}`]] as const) {
      const { code, output } = await run(command, args, { withinMs: 600_000 });
      if (code === 0) continue;
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`Schemathesis could not be installed (${tail(output, 3)}). It needs Python 3.10 or newer with its venv module, on Debian \`apt-get install python3-venv\`, and a reachable package index.`);
    }
    return own;
  }, 1_200_000);
}

/** Paths that say what listeners are sent; they are not served. */
export const SENT = /^\/listener\/\w+$/;

export interface FuzzOptions {
  /** At most so many drawn cases of each operation. */
  readonly examples: number;
  /** At most so many valid and so many invalid ones of those that the coverage phase writes out. */
  readonly coverage: number;
  readonly seed: number;
  /** What it writes out from the document's examples does not depend on the seed: one run of several needs to. */
  readonly withExamples: boolean;
}

export interface Fuzzed {
  readonly cases: number;
  /** Findings that hooks.py explains. */
  readonly excepted: number;
  /** What is wrong, each with a curl command; empty when nothing is. */
  readonly findings: string;
}

interface Report {
  readonly complete: boolean;
  readonly exit_code: number;
  readonly test_cases: { readonly generated: number };
  readonly filtered: number;
}

const END = '=== end of a run ===';

/** One run over each of the documents served at these addresses, in one process. */
export async function fuzz(python: string, urls: readonly string[], { examples, coverage, seed, withExamples }: FuzzOptions): Promise<Fuzzed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-fuzz-'));
  const file = (at: number) => join(folder, `report${at}.json`);
  const runs = urls.map((url, at) => [
    'run', `${url}/openapi.json`, '--url', url, '--checks', CHECKS.join(','), '--mode', 'all', '--phases', `${withExamples ? 'examples,' : ''}coverage,fuzzing,stateful`,
    '--max-examples', String(examples), '--seed', String(seed), '--workers', '1', '--continue-on-failure', '--no-shrink', '--generation-database', 'none',
    '--exclude-path-regex', SENT.source,
    '--suppress-health-check', 'all', '--request-timeout', '120', '--no-color', '--report', 'json', '--report-json-path', file(at),
  ]);
  const env = { ...process.env, PYTHONPATH: SCRIPTS, PYTHONDONTWRITEBYTECODE: '1', SCHEMATHESIS_HOOKS: 'hooks', FUZZ_SEED: String(seed), FUZZ_COVERAGE: String(coverage) };
  try {
    const { output } = await run(python, [join(SCRIPTS, 'run.py'), END, JSON.stringify(runs)], { env, cwd: folder, withinMs: HOUR_MS });
    const outputs = output.split(END);
    return urls.map((_, at) => (existsSync(file(at)) ? resultOf(JSON.parse(readFileSync(file(at), 'utf8')) as Report, outputs[at] ?? '') : { cases: 0, excepted: 0, findings: output }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(report: Report, output: string): Fuzzed {
  const found = /^=+ (ERRORS|FAILURES) =+$/m.exec(output);
  return { cases: report.test_cases.generated, excepted: report.filtered, findings: report.complete && report.exit_code === 0 ? '' : output.slice(found?.index ?? 0) || 'It ended early.' };
}
