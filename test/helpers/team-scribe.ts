import { labels } from '../../src/base/index.ts'
import { toHex } from '../../src/codec/index.ts'
import { generateIdentity, type Identity, type Keys } from '../../src/keys/index.ts'
import {
  actFor,
  deviceId,
  encodeBody,
  foundTeam,
  makeKeyBundle,
  parseCommand,
  Replica,
  signCommand,
  type Act,
  type Command,
  type Envelope,
  type Intent,
  type KeyBundle,
  type LoadedCommand,
  type ReplicaParts,
  type TeamState,
} from '../../src/team/index.ts'
import { createSeededRandomness } from './seeded-randomness.ts'

/** Somebody with keys. */
export interface Actor {
  readonly name: string
  readonly identity: Identity
  readonly device: Uint8Array
  readonly bundle: KeyBundle
  readonly sign: (unsigned: Uint8Array) => Uint8Array
}

export interface Written {
  /** Default: the heads of all that was written. */
  readonly parents?: readonly Command[]
  /** Changed before signing. */
  readonly change?: Partial<Envelope>
}

/** Writes commands by anybody, on any parents, valid or not: the quill of the tests of the law. */
export class Scribe {
  readonly random = createSeededRandomness(7)
  readonly keys: Keys
  readonly commands: Command[] = []
  readonly #actors = new Map<string, Actor>()

  constructor(keys: Keys) {
    this.keys = keys
  }

  actor(name: string): Actor {
    const known = this.#actors.get(name)
    if (known !== undefined) return known
    const identity = generateIdentity(this.random)
    const encryption = this.random.bytes(32).map((byte, i) => (i === 31 ? byte & 0x3f : byte))
    const material = { sequence: 0, signing: [identity.publicKey], encryption: [encryption] }
    const bundle = makeKeyBundle(this.keys, { identity, ...material })
    const sign = (unsigned: Uint8Array): Uint8Array => this.keys.sign(identity, labels.command, unsigned)
    const actor = { name, identity, device: deviceId(identity.publicKey), bundle, sign }
    this.#actors.set(name, actor)
    return actor
  }

  found(by: string, name = 'herd'): Command {
    const { device, identity, bundle, sign } = this.actor(by)
    const parts = { device, signingKey: identity.publicKey, sign, bundle, random: this.random }
    const made = foundTeam(parts, { name, deviceName: by, time: 0 })
    if (made.kind === 'refuse') throw new Error('not founded')
    this.commands.push(made as Command)
    return made as Command
  }

  get team(): Uint8Array {
    const [first] = this.commands
    if (first === undefined) throw new Error('no team')
    return first.id
  }

  /** Writes a command for an intent, as its author sees the state at the parents. */
  write(by: string, intent: Intent, options: Written = {}): Command {
    const parents = options.parents ?? this.heads()
    const act = actFor(this.stateOf(this.pastOf(parents)), intent)
    if (act.kind === 'refuse') throw new Error(`no such act: ${JSON.stringify(act)}`)
    return this.writeAct(by, act, options)
  }

  writeAct(by: string, act: Act, options: Written = {}): Command {
    return this.writeRaw(by, { kind: act.kind, body: encodeBody(act) }, options)
  }

  writeRaw(by: string, said: Pick<Envelope, 'kind' | 'body'>, options: Written = {}): Command {
    const parents = options.parents ?? this.heads()
    const past = this.pastOf(parents)
    const { device, identity, sign } = this.actor(by)
    const own = past.filter(({ authorHex }) => authorHex === toHex(device)).map(({ sequence }) => sequence)
    const envelope: Envelope = {
      team: this.team,
      parents: parents.map(({ id }) => id).sort(compare),
      author: device,
      key: identity.publicKey,
      generation: options.change?.generation ?? this.stateOf(past).members.get(toHex(device))?.generation ?? 0,
      sequence: Math.max(-1, ...own) + 1,
      depth: Math.max(-1, ...parents.map(({ depth }) => depth)) + 1,
      time: 0,
      ...said,
      ...options.change,
    }
    const command = signCommand(envelope, sign)
    this.commands.push(command)
    return command
  }

  add(by: string, name: string, role?: string, options?: Written): Command {
    const intent: Intent = {
      kind: 'AddDevice',
      bundle: this.actor(name).bundle,
      name,
      ...(role === undefined ? {} : { role }),
    }
    return this.write(by, intent, options)
  }

  remove(by: string, name: string, options?: Written): Command {
    return this.write(by, { kind: 'RemoveDevice', device: this.actor(name).device }, options)
  }

  assign(by: string, name: string, role: string, options?: Written): Command {
    return this.write(by, { kind: 'AssignRole', device: this.actor(name).device, role }, options)
  }

  revoke(by: string, name: string, role: string, options?: Written): Command {
    return this.write(by, { kind: 'RevokeRole', device: this.actor(name).device, role }, options)
  }

  heads(): Command[] {
    const named = new Set(this.commands.flatMap(({ parentHexes }) => parentHexes))
    return this.commands.filter(({ idHex }) => !named.has(idHex))
  }

  /** These commands and all their ancestors, parents first. */
  pastOf(commands: readonly Command[]): Command[] {
    const past = new Set<string>(commands.map(({ idHex }) => idHex))
    for (const command of [...this.commands].reverse())
      if (past.has(command.idHex)) for (const parent of command.parentHexes) past.add(parent)
    return this.commands.filter(({ idHex }) => past.has(idHex))
  }

  /** A replica of somebody with these commands on its disk. */
  replica(of: string, commands: readonly LoadedCommand[] = this.commands, isFounder = false): Replica {
    const { device, identity, sign } = this.actor(of)
    const parts = { team: this.team, device, signingKey: identity.publicKey, sign, random: this.random, isFounder }
    return new Replica(parts, commands)
  }

  /** The same, which makes boxes and so rotates epochs. */
  rotator(
    of: string,
    commands: readonly LoadedCommand[] = this.commands,
    boxes: Iterable<string> = [],
    change: Partial<ReplicaParts> = {},
  ): Replica {
    const { device, identity, sign } = this.actor(of)
    const sealBox = (key: Uint8Array, secret: Uint8Array): Uint8Array => this.keys.sealTo(key, secret, this.random)
    const parts = { team: this.team, device, signingKey: identity.publicKey, sign, sealBox, random: this.random, boxes }
    return new Replica({ ...parts, isFounder: true, wall: () => 1_800_000_000_000, ...change }, commands)
  }

  stateOf(commands: readonly Command[] = this.commands): TeamState {
    return this.replica('reader', commands).state
  }

  /** Members as `name:role`, sorted, of the state of these commands. */
  members(commands: readonly Command[] = this.commands): string[] {
    return [...this.stateOf(commands).members.values()].map(({ name, role }) => `${name}:${role}`).sort()
  }
}

/** The command of stored bytes. */
export function commandOf(bytes: Uint8Array): Command {
  const command = parseCommand(bytes)
  if (command.kind === 'refuse' || command.kind === 'foreign') throw new Error('no command')
  return command as Command
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return toHex(a) < toHex(b) ? -1 : 1
}
