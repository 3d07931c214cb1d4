import { labels } from '../../src/base/index.ts'
import { idText, toHex } from '../../src/codec/index.ts'
import { identityFromSeed, sha256, type Keys } from '../../src/keys/index.ts'
import {
  deviceId,
  encodeBody,
  encodeState,
  formatKeyBundle,
  foundTeam,
  makeKeyBundle,
  makePeerBinding,
  Replica,
  signCommand,
  stateHash,
  type Act,
  type Command,
} from '../../src/team/index.ts'

/** One signed form of each kind, from fixed seeds: whoever changes a byte of what is signed changes one of these. */
export function teamVectors(keys: Keys): Record<string, unknown> {
  const [owner, user] = [1, 2].map((n) => identityFromSeed(new Uint8Array(32).fill(n)))
  if (owner === undefined || user === undefined) throw new Error('no identities')
  const bundleOf = (identity: typeof owner, n: number) =>
    makeKeyBundle(keys, {
      identity,
      sequence: n,
      signing: [identity.publicKey],
      encryption: [new Uint8Array(32).fill(8 + n)],
    })
  const sign = (unsigned: Uint8Array): Uint8Array => keys.sign(owner, labels.command, unsigned)
  const author = { device: deviceId(owner.publicKey), signingKey: owner.publicKey, sign }
  const random = { bytes: (size: number) => new Uint8Array(size).fill(3) }
  const time = 1_800_000_000_000
  const founded = foundTeam(
    { ...author, bundle: bundleOf(owner, 0), random },
    { name: 'herd', deviceName: 'one', time },
  )
  const commands = [founded as Command]
  const team = commands[0]!.id
  const device = deviceId(user.publicKey)
  const acts: Act[] = [
    { kind: 'AddDevice', body: { bundle: bundleOf(user, 1), commonName: 'zwei', role: 'user', roleAt: team, gen: 0 } },
    { kind: 'AssignRole', body: { device, gen: 0, role: 'operator', roleAt: team, from: 'user' } },
    { kind: 'RevokeRole', body: { device, gen: 0, role: 'operator', roleAt: team } },
    { kind: 'RemoveDevice', body: { device, gen: 0 } },
    { kind: 'CloseTeam', body: { reason: 'fin' } },
  ]
  for (const [i, act] of acts.entries()) {
    const place = { team, parents: [commands[i]!.id], author: author.device, key: owner.publicKey, generation: 0 }
    const envelope = { ...place, sequence: i + 1, depth: i + 1, time, kind: act.kind, body: encodeBody(act) }
    commands.push(signCommand(envelope, sign))
  }
  const parts = { team, ...author, random }
  return {
    commands: commands.map(({ kind, bytes, id }) => ({ kind, bytes: toHex(bytes), id: idText('cmd', id) })),
    team: idText('team', team),
    device: idText('dev', device),
    bundle: toHex(bundleOf(user, 1).bytes),
    bundleText: formatKeyBundle('text', bundleOf(user, 1)),
    binding: toHex(makePeerBinding(keys, { identity: owner, node: user, sequence: 4 })),
    states: commands.map((_, i) => {
      const { state } = new Replica(parts, commands.slice(0, i + 1))
      return { bytes: toHex(sha256(encodeState(state))), hash: toHex(stateHash(state)) }
    }),
  }
}
