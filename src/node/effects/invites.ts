import { asHyraxError, describe, type Clock, type Log, type Randomness } from '../../base/index.ts'
import { idText, looksLikeInvite, parseInviteLine, parseJoinLine, type JoinLine } from '../../codec/index.ts'
import type { FrameStream } from '../../host/index.ts'
import type { Identity, Keys } from '../../keys/index.ts'
import type { PendingJoin } from '../pending-join.ts'
import { InviteJoin, type Joined } from './invite-join.ts'
import { InviteServer } from './invite-server.ts'
import type { SyncPort, Teams } from './team.ts'

export interface InvitesParts {
  readonly keys: Keys
  readonly identity: Identity
  readonly teams: Teams
  readonly swarm: SyncPort
  /** Fingerprints of the swarm keys this node runs with, the newest first. */
  readonly fingerprints: () => readonly string[]
  /** What this device would be called in a team. */
  readonly name: () => string
  readonly pending: PendingJoin
  readonly clock: Clock
  readonly random: Randomness
  readonly log: Log
}

/** `name`: what the device is to be called, if not as the node. */
export interface JoinWish {
  readonly name?: string | undefined
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** The invites of a node, both sides: it answers who comes with a code, and joins by codes of others. */
export interface Invites {
  /** Answers a stream of `inviteProtocol`; attempts are counted by `source`. */
  answer(stream: FrameStream, source: string): Promise<void>
  /** See `InviteJoin.join`. */
  join(code: string, options: JoinWish): Promise<Joined>
  /** Goes on with what `axd init --join` was given, if it was; the swarm has started. */
  resume(): void
  warnings(): string[]
  stop(): void
}

export function createInvites(parts: InvitesParts): Invites {
  return new NodeInvites(parts)
}

class NodeInvites implements Invites {
  readonly #parts: InvitesParts
  readonly #server: InviteServer
  readonly #join: InviteJoin
  readonly #stopped = new AbortController()
  #warning: string | undefined

  constructor(parts: InvitesParts) {
    this.#parts = parts
    this.#server = new InviteServer(parts)
    this.#join = new InviteJoin(parts)
  }

  answer(stream: FrameStream, source: string): Promise<void> {
    return this.#server.answer(stream, source)
  }

  join(code: string, { name = this.#parts.name(), waitMs, signal }: JoinWish): Promise<Joined> {
    const either = AbortSignal.any([signal, this.#stopped.signal])
    return this.#join.join(code, { name, waitMs, signal: either })
  }

  resume(): void {
    void this.#resume().catch((error: unknown) => {
      this.#warn('The line of axd init --join could not be used', error)
    })
  }

  warnings(): string[] {
    return this.#warning === undefined ? [] : [this.#warning]
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #resume(): Promise<void> {
    const text = await this.#parts.pending.read()
    if (text === undefined) return
    if (looksLikeInvite(text)) await this.#joinByInvite(text)
    else await this.#keepTeam(parseJoinLine(text))
  }

  /** A line without an invite: from now on the node waits to be added, and syncs as soon as it is. */
  async #keepTeam(line: JoinLine): Promise<void> {
    const { teams, pending, log } = this.#parts
    if (line.team !== undefined) {
      const team = idText('team', line.team)
      await teams.addTeam(team)
      for (const address of line.addresses) await teams.syncPeers.add(`${address}/p2p/${line.peer}`, team)
      log.info('the team of the join line is kept; this device must be added to it', { team })
    }
    await pending.forget()
  }

  async #joinByInvite(text: string): Promise<void> {
    const { pending, log, name } = this.#parts
    const team = idText('team', parseInviteLine(text).team)
    const { signal } = this.#stopped
    const onRetry = (error: unknown): void => {
      this.#warn(`This node has not joined ${team} yet, and goes on trying`, error)
    }
    try {
      await this.#join.join(text, { name: name(), waitMs: Infinity, signal, onRetry })
    } catch (error) {
      // Stopped while it tried: the next start goes on.
      if (signal.aborted) return
      this.#warn(`The invite to ${team} was refused and has been deleted`, error)
      await pending.forget()
      return
    }
    this.#warning = undefined
    await pending.forget()
    log.info('joined a team by an invite', { team })
  }

  #warn(what: string, thrown: unknown): void {
    const { code, data } = asHyraxError(thrown)
    this.#warning = `${what}: ${describe(code, data).message}`
    this.#parts.log.warn('join', { what, code })
  }
}
