import type { CborMap, CborValue } from '../../src/codec/index.ts'
import type { TeamState } from '../../src/team/index.ts'
import type { Somebody } from './somebody.ts'
import type { Chance } from './chance.ts'

/** What somebody wants to have signed. */
export interface Wish {
  readonly kind: string
  readonly body: CborMap
}

/** The names that a simulation has to quarrel about: few, so that they collide. */
const roleNames = ['clerk', 'guard', 'scribe']
const labelNames = ['red', 'blue', 'green']
const networkNames = ['db', 'web', '10.0.0.7']
const builtIn = ['owner', 'admin', 'operator', 'user', 'sync-role']
const permissions = [
  ...['channel.use', 'device.add', 'device.admit', 'device.remove', 'key.rotate', 'label.assign', 'label.define'],
  ...['name.assign', 'node.govern', 'claim.govern', 'role.assign', 'role.assign-user', 'role.define', 'role.revoke'],
]

/** How often each kind is wished for: what takes and gives authority most, because there the rules are hard. */
const weights: Readonly<Record<string, number>> = {
  AddDevice: 12,
  RemoveDevice: 14,
  AssignRole: 16,
  RevokeRole: 5,
  ConfirmLeave: 6,
  CreateRole: 3,
  DeleteRole: 2,
  AddPermission: 3,
  RemovePermission: 3,
  AddDeviceKey: 4,
  RetireKey: 4,
  CreateInvite: 4,
  RevokeInvite: 2,
  AdmitDevice: 5,
  CreateLabel: 2,
  DeleteLabel: 1,
  AssignLabel: 2,
  RevokeLabel: 1,
  AssignNetworkName: 2,
  RevokeNetworkName: 1,
  AddNode: 2,
  RemoveNode: 2,
  RotateKey: 4,
  RotateSwarmKey: 2,
  RetireSwarmKey: 1,
  TrustOperator: 1,
  DistrustOperator: 1,
  RevokeClaim: 1,
  CloseTeam: 0.15,
}
/** Draws a kind by these weights, or by others. */
export function drawKind(chance: Chance, among: Readonly<Record<string, number>> = weights): string {
  const names = Object.keys(among)
  let left = chance.unit() * names.reduce((sum, name) => sum + (among[name] ?? 0), 0)
  return names.find((name) => (left -= among[name] ?? 0) < 0) ?? 'AddDeviceKey'
}

/**
 * A command of a kind that fits the state its author sees, as far as one can be made; undefined where there is nothing to
 * aim at. Whether the law lets this author do it is not asked.
 */
export function wishFor(
  chance: Chance,
  kind: string,
  state: TeamState,
  by: Somebody,
  cast: readonly Somebody[],
): Wish | undefined {
  const body = new Wisher(chance, state, by, cast).body(kind)
  return body === undefined ? undefined : { kind, body: chance.is(0.04) ? stale(body, chance) : body }
}

/** The payload with one thing as its author did not see it. */
function stale(body: CborMap, chance: Chance): CborMap {
  const { gen } = body
  const field = chance.pick(Object.keys(body).length > 0 ? Object.keys(body) : ['reason'])
  if (typeof gen === 'number' && chance.is(0.6)) return { ...body, gen: gen > 0 && chance.is(0.5) ? gen - 1 : gen + 1 }
  if (field === 'role' || field === 'from') return { ...body, [field]: chance.pick([...builtIn, ...roleNames]) }
  if (field.endsWith('At') || field === 'invite' || field === 'leave') return { ...body, [field]: chance.bytes(32) }
  return field === 'device' ? { ...body, device: chance.bytes(32) } : body
}

class Wisher {
  readonly #chance: Chance
  readonly #state: TeamState
  readonly #by: Somebody
  readonly #cast: readonly Somebody[]

  constructor(chance: Chance, state: TeamState, by: Somebody, cast: readonly Somebody[]) {
    this.#chance = chance
    this.#state = state
    this.#by = by
    this.#cast = cast
  }

