import type { Product } from '../domain/product';
import type { ApiRequest, Behaviour, Handler } from '../rest/types';
import type { UnitOfWork } from '../store/unitOfWork';
import { numberRules } from '../workers/identity';
import { keepProduct, withoutProduct } from '../workers/ordering/keep';
import type { BehaviourParts } from './index';

/** Products usually come from orders. One that is brought in directly, as in a migration, is found by its numbers just the same. */
export function productInventory({ config }: BehaviourParts): Behaviour {
  const numbers = numberRules(config);
  const kept = async (request: ApiRequest, unit: UnitOfWork, generic: Handler) => {
    const answer = await generic(request, unit);
    await keepProduct(unit, answer.body as Product, numbers);
    return answer;
  };
  return {
    createProduct: kept,
    patchProduct: kept,
    async deleteProduct(request, unit, generic) {
      await withoutProduct(unit, request.params['id'] ?? '');
      return generic(request, unit);
    },
  };
}
