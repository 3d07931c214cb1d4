import { refuse, type Clock, type Log, type Refusal } from '../../base/index.ts'
import { equalBytes, idText, toHex } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import { deviceId, type Intent, type Member } from '../../team/index.ts'
import type { KeyRing, RingKey } from '../key-ring.ts'
import type { OwnKeys } from '../own-keys.ts'
import { ownBundle } from './own-author.ts'
import type { TeamRunner } from './team-runner.ts'

export interface DeviceKeysParts {
  readonly keys: Keys
  readonly own: OwnKeys
  readonly clock: Clock
  readonly log: Log
  readonly runners: () => Iterable<TeamRunner>
  /** `security/keys/rotationInterval`, seconds; 0: by hand. */
  readonly interval: () => number
}

/** What became of a change of keys in one team. */
export interface KeyChange {
  readonly team: string
  /** The command; null where the team could not take it yet, with the code that says why. */
  readonly command: string | null
  readonly code: string | null
}

/** Longest wait before it is looked at again: a team that could not take new keys, not heard yet, may take them now. */
const lookMsMax = 30_000
const lookMsMin = 250
/** The longest that old keys stay beside new ones when they rotate by themselves; otherwise a quarter of the interval. */
const overlapMsMax = 86_400_000

/**
 * The keys of this device in its teams. The ring says what is active; this makes every team say the same, with AddDeviceKey
 * and RetireKey, and tries again where a team cannot take it yet. With an interval it also makes new keys by itself: new
 * beside old for a quarter of the interval, a day at most, then the old ones are retired as rotated.
 */
export class DeviceKeys {
  readonly #parts: DeviceKeysParts
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #queue: Promise<unknown> = Promise.resolve()

  constructor(parts: DeviceKeysParts) {
    this.#parts = parts
  }

  start(): void {
    this.#wait(lookMsMin)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** A team knows something new: it may have been waited for. */
  changed(): void {
    if (this.#isStopped || this.#timer === undefined) return
    this.#wait(lookMsMin)
  }

  /** Public halves of all keys of this device, retired ones too. */
  publicKeys(): Uint8Array[] {
    const { ring } = this.#parts.own
    return [...ring.signing, ...ring.encryption].map(({ pair }) => pair.publicKey)
  }

  /** Keys of this device that a team calls stolen and that it still uses elsewhere, one line each. */
  warnings(): string[] {
    const { ring } = this.#parts.own
    const active = [...ring.signing, ...ring.encryption].filter(({ state }) => state === 'active')
    return this.#memberships().flatMap(({ runner, member }) => {
      const isStolen = ({ pair }: RingKey): boolean =>
        member.retired.get(toHex(pair.publicKey))?.reason === 'compromised'
      const name = JSON.stringify(runner.replica.state.name)
      return active.filter(isStolen).map(({ pair }) => {
        const key = toHex(pair.publicKey).slice(0, 16)
        return `Team ${name} calls key ${key} of this device stolen: ax devices retire-key ${key} --compromised`
      })
    })
  }

