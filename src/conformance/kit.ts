import type { Client } from './http';
import type { Listener } from './listener';
import { ruleOf } from './rules';
import type { KitOptions, Outcome, Subject } from './types';

/** What checks work with. */
export interface Kit {
  readonly client: Client;
  readonly listener: Listener;
  readonly options: KitOptions;
  /** In every text that the kit makes, the same through a run and in no other. */
  readonly mark: string;
  readonly outcomes: Outcome[];
  /** Addresses of what was made and is to be deleted, the newest last. */
  readonly made: Made[];
  readonly onOutcome: (outcome: Outcome) => void;
}

export interface Made {
  readonly url: string;
  /** Whether the API has an operation that deletes it. */
  readonly deletable: boolean;
}

interface Ended extends Error {
  readonly verdict: 'failed' | 'skipped';
}

const ending = (verdict: Ended['verdict'], reason: string): Ended => Object.assign(new Error(reason), { verdict });

/** Ends the case: the server breaks the rule. `reason` is one sentence that says what was and what should have been. */
export function fail(reason: string): never {
  throw ending('failed', reason);
}

/** Ends the case without a verdict. */
export function skip(reason: string): never {
  throw ending('skipped', reason);
}

export function must(holds: boolean, reason: string | (() => string)): asserts holds {
  if (!holds) fail(typeof reason === 'string' ? reason : reason());
}

export interface CaseOptions {
  /** Rules that must have held for this resource; else nothing can be said. */
  readonly needs?: readonly string[];
}

/** Runs one case of a rule and keeps what came of it. */
export async function check(kit: Kit, subject: Subject, ruleId: string, title: string, work: () => Promise<void>, { needs = [] }: CaseOptions = {}): Promise<void> {
  const rule = ruleOf(ruleId);
  const place = { rule, api: subject.target.name, resource: subject.resource.path, title };
  const began = Date.now();
  kit.client.taken();
  const end = (verdict: Outcome['verdict'], reason?: string): void => {
    const outcome: Outcome = { ...place, verdict, ...(reason === undefined ? {} : { reason }), exchanges: kit.client.taken(), tookMs: Date.now() - began };
    kit.outcomes.push(outcome);
    kit.onOutcome(outcome);
  };
  const except = leftOut(kit, subject, ruleId) ?? broken(kit, subject, needs);
  if (except !== undefined) {
    end('skipped', except);
    return;
  }
  try {
    await work();
    end('passed');
  } catch (error) {
    const { verdict, message } = error as Partial<Ended> & Error;
    end(verdict ?? 'failed', verdict ? message : `The request came to nothing: ${message}.`);
  }
}

function leftOut({ options }: Kit, { payloads, resource, target }: Subject, ruleId: string): string | undefined {
  const group = ruleId.split('.')[0]!;
  const names = [ruleId, group, `${resource.path}:${ruleId}`, `${resource.path}:${group}`, `${target.api.document.api}/${resource.path}`];
  const skipped = options.skip?.find((one) => names.includes(one));
  return skipped === undefined ? payloads.except?.[ruleId] ?? payloads.except?.[group] : `left out by --skip ${skipped}`;
}

function broken({ outcomes }: Kit, { target, resource }: Subject, needs: readonly string[]): string | undefined {
  const failed = outcomes.find(({ rule, api, resource: path, verdict }) => verdict === 'failed' && needs.includes(rule.id) && api === target.name && path === resource.path);
  return failed && `not looked at, since ${failed.rule.id} does not hold`;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** Equality of JSON values where dates are the same when they name the same moment; what stands only in `shown` does not matter, in objects and at the end of arrays. */
export function shows(sent: unknown, shown: unknown): boolean {
  if (typeof sent === 'string' && typeof shown === 'string') {
    return sent === shown || sent.trim() === shown.trim() || (DATE.test(sent) && DATE.test(shown) && Date.parse(sent) === Date.parse(shown));
  }
  if (Array.isArray(sent)) return Array.isArray(shown) && sent.length <= shown.length && sent.every((one, index) => shows(one, shown[index]));
  if (isObject(sent)) return isObject(shown) && Object.entries(sent).every(([name, value]) => shows(value, shown[name]));
  return sent === shown;
}

export const short = (value: unknown): string => {
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
};

export const ok = (status: number): boolean => status >= 200 && status < 300;

/** The rows of a list's answer. @throws an end of the case when it is none */
export function rowsOf({ status, body, text }: { readonly status: number; readonly body: unknown; readonly text: string }): readonly Record<string, unknown>[] {
  must(status === 200 || status === 206, `The list was answered ${status} instead of 200.`);
  must(Array.isArray(body), () => `The list is ${text === '' ? 'empty' : 'no JSON array'}.`);
  return body as Record<string, unknown>[];
}
