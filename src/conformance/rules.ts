/** 1: TM Forum's own kits test it; 2: the conformance profiles demand it; 3: TMF630 says it. */
export type Level = 1 | 2 | 3;

export const LEVELS: Readonly<Record<Level, string>> = {
  1: "what TM Forum's kits test", 2: 'what the conformance profiles demand', 3: 'all of TMF630',
};

export interface Rule {
  readonly id: string;
  /** Where it stands: TMF630 by part and topic, or the profile. */
  readonly source: string;
  readonly level: Level;
  /** The rule, in our words. */
  readonly title: string;
  /** What a server has to change when it breaks the rule. */
  readonly fix: string;
}

type Row = readonly [id: string, level: Level, source: string, title: string, fix: string];

const ROWS: readonly Row[] = [
  ['create.accepted', 1, 'TMF630 part 1, create; profile, POST', 'A body with the mandatory attributes only is enough to create a resource.', 'Ask for no more than the document marks as mandatory; give the rest a default or leave it out.'],
  ['create.status', 1, 'TMF630 part 1, status codes', 'Creating answers 201.', 'Answer 201 Created to the POST; 200 is for reading and changing.'],
  ['create.location', 2, 'TMF630 part 1, create', 'The answer to a create says in Location where the new resource is.', 'Send the header Location with the address of the new resource, the same as its href.'],
  ['create.mandatory', 1, 'profile, mandatory attributes', 'The answer has the id and every mandatory attribute, and none of them empty.', 'Return the whole resource, with the attributes that the server sets itself.'],
  ['create.echo', 2, 'TMF630 part 1, create', 'What the client sent comes back as it was sent.', 'Keep every attribute of the body and return it with the same value and JSON type.'],
  ['create.full', 2, 'profile, POST', 'A body with all attributes of the document is accepted.', 'Accept every attribute that the document declares for the body of a create.'],
  ['create.unknown', 3, 'TMF630 part 2, extension', 'An attribute that the document does not know is kept and comes back.', 'Keep attributes beyond the document: types are extended by them.'],
  ['create.incomplete', 2, 'TMF630 part 1, errors', 'A body without a mandatory attribute is refused with 400.', 'Check the body against the required list of the document before keeping it.'],
  ['create.type', 3, 'TMF630 part 1, errors', 'An attribute of the wrong JSON type is refused with 400.', 'Check the JSON type of each attribute against the document.'],
  ['identity.href', 1, 'TMF630 part 1, identity', 'href leads to the resource itself: its last part is the id, and reading it gives the resource.', 'Build href from the public base address, the path of the collection and the id.'],
  ['dates.same', 2, 'TMF630 part 7, data types', 'A date comes back as one and the same text wherever it is shown.', 'Print dates in one form everywhere, best as UTC with Z, and never convert them on the way out.'],
  ['retrieve.status', 1, 'TMF630 part 1, read', 'Reading one resource answers 200 with that resource.', 'Answer GET on the address of a resource with 200 and the resource.'],
  ['retrieve.same', 1, 'TMF630 part 1, read', 'Reading gives back what the create answered.', 'Return the stored resource as a whole; let nothing change it or leave parts out between create and read.'],
  ['retrieve.unknown', 1, 'TMF630 part 1, status codes', 'An id that nobody has is answered 404.', 'Answer 404 when there is no resource with the id.'],
  ['list.array', 1, 'TMF630 part 1, read', 'A list is answered 200 with a JSON array.', 'Answer GET on the collection with 200 and an array, also when it has one row or none.'],
  ['list.mandatory', 1, 'profile, mandatory attributes', 'Every row of a list has id and href and every mandatory attribute.', 'Return whole rows; give old rows the attributes they lack, or remove them from the database under test.'],
  ['list.empty', 2, 'TMF630 part 1, read', 'A filter that nothing fits is answered 200 with an empty array.', 'Answer [] with 200, never 404, when nothing fits.'],
  ['fields.identity', 1, 'TMF630 part 1, attribute selection', 'Whatever fields selects, id and href are in the answer.', 'Add id and href to every projection, in lists as well as by id.'],
  ['fields.selected', 2, 'TMF630 part 1, attribute selection', 'fields gives the named attributes and leaves the others out.', 'Cut the answer down to the named attributes, besides id, href and those that begin with @.'],
  ['fields.none', 3, 'TMF630 part 1, attribute selection', 'fields=none gives id and href only.', 'Treat the word none as a selection of nothing.'],
  ['filter.equals', 1, 'TMF630 part 1, attribute filtering', 'A list filtered by attribute=value has all rows that have the value, and no others.', 'Apply the query parameter as a condition on the attribute, with its type: true is not "true", a date is a time.'],
  ['filter.nested', 3, 'TMF630 part 1, attribute filtering', 'A filter reaches attributes within attributes by dots, through arrays too.', 'Resolve a.b to the attribute b of a, and of each element when a is an array.'],
  ['filter.and', 2, 'TMF630 part 1, attribute filtering', 'Several filters must all be met.', 'Join conditions that are separated by & with AND.'],
  ['filter.or', 3, 'TMF630 part 1, attribute filtering', 'Several values of one attribute, by comma or repeated, are alternatives.', 'Treat a=x,y and a=x&a=y as: a is x or y.'],
  ['filter.alternatives', 3, 'TMF630 part 1, attribute filtering', 'Conditions that are separated by ; are alternatives.', 'Join the conditions around a semicolon with OR.'],
  ['filter.gt', 3, 'TMF630 part 1, filter operators', 'attribute.gt=value gives the rows above the value.', 'Offer the operators gt, gte, lt and lte for numbers and dates.'],
  ['filter.gte', 3, 'TMF630 part 1, filter operators', 'attribute.gte=value gives the rows above the value and those that have it.', 'Offer the operators gt, gte, lt and lte for numbers and dates.'],
  ['filter.lt', 3, 'TMF630 part 1, filter operators', 'attribute.lt=value gives the rows below the value.', 'Offer the operators gt, gte, lt and lte for numbers and dates.'],
  ['filter.lte', 3, 'TMF630 part 1, filter operators', 'attribute.lte=value gives the rows below the value and those that have it.', 'Offer the operators gt, gte, lt and lte for numbers and dates.'],
  ['filter.signs', 3, 'TMF630 part 1, filter operators', 'The operators may be written as signs: attribute>value, attribute%3E%3Dvalue.', 'Look for >, >=, < and <= in the query, plain and percent-encoded, before it is split at the equals sign.'],
  ['filter.regex', 3, 'TMF630 part 1, filter operators', 'attribute.regex=pattern gives the rows that match the pattern.', 'Offer the operator regex for texts.'],
  ['filter.jsonpath', 3, 'TMF630 part 6', 'filter=attribute[?(@.name==\'x\')] selects by JSONPath, or is answered 501.', 'Evaluate the JSONPath, or answer 501 to say that it is not offered.'],
  ['paging.limit', 2, 'TMF630 part 1, paging', 'limit=n gives at most n rows, with 200 or 206.', 'Cut the list at limit.'],
  ['paging.disjoint', 2, 'TMF630 part 1, paging', 'Pages asked for one after the other have every row once.', 'Order the rows the same way for every page, with the id as the last key, and skip exactly offset rows.'],
  ['paging.total', 2, 'TMF630 part 1, paging', 'X-Total-Count is the number of rows that fit, whatever page is shown.', 'Count with the same filter as the list, without limit and offset.'],
  ['paging.count', 3, 'TMF630 part 1, paging; documents', 'X-Result-Count is the number of rows in the answer.', 'Send the number of rows of this answer.'],
  ['paging.link', 3, 'TMF630 part 1, paging', 'Link, where it is sent, leads with rel=next to the page that follows.', 'Write the next link with the same query and the next offset.'],
  ['paging.refused', 3, 'TMF630 part 1, paging', 'An offset or limit that is no number from 0 on is refused with 400.', 'Check offset and limit before using them.'],
  ['sort.order', 3, 'TMF630 part 1, sorting', 'sort=attribute orders the rows upwards, sort=-attribute downwards.', 'Order the list by the attribute that sort names.'],
  ['patch.status', 1, 'TMF630 part 1, partial update', 'A merge patch as application/json answers 200 and changes the attribute.', 'Accept PATCH with application/json as a merge patch, answer 200 with the whole resource.'],
  ['patch.keeps', 2, 'RFC 7396', 'A patch leaves alone what it does not name.', 'Merge the body into the stored resource; do not replace the resource by the body.'],
  ['patch.null', 2, 'RFC 7396', 'null in a merge patch removes the attribute.', 'Remove attributes that the patch sets to null.'],
  ['patch.merge', 2, 'profile, PATCH', 'application/merge-patch+json is accepted.', 'Accept the media type of merge patch beside application/json.'],
  ['patch.array', 3, 'RFC 7396', 'An array in a merge patch replaces the former array as a whole.', 'Replace arrays; do not append to them or merge their elements.'],
  ['patch.json', 3, 'RFC 6902; TMF630 part 5', 'A JSON Patch (application/json-patch+json) is carried out.', 'Offer JSON Patch where the document declares it.'],
  ['patch.test', 3, 'RFC 6902', 'A JSON Patch whose test fails changes nothing and is refused.', 'Carry out a JSON Patch as a whole or not at all.'],
  ['patch.query', 3, 'TMF630 part 5', 'A JSON Patch Query (application/json-patch-query+json) is carried out on the elements it selects.', 'Offer JSON Patch Query where the document declares it.'],
  ['patch.identity', 2, 'TMF630 part 1, partial update', 'The id of a resource cannot be changed.', 'Refuse a patch of id with 400, or ignore that part of it.'],
  ['patch.unknown', 1, 'TMF630 part 1, status codes', 'A patch of an id that nobody has is answered 404.', 'Answer 404 when there is no resource with the id.'],
  ['patch.mandatory', 3, 'TMF630 part 1, partial update', 'A patch that would remove a mandatory attribute is refused.', 'Check the whole after the patch against the document.'],
  ['delete.status', 1, 'TMF630 part 1, delete', 'Deleting answers 204 without a body.', 'Answer 204 No Content.'],
  ['delete.gone', 1, 'TMF630 part 1, delete', 'A deleted resource is answered 404.', 'Let nobody read what was deleted.'],
  ['delete.unknown', 2, 'TMF630 part 1, status codes', 'Deleting an id that nobody has is answered 404.', 'Answer 404 when there is no resource with the id.'],
  ['error.body', 2, 'TMF630 part 1, errors', 'A refusal is JSON with code and reason.', 'Answer every refusal with the Error of the document: at least code and reason, as texts.'],
  ['error.syntax', 3, 'TMF630 part 1, errors', 'A body that is no JSON is refused with 400.', 'Answer 400 when the body cannot be parsed.'],
  ['error.media', 3, 'TMF630 part 1, status codes', 'A body of another media type is refused with 415.', 'Answer 415 to media types that the operation does not read.'],
  ['error.accept', 3, 'TMF630 part 1, status codes', 'An answer that cannot be JSON for the client is refused with 406.', 'Answer 406 when Accept allows no JSON.'],
  ['error.path', 3, 'TMF630 part 1, status codes', 'A path that there is not is answered 404.', 'Answer 404 for unknown paths.'],
  ['method.status', 3, 'TMF630 part 1, status codes', 'A method that the document does not declare is answered 405.', 'Answer 405 to methods that a path does not have.'],
  ['method.allow', 3, 'RFC 9110, 405', 'A 405 says in Allow which methods there are.', 'Send the header Allow with every 405.'],
  ['hub.create', 2, 'TMF630 part 1, notifications', 'Registering a listener answers with its id and callback.', 'Keep the registration and return it.'],
  ['hub.delete', 2, 'TMF630 part 1, notifications', 'Ending a registration answers 204, and 404 when there is none.', 'Answer 204 when the registration is ended, 404 when there is none.'],
  ['hub.refused', 3, 'TMF630 part 1, notifications', 'A registration without a callback is refused with 400.', 'Check that callback is there.'],
  ['event.create', 2, 'document, notifications', 'Creating a resource is told to the listeners.', 'Send the create event of the document to every registered listener.'],
  ['event.attributeValueChange', 2, 'document, notifications', 'Changing an attribute is told to the listeners.', 'Send the attribute value change event of the document when attributes change.'],
  ['event.stateChange', 2, 'document, notifications', 'Changing the state is told to the listeners.', 'Send the state change event of the document when the state changes.'],
  ['event.delete', 2, 'document, notifications', 'Deleting a resource is told to the listeners.', 'Send the delete event of the document when a resource is deleted.'],
  ['event.form', 2, 'document, notifications', 'A notification has eventId, eventTime, eventType and the resource with its id in event.', 'Send the envelope of the document, with the resource under its own name in event.'],
  ['event.query', 3, 'TMF630 part 1, notifications', 'A listener that registered for some events gets no others.', 'Hold each event against the query of the registration.'],
  ['etag.match', 3, 'TMF630 part 1, concurrency; RFC 9110', 'A change with an outdated If-Match is refused with 412.', 'Compare If-Match with the present ETag before changing.'],
  ['etag.none', 3, 'RFC 9110', 'Reading with the present ETag in If-None-Match is answered 304.', 'Compare If-None-Match with the present ETag.'],
];

/** Every rule that the kit holds servers to. */
export const RULES: ReadonlyMap<string, Rule> = new Map(ROWS.map(([id, level, source, title, fix]) => [id, { id, level, source, title, fix }]));

export function ruleOf(id: string): Rule {
  const rule = RULES.get(id);
  if (!rule) throw new Error(`there is no rule ${id}`);
  return rule;
}
