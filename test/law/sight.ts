import { identityFromSeed, sha256, type Identity } from '../../src/keys/index.ts'
import { utf8 } from '../../src/codec/index.ts'
import { makeKeyBundle } from '../../src/team/index.ts'
import { createDevice, type Device } from '../../src/team/index.ts'
import type { Verb } from './notation.ts'

/** The keys of a device as somebody knows them. Newest last. */
export interface Ring {
  readonly sequence: number
  readonly signing: readonly Identity[]
  readonly encryption: readonly Uint8Array[]
}

/** 32 bytes that are the same whenever the same is said. */
export function bytesOf(...said: readonly (string | number)[]): Uint8Array {
  return sha256(utf8(said.join('/')))
}

/** A device by name: a name stands for the same keys in every scenario. */
export function deviceOf(name: string): Device {
  const known = devices.get(name) ?? createDevice({ seed: `law/${name}` })
  devices.set(name, known)
  return known
}
const devices = new Map<string, Device>()

/** The signing key that a scenario calls `key 2` of a device. Its first is that of the bundle it came with. */
export function signingKey(name: string, number: number): Identity {
  return number === 1 ? bundleKey(name) : identityFromSeed(bytesOf(name, 'key', number))
}

/** The keys of the bundle that a scenario calls `bundle 2`: those of the same identity, and no other key the same. */
export function firstRing(name: string, bundle = 1): Ring {
  const device = deviceOf(name)
  if (bundle === 1) return { sequence: device.sequence, signing: device.signing, encryption: device.encryption }
  const signing = [identityFromSeed(bytesOf(name, 'bundle', bundle))]
  return { sequence: device.sequence, signing, encryption: [freshEncryptionKey(name, 'bundle', bundle)] }
}

/** A canonical X25519 key, of which nobody knows the private half. */
export function freshEncryptionKey(...said: readonly (string | number)[]): Uint8Array {
  return bytesOf('encryption', ...said).map((byte, i) => (i === 31 ? byte & 0x3f : byte))
}

/** The bytes of a bundle of a device with these keys, signed by its identity. */
export function bundleOf(name: string, ring: Ring): Uint8Array {
  const { identity } = deviceOf(name)
  const signing = ring.signing.map(({ publicKey }) => publicKey)
  const signer = { sign: (by: Identity, ...what: Parameters<Identity['sign']>) => by.sign(...what) }
  return makeKeyBundle(signer, { identity, sequence: ring.sequence, signing, encryption: ring.encryption }).bytes
}

function bundleKey(name: string): Identity {
  const [key] = deviceOf(name).signing
  if (key === undefined) throw new Error(`${name} has no key`)
  return key
}

/** A device in the team, as somebody knows it. */
interface SeenMember {
  readonly role: string
  readonly generation: number
  readonly ring: Ring
}

/** A command that somebody has seen: what it was said to do, not what came of it. */
export interface Seen {
  readonly verb: Verb
  readonly author: string
  readonly words: Readonly<Record<string, string | undefined>>
  /** The keys of a device that is added, or has new ones. */
  readonly ring?: Ring | undefined
  readonly id: Uint8Array
}

/**
 * What an author has seen, by which it writes what a command must carry: generations, present roles, ids. Deliberately
 * simple: everything seen took effect, one after the other. It judges nothing.
 */
export class Sight {
  readonly members = new Map<string, SeenMember>()
  readonly removals = new Map<string, number>()
  readonly roles = new Map<string, Uint8Array>()
  readonly labels = new Map<string, Uint8Array>()
  readonly epochs: string[] = []
  readonly invites = new Map<string, { readonly id: Uint8Array; readonly role: string; uses: number }>()
  readonly leaves = new Map<string, { readonly id: Uint8Array; readonly generation: number }>()

  constructor(seen: readonly Seen[]) {
    for (const command of seen) this.#take(command)
  }

  generation(name: string): number {
    return this.members.get(name)?.generation ?? this.removals.get(name) ?? 0
  }

  ring(name: string): Ring {
    return this.members.get(name)?.ring ?? firstRing(name)
  }

  #take({ verb, author, words, ring, id }: Seen): void {
    const { device = author, role = 'user', label = '', invite = '' } = words
    switch (verb) {
      case 'add':
        this.#admit(device, role, ring)
        break
      case 'admit':
        this.#admit(device, this.invites.get(invite)?.role ?? role, ring)
        break
      case 'remove':
      case 'leave':
        // Removed on two sides it went once.
        if (!this.members.has(device)) break
        if (device === author) this.leaves.set(device, { id, generation: this.generation(device) })
        this.removals.set(device, this.generation(device) + 1)
        this.members.delete(device)
        break
      case 'make':
        this.#change(device, { role })
        break
      case 'revokeRole':
        this.#change(device, { role: 'sync-role' })
        break
      case 'addKey':
      case 'act':
        if (ring !== undefined) this.#change(author, { ring })
        break
      case 'createRole':
        this.roles.set(role, id)
        break
      case 'createLabel':
        this.labels.set(label, id)
        break
      case 'createInvite':
        this.invites.set(invite, { id, role, uses: 0 })
        break
      case 'rotate':
        this.epochs.push(words['epoch'] ?? '')
        break
      default:
        break
    }
  }

  #admit(name: string, role: string, ring = firstRing(name)): void {
    this.members.set(name, { role, generation: this.removals.get(name) ?? 0, ring })
  }

  #change(name: string, change: Partial<SeenMember>): void {
    const member = this.members.get(name)
    if (member !== undefined) this.members.set(name, { ...member, ...change })
  }
}
