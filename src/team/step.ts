import type { ErrorCode, ErrorData, Refusal } from '../base/index.ts'
import type { CborMap } from '../codec/index.ts'
import type { KeptCheckpoint } from './command-store.ts'
import type { GraphNode } from './graph.ts'
import type { Intent } from './intent.ts'
import type { SignatureCheck } from './verification.ts'

/** What happens to a replica. `now` is milliseconds of a clock that does not jump (its start is anything). */
export type ReplicaEvent = { readonly now: number } & (
  | { readonly kind: 'tick' }
  /** A local operation. `time` is the wall clock, shown to people; `force` insists where an old disk is suspected. */
  | {
      readonly kind: 'author'
      readonly request: number
      readonly intent: Intent
      readonly time: number
      readonly force: boolean
    }
  /** Rotates the epoch key by hand; answered by a verdict. */
  | { readonly kind: 'rotate'; readonly request: number; readonly time: number; readonly force: boolean }
  /** A sync stream to a peer is up. `device` is what its binding proved, 32 bytes; `given`: this team was given for it. */
  | { readonly kind: 'connected'; readonly peer: string; readonly device: Uint8Array; readonly given: boolean }
  | { readonly kind: 'frame'; readonly peer: string; readonly frame: CborMap }
  | { readonly kind: 'gone'; readonly peer: string }
  /** Answers to a `verify` effect, in its order. */
  | { readonly kind: 'verified'; readonly token: number; readonly verdicts: readonly boolean[] }
  /** So many commands in all are durable now. */
  | { readonly kind: 'stored'; readonly count: number }
  /** Commands that were parked by an older version: judged as if they had just arrived. */
  | { readonly kind: 'revive'; readonly commands: readonly Uint8Array[] }
  /** Boxes that were to be kept are durable. */
  | { readonly kind: 'boxes-kept'; readonly hash: Uint8Array }
  /** The disk's answer about boxes; null where they are gone. */
  | { readonly kind: 'boxes-read'; readonly hash: Uint8Array; readonly bytes: Uint8Array | null }
  /** What a peer that asked for an epoch is given: a box for it alone, or null. */
  | {
      readonly kind: 'epoch-answered'
      readonly peer: string
      readonly epoch: Uint8Array
      readonly box: Uint8Array | null
    }
  /** A sync is wanted now: with one peer, or with everybody. */
  | { readonly kind: 'hello'; readonly peer?: string }
)

/** One command to be made durable. `index` counts from 0 in arrival order, parents first. */
export interface CommandRecord {
  readonly index: number
  readonly id: Uint8Array
  readonly bytes: Uint8Array
}

/** What became of a local operation. */
export type Outcome = { readonly kind: 'accepted'; readonly id: Uint8Array } | Refusal

/** Devices whose rights changed, as hex ids. */
export interface RightsChange {
  readonly removed: readonly string[]
  readonly added: readonly string[]
  readonly roles: readonly string[]
  /** True where the team was closed by this. */
  readonly closed: boolean
  /** True where the nodes, swarm keys or operators of a governed swarm are others now. */
  readonly swarm: boolean
}

/** What a replica asks of who runs it, to be done in order. */
export type ReplicaEffect =
  | { readonly kind: 'send'; readonly peer: string; readonly frame: CborMap }
  /** Answered by `verified`. */
  | { readonly kind: 'verify'; readonly token: number; readonly checks: readonly SignatureCheck[] }
  /** One synchronous batch, with the page of the index about it; answered by `stored` when durable. Done in order. */
  | { readonly kind: 'append'; readonly records: readonly CommandRecord[]; readonly page: Uint8Array }
  /** Keep a checkpoint after the appends before, and forget those at these indexes; no answer. */
  | { readonly kind: 'checkpoint'; readonly checkpoint: KeptCheckpoint | undefined; readonly gone: readonly number[] }
  /** Keep for a later version; no answer. */
  | { readonly kind: 'park'; readonly id: Uint8Array; readonly bytes: Uint8Array }
  /** Forget what was kept so: it had to go for other commands; no answer. */
  | { readonly kind: 'unpark'; readonly ids: readonly Uint8Array[] }
  /** Keep an epoch's boxes by their hash, before any append that comes later; answered by `boxes-kept`. */
  | { readonly kind: 'keep-boxes'; readonly hash: Uint8Array; readonly bytes: Uint8Array }
  /** Forget boxes but the one at that place, which is this device's own; -1 for none. No answer. */
  | { readonly kind: 'drop-boxes'; readonly hash: Uint8Array; readonly own: number }
  /** Answered by `boxes-read`. */
  | { readonly kind: 'read-boxes'; readonly hash: Uint8Array }
  /** A member asks for an epoch in which it has no box. Answered by `epoch-answered`. */
  | { readonly kind: 'epoch-asked'; readonly peer: string; readonly device: Uint8Array; readonly epoch: Uint8Array }
  /** Said to be a box of that epoch for this device: to be kept if it is. No answer. */
  | { readonly kind: 'epoch-offered'; readonly epoch: Uint8Array; readonly box: Uint8Array }
  | { readonly kind: 'verdict'; readonly request: number; readonly outcome: Outcome }
  /** Comes before the verdict of the command that caused it: cut connections first, then acknowledge. */
  | { readonly kind: 'rights'; readonly change: RightsChange }
  /** Close the sync stream; with `penalise` the connection too. */
  | { readonly kind: 'cut'; readonly peer: string; readonly code: ErrorCode; readonly penalise: boolean }
  | { readonly kind: 'alarm'; readonly code: ErrorCode; readonly data: ErrorData }
  /** A device signed commands beside each other, and so many of them are lost in that; told once for each device. */
  | { readonly kind: 'forked'; readonly device: Uint8Array; readonly lost: number }
  /** What a durable command is, when it comes and whenever that changes. `by` took the effect of a voided one. */
  | {
      readonly kind: 'standing'
      /** To be read when somebody wants to know: there is one for every command, and mostly nobody does. */
      readonly node: GraphNode
      readonly standing: 'applied' | 'recalled' | 'voided'
      readonly code?: ErrorCode
      readonly by?: GraphNode
    }
  /** A command of this device has no effect: ERR_TEAM_RECALLED with the reason, or ERR_TEAM_VOIDED with what took it. */
  | { readonly kind: 'recalled'; readonly id: Uint8Array; readonly refusal: Refusal }
  /** Wants a `tick` at that time, in place of the one asked for before. */
  | { readonly kind: 'wake'; readonly at: number }
