import { peerIdText, toHex, utf8 } from '../../src/codec/index.ts'
import { sha256 } from '../../src/keys/index.ts'
import {
  actFor,
  apply,
  boundAct,
  check,
  deviceId,
  emptyState,
  type Act,
  type Claim,
  type Intent,
  type KeyBundle,
  type KeyFacts,
  type Member,
  type TeamState,
} from '../../src/team/index.ts'

/** Somebody at the desk: keys are made up, because nothing here verifies a signature. */
export interface Sitter {
  readonly name: string
  readonly device: Uint8Array
  readonly hex: string
  readonly bundle: KeyBundle
  readonly peer: string
}

export interface Doing extends Partial<KeyFacts> {
  /** The signing key to use; by default the newest active one. */
  readonly key?: Uint8Array
  readonly generation?: number
}

/** Bytes that no other name gets. */
export function bytesOf(text: string, length = 32): Uint8Array {
  // Below the prime of X25519, so that it may be a key of every kind.
  return sha256(utf8(text))
    .map((byte, i) => (i === 31 ? byte & 0x3f : byte))
    .subarray(0, length)
}

/**
 * A team without graph and signatures: acts go through `check` and `apply` one after the other, as in a replay of one chain.
 */
export class Desk {
  state: TeamState = emptyState
  #depth = 0
  #last = ''

  constructor(founder = 'O') {
    const { bundle } = this.sitter(founder)
    const body = { nonce: bytesOf('nonce'), name: 'herd', policy: 1, bundle, commonName: founder }
    this.act(founder, { kind: 'CreateTeam', body })
  }

  sitter(name: string): Sitter {
    return sitterOf(name)
  }

  /** Does what somebody wants; 'ok', or the code, and then nothing has changed. */
  does(by: string, intent: Intent, doing: Doing = {}): string {
    const act = actFor(this.state, intent)
    return act.kind === 'refuse' ? (act as { code: string }).code : this.act(by, act, doing)
  }

  act(by: string, act: Act, doing: Doing = {}): string {
    const { device, hex, bundle } = this.sitter(by)
    const member = this.state.members.get(hex)
    const author = {
      author: device,
      authorHex: hex,
      key: doing.key ?? member?.signing.at(-1) ?? bundle.identity,
      generation: doing.generation ?? member?.generation ?? 0,
    }
    const facts = { weak: false, claimHolds: true, isOrigin: true, ...doing }
    const refusal = check(this.state, act, author, facts)
    if (refusal !== undefined) return refusal.code
    const id = bytesOf(`command ${this.#depth} by ${by}`)
    this.#last = toHex(id)
    const command = { id, idHex: this.#last, depth: this.#depth++, author: device, authorHex: hex }
    this.state = apply(this.state, facts.isOrigin ? boundAct(this.state, act) : act, command)
    return 'ok'
  }

  /** Adds devices, named after their roles unless said. */
  seats(...roles: string[]): this {
    for (const role of roles) this.seat(role, role)
    return this
  }

  seat(name: string, role: string): this {
    const done = this.does('O', { kind: 'AddDevice', bundle: this.sitter(name).bundle, name, role })
    if (done !== 'ok') throw new Error(`${name} was not added: ${done}`)
    return this
  }

  member(name: string): Member | undefined {
    return this.state.members.get(this.sitter(name).hex)
  }

  device(name: string): Uint8Array {
    return this.sitter(name).device
  }

  /** Hex id of the last command that had an effect. */
  get last(): string {
    return this.#last
  }
}

function sitterOf(name: string): Sitter {
  const bundle = bundleOf(name, 0)
  const device = deviceId(bundle.identity)
  return { name, device, hex: toHex(device), bundle, peer: peerIdText(bundle.identity) }
}

/** A bundle of somebody; `more` names further keys. */
export function bundleOf(
  name: string,
  sequence: number,
  more: { signing?: string[]; encryption?: string[] } = {},
): KeyBundle {
  const identity = bytesOf(`identity ${name}`)
  const empty = new Uint8Array(0)
  return {
    identity,
    sequence,
    signing: [identity, ...(more.signing ?? []).map((key) => bytesOf(key))],
    encryption: [bytesOf(`box ${name}`), ...(more.encryption ?? []).map((key) => bytesOf(key))],
    ...{ bytes: empty, unsigned: empty, signature: empty },
  }
}

/** A claim of somebody for an invite. */
export function claimOf(name: string, invite: Uint8Array): Claim {
  const empty = new Uint8Array(0)
  return { invite, bundle: bundleOf(name, 0), nonce: bytesOf('n'), ofInvite: empty, ofIdentity: empty, bytes: empty }
}
