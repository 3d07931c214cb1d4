import { asHyraxError, limits, refuse, type Clock, type Log, type Randomness, type Refusal } from '../../base/index.ts'
import { idText, peerIdText, toHex } from '../../codec/index.ts'
import type { FrameStream } from '../../host/index.ts'
import type { Keys } from '../../keys/index.ts'
import {
  deviceId,
  InviteBook,
  inviteFrameMap,
  isName,
  readClaim,
  readInviteFrame,
  type Claim,
  type InviteFrame,
  type InviteFrameOf,
  type Replica,
} from '../../team/index.ts'
import { InviteAttempts } from './invite-attempts.ts'
import type { Teams } from './team.ts'

export interface InviteServerParts {
  readonly keys: Keys
  readonly teams: Teams
  readonly clock: Clock
  readonly random: Randomness
  readonly log: Log
}

/** A team that is kept here, and an invite of it that this node knows. */
interface Asked {
  readonly team: Uint8Array
  readonly replica: Replica
  readonly book: InviteBook
  readonly invite: Uint8Array
  readonly inviteKey: Uint8Array
}

type Answer = InviteFrameOf<'admitted'> | Refusal

/** The side that admits (`TEAM.md` 8): judges who comes with a code, and lets in whom the invite allows. */
export class InviteServer {
  readonly #parts: InviteServerParts
  readonly #attempts = new InviteAttempts()
  readonly #books = new WeakMap<Replica, InviteBook>()

  constructor(parts: InviteServerParts) {
    this.#parts = parts
  }

  /** Answers one stream that a welcomed peer opened; `source` is what its attempts are counted by. */
  async answer(stream: FrameStream, source: string): Promise<void> {
    const late = setTimeout(() => {
      stream.abort('ERR_HOST_STREAM', 'too slow')
    }, limits.inviteMsMax)
    try {
      const answer = this.#attempts.take(source, performance.now())
        ? await this.#talk(stream)
        : refuse('ERR_TEAM_INVITE_BUSY', { limit: limits.inviteAttemptsPerMinuteMax })
      if ('code' in answer && answer.code === 'ERR_CODEC_FRAME') stream.abort('ERR_CODEC_FRAME')
      else await stream.send(inviteFrameMap('code' in answer ? { t: 'refused', code: answer.code } : answer))
    } catch (error) {
      this.#parts.log.debug('an invite stream broke', { peer: stream.peer, code: asHyraxError(error).code })
      stream.abort()
    } finally {
      clearTimeout(late)
    }
  }

  async #talk(stream: FrameStream): Promise<Answer> {
    const ask = readInviteFrame('ask', await stream.read())
    if ('code' in ask) return ask
    const asked = this.#find(ask)
    if ('code' in asked) return asked
    const nonce = this.#parts.random.bytes(32)
    const question: InviteFrame = { t: 'nonce', invite: asked.invite, nonce }
    await stream.send(inviteFrameMap(question))
    const claimed = readInviteFrame('claim', await stream.read())
    if ('code' in claimed) return claimed
    const claim = readClaim(this.#parts.keys, claimed.claim, { ...asked, nonce })
    if ('code' in claim) return claim
    return this.#admit(asked, claim, claimed.name)
  }

  /** Who names a team that is not kept here, or a key that made no invite, hears the same: that there is no such invite. */
  #find({ team, key: inviteKey }: InviteFrameOf<'ask'>): Asked | Refusal {
    const replica = this.#parts.teams.replicaOf(team)
    if (replica === undefined) return unknownInvite()
    const book = this.#bookOf(replica)
    // The one that counts; else the latest, so that who was admitted by it learns what became of it.
    const made = book.byKey(inviteKey)
    const open = made.find(({ command }) => replica.state.invites.has(command.idHex))
    const invite = (open ?? made.at(-1))?.command.id
    return invite === undefined ? unknownInvite() : { team, replica, book, invite, inviteKey }
  }

  /** Kept, so that whoever asks again and again makes nobody walk through the whole graph. */
  #bookOf(replica: Replica): InviteBook {
    const book = this.#books.get(replica) ?? new InviteBook(replica.graph)
    this.#books.set(replica, book)
    return book.refresh()
  }

  async #admit(asked: Asked, claim: Claim, name: string): Promise<Answer> {
    const device = deviceId(claim.bundle.identity)
    const refusal = this.#before(asked, device)
    if (refusal === 'admitted') return this.#admitted(asked, device)
    if (refusal !== undefined) return refusal
    const team = idText('team', asked.team)
    const called = isName(name) ? name : peerIdText(claim.bundle.identity)
    const outcome = await this.#parts.teams.author(team, { kind: 'AdmitDevice', claim, name: called })
    if ('code' in outcome) return outcome
    this.#parts.log.info('device admitted by an invite', {
      team,
      device: idText('dev', device),
      invite: idText('inv', asked.invite),
    })
    return this.#admitted(asked, device)
  }

  /** What is known before anything is signed. Who lost our answer and comes again is answered as before. */
  #before({ replica, book, invite }: Asked, device: Uint8Array): Refusal | 'admitted' | undefined {
    const earlier = book.refresh().admission(invite, toHex(device))
    const standing = earlier === undefined ? undefined : replica.standing(earlier)
    if (replica.state.members.has(toHex(device)))
      return standing === 'effective' ? 'admitted' : refuse('ERR_TEAM_DUPLICATE', { what: 'a member' })
    const open = replica.state.invites.get(toHex(invite))
    if (open === undefined || !replica.state.open)
      return standing === undefined || standing === 'effective' ? unknownInvite() : refuse('ERR_TEAM_VOIDED')
    if (open.uses >= open.maxUses) return refuse('ERR_TEAM_INVITE_EXHAUSTED', { limit: open.maxUses })
    // By this node's clock alone, and here alone: replay never asks a clock.
    return open.notAfter < this.#parts.clock.now() ? refuse('ERR_TEAM_INVITE_EXPIRED') : undefined
  }

  #admitted({ team, replica }: Asked, device: Uint8Array): Answer {
    const role = replica.state.members.get(toHex(device))?.role
    if (role === undefined) return refuse('ERR_TEAM_VOIDED')
    const heads = replica.graph.heads().slice(0, limits.commandParentsMax)
    return { t: 'admitted', team, role, heads: heads.map(({ command }) => command.id) }
  }
}

function unknownInvite(): Refusal {
  return refuse('ERR_TEAM_UNKNOWN_INVITE', { invite: '(of this code)' })
}
