import type { Api, Operation, Resource, Verb } from '../spec/operation';
import type { Rule } from './rules';

export type Json = Readonly<Record<string, unknown>>;

/** One request with its answer, as it was on the wire. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body when it is JSON. */
  readonly body: unknown;
  readonly tookMs: number;
}

export type Verdict = 'passed' | 'failed' | 'skipped';

/** What came of one case of a rule. */
export interface Outcome {
  readonly rule: Rule;
  /** As in tmf620 v4. */
  readonly api: string;
  readonly resource: string;
  /** Which case of the rule: an attribute, a form. */
  readonly title: string;
  readonly verdict: Verdict;
  /** Why it failed or was skipped, in one sentence. */
  readonly reason?: string;
  readonly exchanges: readonly Exchange[];
  readonly tookMs: number;
}

export interface KitOptions {
  readonly baseUrl: string;
  /** 620, 622/v5, tmf632-v4; none: all that the server lists, else those we know. */
  readonly apis: readonly string[];
  /** Only these resources. */
  readonly resources?: readonly string[];
  /** Where an API is served, when not where its document says: number -> path. */
  readonly basePaths?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where listeners can be reached by the server: http://host:port, without path. */
  readonly listener?: string;
  /** Rules (filter.regex), groups (event), resources (TMF654/bucket) to leave out. */
  readonly skip?: readonly string[];
  /** Bodies of ours instead of generated ones, by resource. */
  readonly payloads?: Readonly<Record<string, Payloads>>;
  /** Where documents come from: those that we have, or the server's openapi.json; a file for an API by number. */
  readonly documents?: 'ours' | 'server';
  readonly documentFiles?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** How long an event may take. */
  readonly eventMs?: number;
}

/** The bodies for one resource; what is missing is generated from the document. */
export interface Payloads {
  readonly minimal?: Json;
  readonly full?: Json;
  /** What to change: one attribute with its new value; null: nothing may be changed. */
  readonly patch?: Json | null;
  /** The attribute whose values tell the created ones apart; null: there is none. */
  readonly marker?: string | null;
  /** The state to go to, when the document's order of states does not say it; null: none can be reached by a patch. */
  readonly state?: Json | null;
  /** What must be there before, made at the same API: `{{name}}` in the bodies is its id. `each`: a new one for every body. */
  readonly needs?: readonly { readonly name: string; readonly path: string; readonly body: Json; readonly each?: boolean }[];
  /** Rules that do not hold here, with the reason. */
  readonly except?: Readonly<Record<string, string>>;
}

/** An API under test. */
export interface Target {
  readonly api: Api;
  /** As in TMF620 v4. */
  readonly name: string;
  /** With base path, without final slash. */
  readonly url: string;
}

/** A resource under test, with what has been made of it so far. */
export interface Subject {
  readonly target: Target;
  readonly resource: Resource;
  readonly url: string;
  readonly operations: ReadonlyMap<Verb, Operation>;
  readonly payloads: Payloads;
  /** Answers of creates and rows that were there; the first is the one that most checks look at. */
  readonly made: Json[];
  /** The answer to the minimal create. */
  first?: Exchange;
  /** What was sent for it. */
  sent?: Json;
  /** Ids of what had to be made before, by the name in the payloads. */
  readonly needed: Map<string, string>;
}