  /** New keys beside the old ones, announced in every team. Fails as `KeyRing.add`. */
  addKey(): Promise<KeyChange[]> {
    return this.#inTurn(async () => {
      await this.#parts.own.ring.add()
      return this.#announce()
    })
  }

  /** Retires a key of this device, here and in every team. ERR_TEAM_UNKNOWN_KEY, ERR_TEAM_LAST_KEY. */
  retireKey(key: Uint8Array, reason: 'rotated' | 'compromised'): Promise<KeyChange[] | Refusal> {
    return this.#inTurn(async () => {
      const { ring } = this.#parts.own
      const held = [...ring.signing, ...ring.encryption].find(({ pair }) => equalBytes(pair.publicKey, key))
      if (held === undefined) return refuse('ERR_TEAM_UNKNOWN_KEY', { what: 'this device has no such key' })
      await ring.retire(key, reason)
      return this.#announce()
    })
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => undefined)
    return result
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#isStopped) return
    const look = (): void => {
      void this.#inTurn(() => this.#look())
        .catch((error: unknown) => {
          this.#parts.log.warn('device keys not rotated', { what: String(error) })
        })
        .then(() => {
          this.#wait(this.#nextLook())
        })
    }
    this.#timer = setTimeout(look, ms)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    const { own, clock, interval, log } = this.#parts
    const now = clock.now()
    const every = interval() * 1_000
    // What has been overlapped long enough goes first: it makes room.
    if (every > 0 && now - newestMade(own.ring) >= overlapMs(every)) await this.#retireOlder()
    if (every > 0 && now - newestMade(own.ring) >= every) {
      await own.ring.add()
      log.info('new device keys made', { sequence: own.ring.sequence })
    }
    await this.#announce()
  }

  #nextLook(): number {
    const { own, clock, interval } = this.#parts
    const every = interval() * 1_000
    if (every === 0) return lookMsMax
    const age = clock.now() - newestMade(own.ring)
    const next = [every, overlapMs(every)].filter((at) => at > age).map((at) => at - age)
    return Math.max(lookMsMin, Math.min(lookMsMax, ...next))
  }

  /** The overlap is over: what is older than the newest is retired. A team that has not heard of it keeps the older. */
  async #retireOlder(): Promise<void> {
    const { ring } = this.#parts.own
    for (const keys of [ring.signing, ring.encryption] as readonly (readonly RingKey[])[]) {
      const active = keys.filter(({ state }) => state === 'active')
      for (const { pair } of active.slice(0, -1)) await ring.retire(pair.publicKey, 'rotated')
    }
  }

  #memberships(): { runner: TeamRunner; member: Member }[] {
    const deviceHex = toHex(deviceId(this.#parts.own.identity.publicKey))
    return [...this.#parts.runners()].flatMap((runner) => {
      const { state } = runner.replica
      const member = state.members.get(deviceHex)
      return member === undefined || !state.open ? [] : [{ runner, member }]
    })
  }

  /** Makes every team say what the ring says. */
  async #announce(): Promise<KeyChange[]> {
    const changes: KeyChange[] = []
    for (const { runner, member } of this.#memberships()) {
      // Four of a kind are the most: what is retired makes room for what is new.
      changes.push(...(await this.#retireIn(runner, member)))
      changes.push(...(await this.#addIn(runner, member)))
      const after = runner.replica.state.members.get(member.deviceHex)
      if (after !== undefined) changes.push(...(await this.#retireIn(runner, after)))
    }
    return changes
  }

  async #addIn(runner: TeamRunner, { bundle: known }: Member): Promise<KeyChange[]> {
    const { keys, own } = this.#parts
    const member = this.#memberships().find((other) => other.runner === runner)?.member
    const active = [...own.ring.signing, ...own.ring.encryption].filter(({ state }) => state === 'active')
    const isNew = ({ pair }: RingKey): boolean => member !== undefined && !hasHad(member, pair.publicKey)
    if (!active.some(isNew)) return []
    await own.ring.countBeyond(known)
    return [await this.#author(runner, { kind: 'AddDeviceKey', bundle: ownBundle(keys, own) })]
  }

  async #retireIn(runner: TeamRunner, member: Member): Promise<KeyChange[]> {
    const { ring } = this.#parts.own
    const changes: KeyChange[] = []
    for (const keys of [ring.signing, ring.encryption] as readonly (readonly RingKey[])[]) {
      // Where the team knows no newer key, the old one is still needed there.
      if (!keys.some(({ state, pair }) => state === 'active' && isActive(member, pair.publicKey))) continue
      for (const { state, pair } of keys)
        if (state !== 'active' && isActive(member, pair.publicKey)) {
          const { device } = member
          changes.push(await this.#author(runner, { kind: 'RetireKey', device, key: pair.publicKey, reason: state }))
        }
    }
    return changes
  }

  async #author(runner: TeamRunner, intent: Intent): Promise<KeyChange> {
    const team = idText('team', runner.team)
    const outcome = await runner.author(intent, false)
    if (outcome.kind !== 'refuse') return { team, command: idText('cmd', outcome.id), code: null }
    this.#parts.log.debug('device keys not announced', { team, code: outcome.code })
    return { team, command: null, code: outcome.code }
  }
}

function overlapMs(everyMs: number): number {
  return Math.min(everyMs / 4, overlapMsMax)
}

function newestMade({ signing, encryption }: KeyRing): number {
  const active = [...signing, ...encryption].filter(({ state }) => state === 'active')
  return Math.max(...active.map(({ made }) => made))
}

function isActive(member: Member, key: Uint8Array): boolean {
  return [...member.signing, ...member.encryption].some((known) => equalBytes(known, key))
}

function hasHad(member: Member, key: Uint8Array): boolean {
  return isActive(member, key) || member.retired.has(toHex(key))
}
