import type { ZodType } from 'zod'
import { asHyraxError, fail, roleHolds, type HyraxError, type Log } from '../base/index.ts'
import { axKeyText, parsePeerId, printable, type CborValue } from '../codec/index.ts'
import {
  isOperationName,
  rowOf,
  type CallContext,
  type Caller,
  type Dispatch,
  type OperationName,
} from '../operations/index.ts'
import { wireValue } from './wire-value.ts'

/** What an operation came to: one output, or items as they come. */
export type CallResult =
  | { readonly kind: 'output'; readonly output: Promise<CborValue> }
  | { readonly kind: 'items'; readonly items: AsyncIterable<CborValue> }

export interface OperationCalls {
  /**
   * Checks right and input, then runs the operation. Fails with `ERR_UNAUTHORIZED` (a caller that does not hold every
   * right gets it for what does not exist, too), `ERR_UNSUPPORTED` for an unknown name, `ERR_INVALID_INPUT` with JSON
   * pointers in `pointers`; the result fails with the codes of the operation.
   */
  start(name: string, input: unknown, context: CallContext): CallResult
}

/** The one way from a door to the handlers. Schemas are built once, when first needed. */
export function createOperationCalls({ dispatch, log }: { dispatch: Dispatch; log: Log }): OperationCalls {
  const schemas = new Map<OperationName, ZodType>()
  const schemaOf = (name: OperationName): ZodType => {
    const schema = schemas.get(name) ?? rowOf(name).input()
    schemas.set(name, schema)
    return schema
  }
  return {
    start(name, input, context) {
      const known = findOperation(name, context)
      const { right, streaming } = rowOf(known)
      const request = readInput(schemaOf(known), input)
      const { peer, door, source } = context.caller
      log[right === 'admin:read' ? 'debug' : 'info']('admin request', { operation: known, peer, door, source })
      if (streaming) return { kind: 'items', items: wireItems(dispatch.stream(known, request, context)) }
      return { kind: 'output', output: dispatch.call(known, request, context).then(wireValue) }
    },
  }
}

/** What goes to the caller for anything that was thrown. A bug of ours is named in the log only. */
export function callError(thrown: unknown, log: Log): HyraxError {
  const error = asHyraxError(thrown)
  if (error.code !== 'ERR_INTERNAL_ERROR') return error
  log.error('operation failed', {
    what: error.message,
    stack: error.cause instanceof Error ? error.cause.stack : undefined,
  })
  return error
}

function findOperation(name: string, { caller }: CallContext): OperationName {
  const right = isOperationName(name) ? rowOf(name).right : 'admin:keys'
  // Who may not do everything is not told what there is.
  if (!roleHolds(caller.role, right)) throw notAllowed(caller)
  if (!isOperationName(name)) throw fail('ERR_UNSUPPORTED', { what: `operation "${printable(name, 80)}"` })
  return name
}

/** To somebody who has been let in: the key that a hint may name, and the role that does not hold the right. */
function notAllowed({ peer, role }: Caller): HyraxError {
  const key = peer === null ? {} : { key: axKeyText(parsePeerId(peer)) }
  return fail('ERR_UNAUTHORIZED', { ...key, because: `role ${role}` })
}

function readInput(schema: ZodType, input: unknown): unknown {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.map((segment) => `/${printable(String(segment), 80)}`).join('')
    return { path, what: `${path === '' ? 'the input' : path}: ${printable(issue.message, 200)}` }
  })
  const shown = problems.slice(0, 20)
  throw fail('ERR_INVALID_INPUT', {
    what: shown.map(({ what }) => what).join('; '),
    pointers: shown.map(({ path }) => path),
  })
}

async function* wireItems(items: AsyncIterable<unknown>): AsyncIterable<CborValue> {
  for await (const item of items) yield wireValue(item)
}
