import { beforeAll, describe, expect, it } from 'vitest'
import { labels } from '../../../../src/base/index.ts'
import { encodeCbor } from '../../../../src/codec/index.ts'
import { openKeys, systemRandom, type Keys } from '../../../../src/keys/index.ts'
import { soundCommands } from '../../../../src/node/effects/stored-commands.ts'
import { makeClaim, parseCommand, parseKeyBundle, type Command, type KeptCommand } from '../../../../src/team/index.ts'
import { createDevice } from '../../../../src/team/device.ts'
import { author } from '../../../../src/team/library.ts'

const [owner, joiner] = [createDevice({ seed: 'owner' }), createDevice({ seed: 'joiner' })]
const inviteKey = createDevice({ seed: 'code' }).identity
let keys: Keys
beforeAll(async () => {
  keys = await openKeys()
})

function read(bytes: Uint8Array): Command {
  return parseCommand(bytes) as Command
}

function claimOf(team: Uint8Array, invite: Uint8Array, key = inviteKey): Uint8Array {
  const bundle = parseKeyBundle(joiner.bundle)
  if ('kind' in bundle) throw new Error(bundle.code)
  return makeClaim({ team, invite, nonce: systemRandom.bytes(32), bundle, inviteKey: key, identity: joiner.identity })
    .bytes
}

/** A team on a disk: founded, an invite, and an admission by a claim. */
function disk(claimKey = inviteKey): { team: Uint8Array; kept: KeptCommand[] } {
  const body = { nonce: systemRandom.bytes(32), name: 'herd', policy: 1, bundle: owner, commonName: 'owner' }
  const root = author(owner, { known: [], kind: 'CreateTeam', body })
  const team = read(root).id
  const invited = author(owner, {
    known: [root],
    kind: 'CreateInvite',
    body: { key: inviteKey.publicKey, notAfter: 1 },
  })
  const { id: invite } = read(invited)
  const claim = claimOf(team, invite, claimKey)
  const admission = { invite, claim, commonName: 'joiner', gen: 0 }
  const admitted = author(owner, { known: [root, invited], kind: 'AdmitDevice', body: admission })
  const kept = [root, invited, admitted].map((bytes) => ({ id: read(bytes).id, bytes, isVerified: false }))
  return { team, kept }
}

describe('commands of a store without a verified bit', () => {
  it('are verified again, the claim of an admission by the key of its invite', () => {
    const { team, kept } = disk()
    expect(soundCommands(keys, team, kept).sound).toEqual(kept)
  })

  it('are dropped where the claim was not made with the code', () => {
    const { team, kept } = disk(owner.identity)
    expect(soundCommands(keys, team, kept).sound).toEqual(kept.slice(0, 2))
    const trusted = kept.map((one) => ({ ...one, isVerified: true }))
    expect(soundCommands(keys, team, trusted).sound).toEqual(trusted)
  })

  it('are dropped where a signature does not hold', () => {
    const { team, kept } = disk()
    const [first, ...rest] = kept
    const { unsigned } = read(first?.bytes ?? new Uint8Array(0))
    const forged = encodeCbor([unsigned, joiner.identity.sign(labels.command, unsigned)])
    const changed = [{ id: read(forged).id, bytes: forged, isVerified: false }, ...rest]
    expect(soundCommands(keys, team, changed).sound).toEqual(rest)
  })
})