  body(kind: string): CborMap | undefined {
    const state = this.#state
    const chance = this.#chance
    switch (kind) {
      case 'AddDevice':
        return this.#addDevice()
      case 'RemoveDevice':
        return this.#target(0.12)
      case 'AssignRole':
        return this.#assignRole()
      case 'RevokeRole': {
        const target = this.#target(0.12)
        return target && { ...target, ...this.#roleNamed(this.#memberOf(target)?.role ?? 'user') }
      }
      case 'ConfirmLeave': {
        const leave = this.#any([...state.leaves.values()])
        return leave && { device: leave.device, gen: leave.generation, leave: leave.id }
      }
      case 'CreateRole':
        return { role: chance.pick(roleNames), rank: 101 + chance.below(950), permissions: this.#permissions() }
      case 'DeleteRole':
        return this.#customRole()
      case 'AddPermission':
      case 'RemovePermission': {
        const role = this.#customRole()
        return role && { ...role, permission: chance.pick(permissions) }
      }
      default:
        return this.#keyOrInvite(kind) ?? this.#row(kind)
    }
  }

  #keyOrInvite(kind: string): CborMap | undefined {
    const state = this.#state
    const chance = this.#chance
    switch (kind) {
      case 'AddDeviceKey':
        return { bundle: this.#by.bundle((state.members.get(this.#by.hex)?.bundle ?? 0) + 1 + chance.below(2)) }
      case 'RetireKey': {
        const target = this.#target(0.6)
        const member = target && this.#memberOf(target)
        const key = member && this.#any([...member.signing, ...member.encryption])
        return key && { ...target, key, reason: chance.is(0.5) ? 'rotated' : 'compromised' }
      }
      case 'CreateInvite': {
        const n = chance.below(1_000_000)
        const label = chance.is(0.3) ? this.#label() : undefined
        const labels = label === undefined ? {} : { labels: [[label['label'], label['labelAt']] as CborValue] }
        const role = this.#roleNamed(this.#role())
        return { key: this.#by.inviteKey(n), ...role, ...labels, maxUses: 1 + chance.below(2), notAfter: n }
      }
      case 'RevokeInvite': {
        const invite = this.#any([...state.invites.values()])
        return invite && { invite: invite.id }
      }
      case 'AdmitDevice': {
        const invite = this.#any([...state.invites.values()])
        const newcomer = this.#newcomer()
        if (invite === undefined || newcomer === undefined) return undefined
        const claim = newcomer.claim(state.team, invite)
        return { invite: invite.id, claim, commonName: newcomer.name, gen: this.#generation(newcomer) }
      }
      case 'RotateKey':
        return this.#rotateKey()
      default:
        return undefined
    }
  }

  #row(kind: string): CborMap | undefined {
    const chance = this.#chance
    const target = this.#target(0.15)
    switch (kind) {
      case 'CreateLabel':
        return { label: chance.pick(labelNames) }
      case 'DeleteLabel':
        return this.#label()
      case 'AssignLabel': {
        const label = this.#label()
        return label && target && { ...target, ...label, op: chance.pick(['send', 'recv', 'send-recv']) }
      }
      case 'RevokeLabel': {
        const held = target && this.#any([...(this.#memberOf(target)?.labels ?? [])])
        return held && { ...target, label: held[0], labelAt: held[1].at }
      }
      case 'AssignNetworkName':
        return target && { ...target, name: chance.pick(networkNames) }
      case 'RevokeNetworkName': {
        const name = target && this.#memberOf(target)?.networkName
        return target && name !== undefined ? { ...target, name } : undefined
      }
      case 'AddNode':
        return { peer: chance.pick(this.#cast).peer, ...(chance.is(0.5) ? target : {}) }
      case 'RemoveNode':
        return { peer: chance.pick(this.#cast).peer }
      case 'CloseTeam':
        return {}
      default:
        return this.#swarmOrClaim(kind)
    }
  }

  #swarmOrClaim(kind: string): CborMap | undefined {
    const chance = this.#chance
    const state = this.#state
    const key = this.#by.inviteKey(chance.below(3))
    switch (kind) {
      case 'RotateSwarmKey': {
        const epoch = state.epochs.at(-1)
        const fingerprint = new Uint8Array(16).fill(chance.below(5))
        return epoch && { fingerprint, epoch: epoch.id, sealed: new Uint8Array(72) }
      }
      case 'RetireSwarmKey': {
        const entry = this.#any([...state.swarmKeys])
        return entry && { fingerprint: entry.fingerprint }
      }
      case 'TrustOperator':
      case 'DistrustOperator':
        return { key }
      case 'RevokeClaim':
        return chance.is(0.5) ? { jti: chance.pick(['one', 'two', 'three']) } : { key }
      default:
        return undefined
    }
  }

  #addDevice(): CborMap | undefined {
    const newcomer = this.#newcomer()
    if (newcomer === undefined) return undefined
    const bundle = newcomer.bundle(0)
    return { bundle, commonName: newcomer.name, ...this.#roleNamed(this.#role()), gen: this.#generation(newcomer) }
  }

  #assignRole(): CborMap | undefined {
    const target = this.#target(0.15)
    const from = target && this.#memberOf(target)?.role
    if (target === undefined || from === undefined) return undefined
    return { ...target, ...this.#roleNamed(this.#role()), from }
  }

  #rotateKey(): CborMap {
    const members = [...this.#state.members.values()].sort((a, b) => (a.deviceHex < b.deviceHex ? -1 : 1))
    const recipients = members.map(({ device, generation, encryption }) => [
      device,
      generation,
      encryption.at(-1) ?? device,
    ])
    const epoch = this.#chance.bytes(32)
    const parents = this.#state.epochs.slice(-1).map(({ id }) => id)
    return { epoch, parents, recipients: recipients, boxesHash: this.#chance.bytes(32) }
  }

  /** Somebody who is no member, mostly; else anybody. */
  #newcomer(): Somebody | undefined {
    const outside = this.#cast.filter(({ hex }) => !this.#state.members.has(hex))
    return this.#any(outside.length > 0 && this.#chance.is(0.9) ? outside : this.#cast)
  }

  #generation({ hex }: Somebody): number {
    return this.#state.departures.get(hex)?.generation ?? 0
  }

  /** A member, with a probability of being oneself. */
  #target(self: number): { device: Uint8Array; gen: number } | undefined {
    const others = [...this.#state.members.values()].filter(({ deviceHex }) => deviceHex !== this.#by.hex)
    const own = this.#state.members.get(this.#by.hex)
    const member = this.#chance.is(self) ? own : this.#any(others)
    return member && { device: member.device, gen: member.generation }
  }

  #memberOf({ device }: { device: Uint8Array }) {
    return [...this.#state.members.values()].find((member) => member.device === device)
  }

  #role(): string {
    const custom = [...this.#state.roles.keys()]
    return custom.length > 0 && this.#chance.is(0.3) ? this.#chance.pick(custom) : this.#chance.pick(builtIn)
  }

  #roleNamed(role: string): { role: string; roleAt: Uint8Array } {
    return { role, roleAt: this.#state.roles.get(role)?.at ?? this.#state.team }
  }

  #customRole(): { role: string; roleAt: Uint8Array } | undefined {
    const role = this.#any([...this.#state.roles.keys()])
    return role === undefined ? undefined : this.#roleNamed(role)
  }

  #permissions(): string[] {
    const rate = this.#chance.between(0.1, 0.7)
    const drawn = permissions.filter(() => this.#chance.is(rate))
    return drawn.includes('role.define') ? drawn.filter((one) => one !== 'role.assign').sort() : drawn.sort()
  }

  #label(): { label: string; labelAt: Uint8Array } | undefined {
    const found = this.#any([...this.#state.labels])
    return found && { label: found[0], labelAt: found[1] }
  }

  #any<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : this.#chance.pick(items)
  }
}
