import { encode } from 'cborg'
import { createHash } from 'node:crypto'
import { Oracle, type Judgement } from './oracle.ts'
import { readPlainBundle } from './page-law.ts'
import type { Given, Plain } from './page-tables.ts'

/** Builds unsigned commands by name, each on the commands it names, and has the oracle judge them. */
export class SmallGraph {
  readonly #commands = new Map<string, Plain>()

  constructor() {
    this.add('create', 'O', [], 'CreateTeam', { nonce: idOf('n'), name: 'herd', policy: 1, bundle: bundleOf('O') })
  }

  get team(): Uint8Array {
    return this.id('create')
  }

  id(name: string): Uint8Array {
    return new Uint8Array(Buffer.from(this.#named(name).id, 'hex'))
  }

  /** Adds a command; `after` are names. The device's name is its common name where the kind takes one. */
  add(
    name: string,
    by: string,
    after: string[],
    kind: string,
    body: Plain['body'],
    parts: Partial<Plain> = {},
  ): string {
    const parents = after.map((parent) => this.#named(parent))
    const past = this.#pastOf(parents)
    const own = past.filter(({ author }) => author === hex(deviceOf(by))).map(({ sequence }) => sequence)
    const isNewcomer = ['CreateTeam', 'AddDevice', 'AdmitDevice'].includes(kind)
    this.#commands.set(name, {
      id: hex(idOf(`command ${name}`)),
      team: kind === 'CreateTeam' ? null : hex(this.team),
      parents: parents.map(({ id }) => id).sort(),
      author: hex(deviceOf(by)),
      key: hex(keyOf(by)),
      generation: 0,
      sequence: Math.max(-1, ...own) + 1,
      depth: Math.max(-1, ...parents.map(({ depth }) => depth)) + 1,
      time: 0,
      kind,
      body: { ...(isNewcomer ? { commonName: by } : {}), ...body },
      ...parts,
    })
    return name
  }

  addDevice(name: string, by: string, after: string[], device: string, role = 'user', gen = 0): string {
    const body = { bundle: bundleOf(device), role, roleAt: this.#roleAt(role), gen, commonName: device }
    return this.add(name, by, after, 'AddDevice', body)
  }

  remove(name: string, by: string, after: string[], device: string, gen = 0): string {
    return this.add(name, by, after, 'RemoveDevice', { device: deviceOf(device), gen })
  }

  assign(name: string, by: string, after: string[], device: string, from: string, role: string): string {
    const body = { device: deviceOf(device), gen: 0, role, roleAt: this.#roleAt(role), from }
    return this.add(name, by, after, 'AssignRole', body)
  }

  confirm(name: string, by: string, after: string[], device: string, leave: string): string {
    return this.add(name, by, after, 'ConfirmLeave', { device: deviceOf(device), gen: 0, leave: this.id(leave) })
  }

  /** A command that needs no permission. */
  act(name: string, by: string, after: string[], parts: Partial<Plain> = {}): string {
    const { length } = [...this.#commands.keys()]
    return this.add(name, by, after, 'AddDeviceKey', { bundle: bundleOf(by, length + 1) }, parts)
  }

  /** The team of section 11: O founds it, makes the role `manager`, and adds `devices` one after the other. */
  static base(devices: Record<string, string>): SmallGraph {
    const graph = new SmallGraph()
    const permissions = 'device.add device.admit device.remove key.rotate label.assign label.define name.assign role.assign role.revoke' // prettier-ignore
    graph.add('manager', 'O', ['create'], 'CreateRole', { role: 'manager', rank: 800, permissions: permissions.split(' ') }) // prettier-ignore
    let last = 'manager'
    for (const [device, role] of Object.entries(devices)) last = graph.addDevice(device, 'O', [last], device, role)
    graph.#base = last
    return graph
  }

  #base = 'create'
  get base(): string[] {
    return [this.#base]
  }

  judge(): Judgement {
    return new Oracle([...this.#commands.values()], given).judge()
  }

  /** `name:role` of the members, sorted. */
  members(): string {
    return [...this.judge().state.members.values()].map(({ name, role }) => `${name}:${role}`).sort().join(' ') // prettier-ignore
  }

  /** What became of a command, with its code where it has one. */
  fate(name: string): string {
    const found = this.judge().verdicts.get(this.#named(name).id)
    if (found?.code === undefined || found.verdict === 'void') return String(found?.verdict)
    return `${found.verdict} ${found.code.slice('ERR_TEAM_'.length)}`
  }

  #roleAt(role: string): Uint8Array {
    return this.#commands.has(role) && role === 'manager' ? this.id('manager') : this.team
  }

  #named(name: string): Plain {
    const command = this.#commands.get(name)
    if (command === undefined) throw new Error(`no command ${name}`)
    return command
  }

  #pastOf(commands: readonly Plain[]): Plain[] {
    const past = new Set(commands.map(({ id }) => id))
    const known = [...this.#commands.values()].reverse()
    for (const { id, parents } of known) if (past.has(id)) for (const parent of parents) past.add(parent)
    return known.filter(({ id }) => past.has(id))
  }
}

const given: Given = {
  isWeak: () => false,
  deviceOf: (bundle) => readOwner(bundle),
  openClaim: () => undefined,
  digest: () => '',
}

export const deviceOf = (name: string): Uint8Array => idOf(`device ${hex(keyOf(name))}`)
export const keyOf = (name: string): Uint8Array => idOf(`key ${name}`)

function bundleOf(name: string, sequence = 0): Uint8Array {
  const more = sequence > 0 && sequence % 3 === 0 ? [idOf(`key ${name} ${sequence}`)] : []
  const map = { v: 1, i: keyOf(name), n: sequence, s: [keyOf(name), ...more], e: [idOf(`box ${name}`)] }
  return encode([encode(map), new Uint8Array(64)])
}

function readOwner(bundle: Uint8Array): string {
  return hex(idOf(`device ${readPlainBundle(bundle).s[0] ?? ''}`))
}

function idOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
