import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { expect, it } from 'vitest'
import { libp2pKeyOf } from '../../../src/host/identity-adapter.ts'
import { identityFromSeed } from '../../../src/keys/index.ts'

const seed = new Uint8Array(32).fill(7)

it('signs as the library would and names the same peer', async () => {
  const key = libp2pKeyOf(identityFromSeed(seed))
  const theirs = await generateKeyPairFromSeed('Ed25519', seed)
  expect(peerIdFromPrivateKey(key).toString()).toBe(peerIdFromPrivateKey(theirs).toString())
  const message = new TextEncoder().encode('message')
  const signature = await key.sign(message)
  expect(await theirs.publicKey.verify(message, signature)).toBe(true)
  expect(new Uint8Array(await theirs.sign(message))).toEqual(signature)
})

it('sec/K7 has no private bytes for the library', () => {
  const key = libp2pKeyOf(identityFromSeed(seed))
  expect(() => key.raw).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL_ERROR' }))
})
