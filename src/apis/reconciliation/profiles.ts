import { fault } from '../../domain/fault';
import { BUILT_IN_PROFILES } from '../../mapping/builtIn';
import { checkedProfile, type MappingProfile } from '../../mapping/profile';
import type { Behaviour } from '../../rest/types';
import type { Doc } from '../../store/codec';
import type { Store } from '../../store/store';

type Kept = Doc & Partial<MappingProfile>;

const profileOf = (document: Kept): MappingProfile => checkedProfile({ ...document, name: document.id } as unknown as MappingProfile);

/** The mapping profile of that name: one that was added, else a built-in one. @throws Fault REC-01 */
export async function profileCalled(store: Store, name: string): Promise<MappingProfile> {
  const kept = (await store.read<Kept>('mappingProfile', name))?.doc;
  if (kept) return profileOf(kept);
  const builtIn = Object.hasOwn(BUILT_IN_PROFILES, name) ? BUILT_IN_PROFILES[name] : undefined;
  if (!builtIn) throw fault('REC-01', `There is no mapping profile '${name.slice(0, 80)}'. Built in are ${Object.keys(BUILT_IN_PROFILES).join(', ')}; add others at /trunkline/v1/mappingProfile.`);
  return builtIn;
}

export const profiles: Behaviour = {
  async createMappingProfile(request, unit, generic) {
    const answer = await generic(request, unit);
    profileOf(answer.body as Kept);
    return answer;
  },
  async patchMappingProfile(request, unit, generic) {
    const answer = await generic(request, unit);
    profileOf(answer.body as Kept);
    return answer;
  },
  async retrieveMappingProfile(request, unit, generic) {
    const id = request.params['id'] ?? '';
    const builtIn = Object.hasOwn(BUILT_IN_PROFILES, id) ? BUILT_IN_PROFILES[id] : undefined;
    if (!builtIn || await unit.store.read('mappingProfile', id)) return generic(request, unit);
    return { status: 200, body: { ...builtIn, id, '@type': 'MappingProfile' } };
  },
};
