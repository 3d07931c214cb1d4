import { labels } from '../src/base/index.ts'
import { identityFromSeed, sha256, type Identity, type Keys } from '../src/keys/index.ts'
import {
  deviceId,
  encodeBody,
  foundTeam,
  makeKeyBundle,
  signCommand,
  type Act,
  type Command,
} from '../src/team/index.ts'

const devices = 100

const cast = Array.from({ length: devices }, (_, n) => identityFromSeed(sha256(Uint8Array.of(n))))

/** A device of the team; 0 is its owner. */
export function identityOf(n: number): Identity {
  const identity = cast[n]
  if (identity === undefined) throw new Error('no such device')
  return identity
}

function bundleOf(keys: Keys, identity: Identity) {
  const encryption = sha256(identity.publicKey).map((byte, i) => (i === 31 ? byte & 0x3f : byte))
  return makeKeyBundle(keys, { identity, sequence: 0, signing: [identity.publicKey], encryption: [encryption] })
}

/** One chain: 100 devices are added, then roles are given, to and fro. */
export function writeTeam(keys: Keys, count: number): Command[] {
  const owner = identityOf(0)
  const sign = (unsigned: Uint8Array): Uint8Array => keys.sign(owner, labels.command, unsigned)
  const author = deviceId(owner.publicKey)
  const parts = { device: author, signingKey: owner.publicKey, sign, bundle: bundleOf(keys, owner) }
  const random = { bytes: (size: number) => new Uint8Array(size).fill(5) }
  const first = foundTeam({ ...parts, random }, { name: 'bench', deviceName: 'owner', time: 0 })
  if (first.kind === 'refuse') throw new Error('not founded')
  const commands = [first as Command]
  const team = commands[0]!.id
  while (commands.length < count) {
    const last = commands.at(-1)!
    const act = actOf(keys, commands.length, team)
    const place = { team, parents: [last.id], author, key: owner.publicKey, generation: 0, time: 0 }
    const chain = { sequence: commands.length, depth: commands.length }
    commands.push(signCommand({ ...place, ...chain, kind: act.kind, body: encodeBody(act) }, sign))
  }
  return commands
}

function actOf(keys: Keys, n: number, roleAt: Uint8Array): Act {
  if (n < devices) {
    const bundle = bundleOf(keys, identityOf(n))
    return { kind: 'AddDevice', body: { bundle, commonName: `device ${n}`, role: 'user', roleAt, gen: 0 } }
  }
  const device = deviceId(identityOf(1 + (n % (devices - 1))).publicKey)
  const isEven = Math.floor((n - devices) / (devices - 1)) % 2 === 0
  const [from, role] = isEven ? ['user', 'operator'] : ['operator', 'user']
  return { kind: 'AssignRole', body: { device, gen: 0, role: role, roleAt, from: from } }
}
