import { describe, expect, it } from 'vitest'
import { labels, type Label } from '../../src/base/index.ts'
import { decodeCbor, encodeCbor, equalBytes } from '../../src/codec/index.ts'
import { generateBoxKey, openKeys } from '../../src/keys/index.ts'
import {
  answerCheck,
  claimChecks,
  makeClaim,
  makeKeyBundle,
  makePeerBinding,
  parseClaim,
  parseCommand,
  readKeyBundle,
  readPeerBinding,
  signCommand,
  type Command,
} from '../../src/team/index.ts'
import { createSeededRandomness } from '../helpers/seeded-randomness.ts'
import { bytesOf, deviceOf } from './sight.ts'

/**
 * The worst case for a signature that is carried elsewhere: one key is identity, signing key, invite key and node key at
 * once, so that nothing but the label and the form keeps the contexts apart.
 */
const keys = await openKeys()
const { identity, idBytes: device } = deviceOf('everything')
const encryption = [generateBoxKey(createSeededRandomness(5)).publicKey]
const bundle = makeKeyBundle(keys, { identity, sequence: 0, signing: [identity.publicKey], encryption })
const [team, invite, nonce] = [bytesOf('team'), bytesOf('invite'), bytesOf('nonce')]
const claim = makeClaim({ team, invite, nonce, bundle, inviteKey: identity, identity })
const binding = makePeerBinding(keys, { identity, node: identity, sequence: 0 })
const command = signCommand(
  {
    team,
    parents: [team],
    author: device,
    key: identity.publicKey,
    generation: 0,
    sequence: 0,
    depth: 1,
    time: 0,
    kind: 'AddDeviceKey',
    body: { bundle: bundle.bytes },
  },
  (unsigned) => identity.sign(labels.command, unsigned),
)

/** Everything that one device signs on or around the graph: the stored bytes, what is signed, the signatures. */
const objects = {
  command: { bytes: command.bytes, signed: command.unsigned, signatures: [command.signature], label: labels.command },
  bundle: { bytes: bundle.bytes, signed: bundle.unsigned, signatures: [bundle.signature], label: labels.keyBundle },
  invited: { bytes: claim.bytes, signed: statement(), signatures: [claim.ofInvite], label: labels.inviteClaim },
  joining: { bytes: claim.bytes, signed: statement(), signatures: [claim.ofIdentity], label: labels.inviteJoin },
  binding: { bytes: binding, signed: part(binding, 0), signatures: [part(binding, 1)], label: labels.peerBinding },
} as const
type Name = keyof typeof objects

/** Where such bytes are read and their signatures count. True: accepted. */
const contexts: Readonly<
  Record<string, { readonly of: readonly Name[]; readonly accepts: (bytes: Uint8Array) => boolean }>
> = {
  'a command': {
    of: ['command'],
    accepts: (bytes) => {
      const read = parseCommand(bytes)
      if ('code' in read || read.kind === 'foreign') return false
      const { key, unsigned, signature } = read as Command
      return keys.verify(key, labels.command, unsigned, signature)
    },
  },
  'a key bundle': { of: ['bundle'], accepts: (bytes) => !('code' in readKeyBundle(keys, bytes)) },
  'an invite claim': {
    of: ['invited', 'joining'],
    accepts: (bytes) => {
      const read = parseClaim(bytes)
      return !('code' in read) && claimChecks(read, team, identity.publicKey).every((check) => answerCheck(keys, check))
    },
  },
  'a peer binding': {
    of: ['binding'],
    accepts: (bytes) => !('code' in readPeerBinding(keys, bytes, { peer: identity.peer })),
  },
}

describe('every signed object carried into every other context', () => {
  it.each(Object.keys(contexts))('%s is its own bytes, and no other object’s', (context) => {
    for (const [name, { bytes }] of Object.entries(objects))
      expect([name, contexts[context]?.accepts(bytes)]).toEqual([name, contexts[context]?.of.includes(name as Name)])
  })

  it('no signature counts beside the bytes of another object, or in the shape of another', () => {
    for (const [from, { signatures }] of Object.entries(objects))
      for (const [to, { signed, bytes }] of Object.entries(objects)) {
        if (from === to) continue
        for (const signature of signatures)
          for (const shaped of [encodeCbor([signed, signature]), encodeCbor([signed, signature, signature])])
            for (const { accepts } of Object.values(contexts)) expect(accepts(shaped)).toBe(equalBytes(shaped, bytes))
      }
  })

  it('no signature counts under another label', () => {
    for (const { signed, signatures, label: own } of Object.values(objects))
      for (const signature of signatures)
        for (const label of Object.values(labels) as Label[])
          expect(keys.verify(identity.publicKey, label, signed, signature)).toBe(label === own)
  })

  it('a claim of another team, invite, nonce or bundle does not hold', () => {
    const elsewhere = bytesOf('elsewhere')
    const holds = (of: Uint8Array, changed: object): boolean =>
      claimChecks({ ...claim, ...changed }, of, identity.publicKey).every((check) => answerCheck(keys, check))
    const other = makeKeyBundle(keys, { identity, sequence: 1, signing: [identity.publicKey], encryption })
    expect(holds(team, {})).toBe(true)
    expect(holds(elsewhere, {})).toBe(false)
    for (const changed of [{ invite: elsewhere }, { nonce: elsewhere }, { bundle: other }])
      expect(holds(team, changed)).toBe(false)
  })
})

/** What both signatures of a claim cover. */
function statement(): Uint8Array {
  const [check] = claimChecks(claim, team, identity.publicKey)
  if (check?.kind !== 'signature') throw new Error('no signature is asked for')
  return check.bytes
}

function part(bytes: Uint8Array, at: number): Uint8Array {
  const parts = decodeCbor(bytes) as readonly Uint8Array[]
  return parts[at] ?? new Uint8Array(0)
}
