/**
 * THE table of operations: name, input, output, needed right, streaming or not. Every door, the typed client, the
 * OpenAPI page, the shapes of `--json` and the reference page are made from it. It refuses to know how an operation
 * is done; that is `node/handlers`. Its shapes are for people (text ids, ISO times) and may grow; signed bytes may not,
 * so nothing here is shared with `team`.
 *
 * @example
 * import type { OperationOutput } from '../operations/index.ts'
 * const answer: OperationOutput<'nodes.id'> = await admin.call('nodes.id', {})
 */
export { type Operation } from './operation.ts'
export {
  isOperationName,
  operations,
  rightOf,
  rowOf,
  type CallContext,
  type Caller,
  type Dispatch,
  type OperationInput,
  type OperationName,
  type OperationOutput,
  type OperationRequest,
} from './table.ts'
