import { asHyraxError, fail, limits, type ErrorCode, type HyraxError, type Refusal } from '../../base/index.ts'
import { idText, parseInviteLine, toHex, type InviteLine } from '../../codec/index.ts'
import type { FrameStream } from '../../host/index.ts'
import { inviteKeyOf, type Identity, type Keys } from '../../keys/index.ts'
import {
  deviceId,
  inviteFrameMap,
  inviteProtocol,
  makeClaim,
  readInviteFrame,
  whyOut,
  type InviteFrameOf,
} from '../../team/index.ts'
import type { SyncPort, Teams } from './team.ts'

export interface InviteJoinParts {
  readonly keys: Keys
  readonly identity: Identity
  readonly teams: Teams
  readonly swarm: SyncPort
  /** Fingerprints of the swarm keys this node runs with, the newest first. */
  readonly fingerprints: () => readonly string[]
}

export interface JoinOptions {
  /** What the device would be called in the team. */
  readonly name: string
  /** How long the server is tried again while it may yet answer otherwise. */
  readonly waitMs: number
  readonly signal: AbortSignal
  /** Told why the last try failed. */
  readonly onRetry?: (error: HyraxError) => void
}

/** A team that this device is in now, as its own graph says. */
export interface Joined {
  /** `team_b…`. */
  readonly team: string
  /** `dev_b…`. */
  readonly device: string
  readonly role: string
}

/** Where the server may answer otherwise soon: it has not synced the invite, is busy, or has not let us in yet. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_TEAM_UNKNOWN_INVITE',
  'ERR_TEAM_INVITE_BUSY',
  'ERR_TEAM_NOT_SYNCED',
  'ERR_STORE_WRITE',
  'ERR_NODE_UNREACHABLE',
  'ERR_HOST_STREAM',
  'ERR_SWARM_BUSY',
  // The key fits the code, as was seen before: then a listener that was slow looks the same to who dials.
  'ERR_SWARM_WRONG_KEY',
  'ERR_SWARM_REFUSED',
  'ERR_SWARM_NOT_CONNECTED',
  'ERR_SWARM_CLOSED_BEFORE_HELLO',
  'ERR_ACCESS_NOT_PERMISSIONED',
])

/** True for a failure that trying again may mend. */
export function isPassing({ code }: HyraxError): boolean {
  return passing.has(code)
}

const retryMsMin = 1_000
const retryMsMax = 60_000
/** The own graph is looked at for the admission after this, and then more and more rarely. */
const lookMsMin = 20
const lookMsMax = 1_000

/** The side that joins (`TEAM.md` 8): shows the claim to the server of the code, then keeps and syncs the team. */
export class InviteJoin {
  readonly #parts: InviteJoinParts

  constructor(parts: InviteJoinParts) {
    this.#parts = parts
  }

  /**
   * Joins by an invite code. Resolves when this device stands in the team by its own graph. Fails with
   * ERR_TEAM_INVITE_CODE_INVALID, ERR_SWARM_WRONG_KEY, what the server refused with, the failures of dialling, or
   * ERR_TEAM_NOT_SYNCED where it was admitted and the graph has not come within the time; sync then goes on.
   */
  async join(text: string, options: JoinOptions): Promise<Joined> {
    const line = parseInviteLine(text)
    const inviteKey = inviteKeyOf(this.#parts.keys, line.code, line.team)
    const [fingerprint = '', ...older] = this.#parts.fingerprints()
    if (![fingerprint, ...older].includes(line.fingerprint)) {
      const what = `The invite is for the swarm with ${line.fingerprint}.`
      throw fail('ERR_SWARM_WRONG_KEY', { fingerprint, what })
    }
    const end = performance.now() + options.waitMs
    await this.#untilAdmitted(line, inviteKey, options, end)
    const { teams } = this.#parts
    const team = idText('team', line.team)
    await teams.addTeam(team)
    for (const address of line.addresses) await teams.syncPeers.add(`${address}/p2p/${line.peer}`, team)
    return this.#untilMember(line.team, Math.max(end, performance.now() + syncMsMin), options.signal)
  }

  async #untilAdmitted(line: InviteLine, inviteKey: Identity, options: JoinOptions, end: number): Promise<void> {
    for (let wait = retryMsMin; ; wait = Math.min(2 * wait, retryMsMax)) {
      try {
        await this.#ask(line, inviteKey, options.name)
        return
      } catch (error) {
        const failure = asHyraxError(error)
        if (!isPassing(failure) || options.signal.aborted || performance.now() + wait > end) throw failure
        options.onRetry?.(failure)
      }
      await pause(wait, options.signal)
    }
  }

