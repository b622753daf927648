// Schemathesis, a fuzzer that reads OpenAPI documents: found or fetched, and run once over one served document.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exclusively } from '../../src/embedded/claim';
import { cacheFolder } from '../../src/embedded/fetchMongod';
import { onPath, run, tail } from '../../src/embedded/pursuit';

const VERSION = '4.32.5';
const HOOKS = join(__dirname, '..', '..', 'scripts', 'fuzz');
const HOUR_MS = 3_600_000;

/** Of Schemathesis' own, all that need no credentials. */
const CHECKS = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance', 'negative_data_rejection', 'positive_data_acceptance',
  'missing_required_header', 'unsupported_method', 'allow_header_conformance', 'use_after_free', 'ensure_resource_availability',
];

/** The program, in a Python environment of its own below the cache folder; made when it is not there. */
export async function findSchemathesis(): Promise<string> {
  const folder = join(cacheFolder(), `schemathesis-${VERSION}`);
  const program = join(folder, 'bin', 'schemathesis');
  return exclusively(join(cacheFolder(), 'schemathesis.lock'), async () => {
    if (existsSync(program)) return program;
    const python = onPath('python3');
    if (!python) throw new Error('The fuzzing needs Python: install python3 (3.10 or newer) with its venv module, on Debian `apt-get install python3-venv`.');
    for (const [command, ...args] of [[python, '-m', 'venv', folder], [join(folder, 'bin', 'pip'), 'install', '--quiet', `schemathesis==${VERSION}`]] as const) {
      const { code, output } = await run(command, args, { withinMs: 600_000 });
      if (code === 0) continue;
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`Schemathesis could not be installed (${tail(output, 3)}). It needs Python 3.10 or newer with its venv module, on Debian \`apt-get install python3-venv\`, and a reachable package index.`);
    }
    return program;
  }, 1_200_000);
}

/** Paths that say what listeners are sent; they are not served. */
export const SENT = /^\/listener\/\w+$/;

export interface Fuzzed {
  readonly cases: number;
  /** Findings that hooks.py explains. */
  readonly excepted: number;
  /** What is wrong, each with a curl command; empty when nothing is. */
  readonly findings: string;
}

interface Report {
  readonly complete: boolean;
  readonly test_cases: { readonly generated: number };
  readonly filtered: number;
}

/** One run over the document served at this address, with about `examples` drawn cases of each operation. */
export async function fuzz(program: string, url: string, { examples, seed }: { readonly examples: number; readonly seed: number }): Promise<Fuzzed> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-fuzz-'));
  const file = join(folder, 'report.json');
  const env = { ...process.env, PYTHONPATH: HOOKS, PYTHONDONTWRITEBYTECODE: '1', SCHEMATHESIS_HOOKS: 'hooks', FUZZ_SEED: String(seed) };
  try {
    const { code, output } = await run(program, [
      'run', `${url}/openapi.json`, '--url', url, '--checks', CHECKS.join(','), '--mode', 'all', '--phases', 'examples,coverage,fuzzing,stateful',
      '--max-examples', String(examples), '--seed', String(seed), '--workers', '1', '--continue-on-failure', '--no-shrink', '--generation-database', 'none',
      '--exclude-path-regex', SENT.source,
      '--suppress-health-check', 'all', '--request-timeout', '120', '--no-color', '--report', 'json', '--report-json-path', file,
    ], { env, cwd: folder, withinMs: HOUR_MS });
    if (!existsSync(file)) return { cases: 0, excepted: 0, findings: output };
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const found = /^=+ (ERRORS|FAILURES) =+$/m.exec(output);
    return { cases: report.test_cases.generated, excepted: report.filtered, findings: code === 0 && report.complete ? '' : output.slice(found?.index ?? 0) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
