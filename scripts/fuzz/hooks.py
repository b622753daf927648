"""Schemathesis on the served documents: what it sends, how much, and the standing exceptions, each with its reason."""

import base64
import copy
import itertools
import json
import os
import random
import re
import time

import schemathesis
from hypothesis import strategies
from hypothesis.strategies._internal.collections import ListStrategy
from schemathesis.core import NOT_SET
from schemathesis.core.jsonschema.bundler import BUNDLE_STORAGE_KEY
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import examples
from schemathesis.specs.openapi.schemas import OpenApiSchema

schemathesis.openapi.format("base64", strategies.binary(max_size=60).map(lambda content: base64.b64encode(content).decode()))

CAP = int(os.environ.get("FUZZ_COVERAGE", "20"))
ATTEMPTS = 6

# The coverage phase writes out every boundary of every attribute; recursive bodies such as orders have tens of thousands. Of each
# operation CAP valid and CAP invalid ones are taken, spread by the seed.
_all_coverage_cases = OpenApiSchema.iter_coverage_cases


def _some_coverage_cases(self, *args, **kwargs):
    left = {True: CAP, False: CAP}
    chance = random.Random(int(os.environ.get("FUZZ_SEED", "1")))
    for case in itertools.islice(_all_coverage_cases(self, *args, **kwargs), CAP * ATTEMPTS):
        negative = is_negative(case)
        if left[negative] > 0 and chance.random() < 0.4:
            left[negative] -= 1
            yield case
        if left[True] == 0 and left[False] == 0:
            return


OpenApiSchema.iter_coverage_cases = _some_coverage_cases


# Lists of five with five attributes each, within one another, make bodies that take a second to draw and say no more than small ones.
_list = ListStrategy.__init__


def _short_list(self, *args, **kwargs):
    _list(self, *args, **kwargs)
    self.average_size = min(self.average_size, self.min_size + (1.5 if type(self) is ListStrategy else 3))


ListStrategy.__init__ = _short_list


# The examples phase draws a value for every attribute without an example, always the same for the same schema: once is enough.
_drawn_example = examples._generate_single_example
_drawn = {}


def _generate_single_example(schema, *args):
    shared = schema.get(BUNDLE_STORAGE_KEY) if isinstance(schema, dict) else None
    own = json.dumps({name: part for name, part in schema.items() if name != BUNDLE_STORAGE_KEY} if shared else schema)
    refers = '"$ref"' in own
    key = (id(shared) if refers else None, own)
    if key not in _drawn:
        # With the schemas kept that it refers to, no others get their id.
        _drawn[key] = (_drawn_example(schema, *args), shared if refers else None)
    value = _drawn[key][0]
    return value if value is NOT_SET else copy.deepcopy(value)


examples._generate_single_example = _generate_single_example


def is_negative(case):
    return case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE


def names_in(case):
    """Attributes of the resource that the operation answers with."""
    root = case.operation.schema.raw_schema
    node = case.operation.definition.raw.get("responses", {})
    for status in ("200", "201"):
        content = node.get(status, {}).get("content", {})
        for media in content.values():
            return sorted(properties(root, media.get("schema", {})))
    return []


def properties(root, node, depth=0):
    if depth > 20:
        return set()
    if "$ref" in node:
        target = root
        for part in node["$ref"][2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        return properties(root, target, depth + 1)
    if node.get("type") == "array":
        return properties(root, node.get("items", {}), depth + 1)
    found = {name for name, child in node.get("properties", {}).items()}
    for arm in node.get("allOf", []):
        found |= properties(root, arm, depth + 1)
    return found


@schemathesis.hook
def map_case(context, case):
    """The documents say of fields, sort, filter and cursor only that they are text; valid requests get values that say something."""
    if is_negative(case):
        return case
    if case.headers and "Idempotency-Key" in case.headers:
        # Drawn values repeat, and a key that comes with another body is refused.
        case.headers["Idempotency-Key"] = f"k{next(_keys)}"
    case.body = exact(case.body)
    query = case.query
    if not isinstance(query, dict):
        return case
    names = [name for name in names_in(case) if name not in ("offset", "limit")]
    chance = random.Random(json.dumps(sorted(query, key=str)) + case.operation.label)
    for parameter, value in (("fields", names[:2] + ["id"]), ("sort", ["-id"]), ("filter", ["id!='%s'" % chance.randrange(99)])):
        if parameter in query:
            query[parameter] = ",".join(value)
    if "cursor" in query:
        query.pop("cursor")
    return case


_keys = itertools.count(int(time.time() * 1000))


def exact(value):
    """Numbers of at most 15 digits, which is what JSON carries exactly."""
    if isinstance(value, float):
        # Rounding up the largest numbers there are gives infinity, which JSON has no word for.
        return float(f"{max(-1e300, min(1e300, value)):.15g}")
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-(10**15) + 1, min(10**15 - 1, value))
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    return value