  async #ask(line: InviteLine, inviteKey: Identity, name: string): Promise<void> {
    const peer = await this.#connect(line)
    const stream = await this.#parts.swarm.open(peer, inviteProtocol, limits.inviteFrameBytesMax)
    const late = setTimeout(() => {
      stream.abort('ERR_HOST_STREAM', 'no answer in time')
    }, limits.inviteMsMax)
    try {
      await this.#talk(stream, line, inviteKey, name)
    } finally {
      clearTimeout(late)
      stream.abort()
    }
  }

  /** Dials the server at its addresses in turn; each is pinned to the PeerId of the code. */
  async #connect({ peer, addresses }: InviteLine): Promise<string> {
    const known = this.#parts.teams.connectedPeers().includes(peer)
    if (known) return peer
    let failure: unknown
    for (const address of addresses) {
      try {
        return await this.#parts.swarm.connect(`${address}/p2p/${peer}`)
      } catch (error) {
        failure = error
      }
    }
    throw asHyraxError(failure)
  }

  async #talk(stream: FrameStream, { team }: InviteLine, inviteKey: Identity, name: string): Promise<void> {
    const { identity, teams } = this.#parts
    await stream.send(inviteFrameMap({ t: 'ask', team, key: inviteKey.publicKey }))
    const { invite, nonce } = orFail(readInviteFrame('nonce', await stream.read()))
    const claim = makeClaim({ team, invite, nonce, bundle: teams.device.bundle, inviteKey, identity })
    await stream.send(inviteFrameMap({ t: 'claim', claim: claim.bytes, name }))
    const answer: InviteFrameOf<'admitted'> = orFail(readInviteFrame('admitted', await stream.read()))
    if (toHex(answer.team) !== toHex(team)) throw fail('ERR_TEAM_WRONG_TEAM')
  }

  /** The server's word is not enough: the team id is returned once the own graph, verified here, has us in it. */
  async #untilMember(team: Uint8Array, end: number, signal: AbortSignal): Promise<Joined> {
    const { identity, teams } = this.#parts
    const device = deviceId(identity.publicKey)
    for (let look = lookMsMin; ; look = Math.min(1.5 * look, lookMsMax)) {
      const replica = teams.replicaOf(team)
      if (replica === undefined) throw fail('ERR_TEAM_UNKNOWN_TEAM', { team: idText('team', team) })
      const member = replica.state.members.get(toHex(device))
      if (member !== undefined) return { team: idText('team', team), device: idText('dev', device), role: member.role }
      const out = whyOut(replica, device)
      if (out !== undefined) throw fail(out.code, out.data)
      if (performance.now() > end || signal.aborted) {
        const what = 'the server admitted this device, and the graph that says so has not come yet'
        throw fail('ERR_TEAM_NOT_SYNCED', { what, force: '.' })
      }
      await pause(look, signal)
    }
  }
}

/** The first sync gets at least this long after the admission. */
const syncMsMin = 10_000

function orFail<T extends object>(read: T | Refusal): T {
  return 'code' in read ? failed(read) : read
}

/** A server sends its code alone; these are the words that stand in its place in our messages. */
function failed({ code, data }: Refusal): never {
  throw fail(code, { ...serverWords, ...data })
}

const serverWords = {
  invite: 'of this code',
  what: 'the server says that this device is in the team already',
  device: '(the server)',
  role: 'of the server',
  action: 'admit devices',
  permission: 'device.admit',
  force: '.',
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
