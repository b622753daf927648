import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { Webhook } from 'standardwebhooks';
import { secretBytes, sign, verify, type SignedHeaders } from '../src/events/signature';

const page = readFileSync(join(__dirname, '..', 'docs', 'webhooks.md'), 'utf8');
const snippet = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)![1]!;
const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const body = '{"title":"Grüße, 世界"}';

interface Case { readonly headers: SignedHeaders; readonly body: string; readonly genuine: boolean }
const cases = (): Case[] => {
  const good = sign('e-1', body, [secretBytes(secret)], Date.now());
  return [
    { headers: good, body, genuine: true },
    { headers: sign('e-1', body, [Buffer.alloc(32, 1), secretBytes(secret)], Date.now()), body, genuine: true },
    { headers: good, body: body.replace('G', 'g'), genuine: false },
    { headers: { ...good, 'webhook-id': 'e-2' }, body, genuine: false },
    { headers: sign('e-1', body, [Buffer.alloc(32, 1)], Date.now()), body, genuine: false },
    { headers: sign('e-1', body, [secretBytes(secret)], Date.now() - 400_000), body, genuine: false },
    { headers: { ...good, 'webhook-signature': '' }, body, genuine: false },
    { headers: { ...good, 'webhook-timestamp': 'soon' }, body, genuine: false },
  ];
};
const folder = mkdtempSync(join(tmpdir(), 'trunkline-snippets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

it('signs as the public library does, and verifies what it signs', () => {
  const webhook = new Webhook(secret);
  const now = new Date();
  expect(sign('e-1', body, [secretBytes(secret)], now.getTime())['webhook-signature']).toBe(webhook.sign('e-1', now, body));
  for (const { headers, body: text, genuine } of cases()) {
    expect(verify({ ...headers }, text, secret, Date.now()) === undefined).toBe(genuine);
    const accepted = () => webhook.verify(text, { ...headers });
    if (genuine) expect(accepted()).toEqual(JSON.parse(text));
    else expect(accepted).toThrow();
  }
});

it('shows TypeScript that tells genuine from forged', () => {
  const { code } = transformSync(snippet('ts'), { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } });
  const module = { exports: {} as { isGenuine(headers: object, text: string, key: string): boolean } };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function('module', 'exports', 'require', code)(module, module.exports, require);
  for (const { headers, body: text, genuine } of cases()) expect(module.exports.isGenuine(headers, text, secret)).toBe(genuine);
});

it('shows Python that tells genuine from forged, tried where Python is installed', () => {
  if (!has('python3')) return;
  writeFileSync(join(folder, 'snippet.py'), `${snippet('python')}
import json, sys
print(json.dumps([is_genuine(c["headers"], c["body"].encode(), "${secret}") for c in json.load(sys.stdin)]))
`);
  const { stdout } = spawnSync('python3', [join(folder, 'snippet.py')], { input: JSON.stringify(cases()), encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual(cases().map(({ genuine }) => genuine));
});

it('shows Java that tells genuine from forged, tried where Java is installed', () => {
  if (!has('java')) return;
  const calls = cases().map(({ headers, body: text }) => `System.out.println(Webhooks.isGenuine(java.util.Map.of(${Object.entries(headers).flat().map((part) => JSON.stringify(part)).join(', ')}), ${JSON.stringify(text)}, ${JSON.stringify(secret)}));`);
  writeFileSync(join(folder, 'Main.java'), `${snippet('java').replace('final class Webhooks', 'public class Main { public static void main(String[] args) throws Exception {\n'
    + `${calls.join('\n')}\n} }\nfinal class Webhooks`)}`);
  const { stdout } = spawnSync('java', ['-Dfile.encoding=UTF-8', join(folder, 'Main.java')], { encoding: 'utf8' });
  expect(stdout.trim().split('\n').map((line) => line === 'true')).toEqual(cases().map(({ genuine }) => genuine));
});
