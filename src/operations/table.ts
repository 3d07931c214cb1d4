import type { output, input, ZodType } from 'zod'
import type { DoorRight, DoorRole } from '../base/index.ts'
import { claimsOperations } from './claims.ts'
import { deviceKeysOperations } from './device-keys.ts'
import { invitesOperations } from './invites.ts'
import { labelsOperations, namesOperations } from './labels.ts'
import { keysOperations, settingsOperations } from './settings.ts'
import { statusOperations } from './status.ts'
import { nodesOperations, permissionedOperations, swarmsOperations } from './swarm.ts'
import { devicesOperations, rolesOperations, syncOperations, teamsOperations } from './teams.ts'

/** THE table: every door, the client, the OpenAPI page and the reference are made from it. */
export const operations = {
  ...statusOperations,
  ...settingsOperations,
  ...keysOperations,
  ...nodesOperations,
  ...swarmsOperations,
  ...permissionedOperations,
  ...teamsOperations,
  ...devicesOperations,
  ...deviceKeysOperations,
  ...rolesOperations,
  ...labelsOperations,
  ...namesOperations,
  ...syncOperations,
  ...invitesOperations,
  ...claimsOperations,
}

type Table = typeof operations
export type OperationName = keyof Table
/** What a caller gives: members with a default may be left out. */
export type OperationInput<N extends OperationName> = input<ReturnType<Table[N]['input']>>
/** What a handler gets: defaults filled. */
export type OperationRequest<N extends OperationName> = output<ReturnType<Table[N]['input']>>
/** What comes back; of a streaming operation one item. */
export type OperationOutput<N extends OperationName> = output<ReturnType<Table[N]['output']>>

/** True for a name that stands in the table. */
export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(operations, name)
}

/** Who asks, as the door has judged. */
export interface Caller {
  /** Proven identity; null over HTTP, which has none. */
  readonly peer: string | null
  readonly role: DoorRole
  readonly door: 'tcp' | 'unix' | 'http'
  /** Address without port, or the socket's path. */
  readonly source: string
  /** Why it was let in. */
  readonly because: string
}

/** What a handler is told beside its input. */
export interface CallContext {
  readonly caller: Caller
  /** Aborted when the caller is gone or its right to ask has ended. */
  readonly signal: AbortSignal
}

/** Runs an operation whose input has been validated. Fails with HyraxErrors. */
export interface Dispatch {
  call(name: OperationName, input: unknown, context: CallContext): Promise<unknown>
  stream(name: OperationName, input: unknown, context: CallContext): AsyncIterable<unknown>
}

/** The right an operation needs. */
export function rightOf(name: OperationName): DoorRight {
  return operations[name].right
}

/** One row as the doors use it, whatever its schemas. */
export function rowOf(name: OperationName): {
  right: DoorRight
  streaming: boolean
  summary: string
  input: () => ZodType
  output: () => ZodType
} {
  const row = operations[name]
  return {
    right: row.right,
    streaming: row.streaming ?? false,
    summary: row.summary,
    input: row.input,
    output: row.output,
  }
}
