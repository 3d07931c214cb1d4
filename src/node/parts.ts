import type { AdminDoors } from '../admin/index.ts'
import type { Clock, Randomness } from '../base/index.ts'
import type { Identity, Keys } from '../keys/index.ts'
import type { CallContext, OperationName, OperationOutput, OperationRequest } from '../operations/index.ts'
import type { Swarm } from '../swarm/index.ts'
import type { Invites } from './effects/invites.ts'
import type { Teams } from './effects/team.ts'
import type { Events } from './events.ts'
import type { Government } from './government.ts'
import type { NodeLists } from './lists.ts'
import type { NodeLog } from './log.ts'
import type { DaemonOptions } from './options.ts'
import type { PeerBook } from './peer-book.ts'
import type { Pending } from './pending.ts'
import type { SettingsStore } from './settings-store.ts'
import type { SwarmKeyFile } from './swarm-key-file.ts'

/** The parts of a running node, by name. Handlers see this and nothing else. */
export interface NodeParts {
  readonly options: DaemonOptions
  readonly identity: Identity
  readonly keys: Keys
  readonly clock: Clock
  readonly random: Randomness
  readonly log: NodeLog
  readonly events: Events
  readonly settings: SettingsStore
  readonly lists: NodeLists
  readonly swarmKey: SwarmKeyFile
  readonly government: Government
  readonly swarm: Swarm
  readonly doors: AdminDoors
  readonly teams: Teams
  readonly invites: Invites
  readonly pending: Pending
  readonly peerBook: PeerBook
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** What the operator should know, one line each. */
  warnings(): string[]
  /** Asks the daemon to stop after the answer has gone out. */
  requestStop(): void
}

/** How an operation is done. */
export type Handler<N extends OperationName> = (
  request: OperationRequest<N>,
  context: CallContext,
) => Promise<OperationOutput<N>> | OperationOutput<N>

/** The handlers of some operations. */
export type Handlers<N extends OperationName> = { readonly [K in N]: Handler<K> }

/** ISO 8601 UTC of milliseconds since 1970. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
