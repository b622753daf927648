/** Rating's reference tables; kept in the store's part because the APIs check prices against them too. */
export { readReference } from '../store/reference';
