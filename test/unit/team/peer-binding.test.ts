import { beforeAll, describe, expect, it } from 'vitest'
import { encodeCbor, decodeCbor } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import { makePeerBinding, readPeerBinding } from '../../../src/team/index.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

let scribe: Scribe
beforeAll(async () => {
  scribe = new Scribe(await openKeys())
})

describe('a peer binding', () => {
  it('says which device a peer speaks for; by default the one of its own key', () => {
    const { identity, device } = scribe.actor('U')
    const bytes = makePeerBinding(scribe.keys, { identity, node: identity, sequence: 3 })
    expect(readPeerBinding(scribe.keys, bytes, { peer: identity.peer })).toEqual({
      peer: identity.peer,
      device,
      sequence: 3,
    })
  })

  it('of an identity that is kept elsewhere wants somebody who knows it', () => {
    const [offline, node] = [scribe.actor('U'), scribe.actor('node')]
    const bytes = makePeerBinding(scribe.keys, { identity: offline.identity, node: node.identity, sequence: 0 })
    const { peer } = node.identity
    expect(readPeerBinding(scribe.keys, bytes, { peer })).toMatchObject({ code: 'ERR_TEAM_BAD_SIGNATURE' })
    const identityOf = () => offline.identity.publicKey
    expect(readPeerBinding(scribe.keys, bytes, { peer, identityOf })).toMatchObject({ device: offline.device })
    expect(readPeerBinding(scribe.keys, bytes, { peer, identityOf: () => node.identity.publicKey })).toMatchObject({
      code: 'ERR_TEAM_BAD_SIGNATURE',
    })
  })

  it('of another peer, with a moved signature, or not to the byte, is refused', () => {
    const [U, V] = [scribe.actor('U').identity, scribe.actor('V').identity]
    const bytes = makePeerBinding(scribe.keys, { identity: U, node: U, sequence: 0 })
    expect(readPeerBinding(scribe.keys, bytes, { peer: V.peer })).toMatchObject({ code: 'ERR_TEAM_BAD_ENCODING' })
    const [statement, first] = decodeCbor(bytes) as Uint8Array[]
    const moved = encodeCbor([statement!, first!, new Uint8Array(64)])
    expect(readPeerBinding(scribe.keys, moved, { peer: U.peer })).toMatchObject({ code: 'ERR_TEAM_BAD_SIGNATURE' })
    for (let length = 0; length < bytes.length; length += 7)
      expect(readPeerBinding(scribe.keys, bytes.subarray(0, length), { peer: U.peer })).toHaveProperty('code')
    const mine = makePeerBinding(scribe.keys, { identity: V, node: U, sequence: 0 })
    expect(readPeerBinding(scribe.keys, mine, { peer: U.peer })).toHaveProperty('code')
  })
})
