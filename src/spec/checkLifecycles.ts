import { checkReachable, lifecycles, sameStates } from '../domain/lifecycle';
import { lifecycleOf, type Api } from './operation';

/** Holds the state enums of the documents against the life cycle tables. @throws Error that names document, attribute and state */
export function checkLifecycles(apis: readonly Api[]): void {
  for (const [name, lifecycle] of Object.entries(lifecycles)) {
    const lost = checkReachable(lifecycle);
    if (lost.length > 0) throw new Error(`life cycle of ${name}: nothing leads to ${lost.join(', ')}`);
  }
  for (const { document, resources } of apis) {
    for (const resource of resources) {
      const { name, state, shape } = resource;
      if (state === undefined) continue;
      const attribute = shape.attributes().get(state);
      if (!attribute) throw new Error(`${document.file}: x-resource of ${name} names the state attribute ${state}, which ${name} does not have`);
      const lifecycle = lifecycleOf(resource);
      if (!lifecycle || !attribute.enum) continue;
      const differing = sameStates(attribute.enum.map(String), lifecycle);
      if (differing.length > 0) throw new Error(`${document.file}: ${name}.${state}: ${differing.join('; ')}`);
    }
  }
}