def code_of(response):
    try:
        return json.loads(response.content).get("code", "")
    except (ValueError, AttributeError):
        return ""


# Codes of refusals that a document cannot express, so that a body may fit it and still be refused.
BEYOND_THE_DOCUMENT = {
    "REQ-03": "names of added attributes: no dots, no leading $ or _",
    "REQ-04": "numbers of more digits than JSON carries exactly",
    "REQ-05": "nesting deeper than 32 levels",
    "REQ-06": "offset and limit are integers in the document and not negative here",
    "REQ-07": "a JSON Patch may name any path in the document, but not change an id",
    "REQ-12": "bodies of more than 1 MB",
    "REQ-13": "addresses of more than 8 kB",
    "REQ-17": "If-Match of another state",
    "REQ-19": "an Idempotency-Key used before",
    "REQ-21": "501: what is optional in TMF630 and not offered",
    "REQ-25": "a test of a JSON Patch that does not hold",
    "QRY-": "queries name attributes; the document says text",
    "AMT-": "amounts: sign, and decimals of the currency",
    "API-": "documents of others must be OpenAPI",
    "BAL-": "rules of balances",
    "BIL-": "rules of bills",
    "CAT-": "rules of the catalogue and of reference tables",
    "EXT-": "extension schemas must be JSON Schemas",
    "HUB-": "callbacks must be public addresses, queries must name events",
    "ORD-": "rules of orders",
    "PAY-": "rules of payments",
    "REC-": "files of reconciliation",
    "USG-": "rules of usage",
}


# Refusals as REQ-02 that a schema in OpenAPI 3.0 cannot express without giving up its plain form.
RULES_IN_WORDS = (
    "cannot transfer to itself",  # transferBalance: two attributes differ
    "authentication is {type:",  # hub: what bearer and basic need
    "brings nothing over",  # notificationSource: assign goes with one command
    "which only changeCustomer reads",
    "Two rules name",
    "Send either a product or a productOffering",  # priceCheck
    "There is no product",  # priceCheck: references must exist
    "adds no product",
    "period needs a startDateTime and a later endDateTime",  # reconciliationRun
    "The body is empty",  # a file without bytes is a binary text to the document
    "Name what is to be rated again",  # reratingRun: one of three
)


def enum_value_is_right(case):
    """Schemathesis counts a parameter as invalid that was drawn invalid, even where a valid example replaced it."""
    query = case.query if isinstance(case.query, dict) else {}
    enums = {one["name"]: one["schema"]["enum"] for one in case.operation.definition.raw.get("parameters", []) if "enum" in one.get("schema", {})}
    return any(name in query for name in enums) and all(query[name] in values for name, values in enums.items() if name in query)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    stands = is_failure(failure, case, response)
    if not stands and "FUZZ_EXCEPTIONS" in os.environ:
        with open(os.environ["FUZZ_EXCEPTIONS"], "a", encoding="utf-8") as kept:
            kept.write(f"{getattr(failure, 'code', '')} {case.method} {case.path} {code_of(response)}\n")
    return stands


def is_failure(failure, case, response):
    kind = getattr(failure, "code", type(failure).__name__)
    code = code_of(response)
    # 501 is the answer that the guideline wants for what is optional and not offered.
    if kind == "ST101" and response.status_code == 501 and code == "REQ-21":
        return False
    if kind == "ST202":
        # A rule of the business, or a bound that documents must not narrow.
        if any(code.startswith(prefix) for prefix in BEYOND_THE_DOCUMENT):
            return False
        if code == "REQ-02" and any(words in response.text for words in RULES_IN_WORDS):
            return False
        # A JSON Patch fits the document whatever it makes of the resource.
        if code == "REQ-02" and "json-patch" in (case.media_type or ""):
            return False
    # fields narrows an answer below what the document requires of a whole one.
    if kind == "ST108" and isinstance(case.query, dict) and "fields" in case.query:
        return False
    # The format uri is advice: relative and empty addresses are kept as they come.
    if kind == "ST108" and 'is not a "uri"' in failure.message:
        return False
    if kind == "ST201":
        # The same advice, as an address itself and as one among others in a list.
        if re.search(r"violates `format` at \S*/(@schemaLocation|href|url)\b|\b(@schemaLocation|href|url): Value not matching the 'uri' format", failure.message):
            return False
        if "enum value" in failure.message and enum_value_is_right(case):
            return False
        # PATCH takes parts: required lists do not bind and null removes.
        if case.method == "PATCH" and "json-patch" not in (case.media_type or ""):
            return False
    return True
