/** What we write is read by programs of others, and what they write is read by us. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { generateKey } from '@libp2p/pnet'
import { multiaddr } from '@multiformats/multiaddr'
import { createPair, fromCurveSeed, fromPublic, fromSeed, Prefix } from '@nats-io/nkeys'
import { cdeDecodeOptions, cdeEncodeOptions, decode, encode } from 'cbor2'
import { describe, expect, it } from 'vitest'
import {
  decodeCbor,
  encodeCbor,
  formatSwarmKey,
  fromBase32,
  multiaddrText,
  nkeySeedText,
  nkeyText,
  parseNkey,
  parseNodeAddress,
  parsePeerId,
  parseSwarmKey,
  peerIdText,
  utf8,
  type NkeyLetter,
} from '../../src/codec/index.ts'
import { generateBoxKey, identityFromSeed, openNkeyFile } from '../../src/keys/index.ts'
import { randomCbor } from '../helpers/random-cbor.ts'
import { createSeededRandomness } from '../helpers/seeded-randomness.ts'

const random = createSeededRandomness(60)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('CBOR and cbor2', () => {
  it('agree on values and bytes, both ways', () => {
    for (let round = 0; round < 1_000; round++) {
      const value = randomCbor(random)
      const ours = encodeCbor(value)
      expect(sameForm(decode(ours, cdeDecodeOptions))).toEqual(sameForm(value))
      const theirs = encode(value, { ...cdeEncodeOptions })
      expect(Buffer.compare(theirs, ours)).toBe(0)
      expect(decodeCbor(theirs)).toEqual(value)
    }
  })
})

/** Their maps have a prototype, ours have none: compared as lists of entries, sorted. */
function sameForm(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map((item) => sameForm(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return entries
    .map(([name, item]): [string, unknown] => [String(name), sameForm(item)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('nkeys and @nats-io/nkeys', () => {
  const prefixes: [NkeyLetter, Prefix][] = [
    ['N', Prefix.Server],
    ['C', Prefix.Cluster],
    ['O', Prefix.Operator],
    ['A', Prefix.Account],
    ['U', Prefix.User],
  ]

  it('agree on seeds, public and private texts of every letter both know', () => {
    for (const [letter, prefix] of prefixes) {
      for (let round = 0; round < 20; round++) {
        const seed = random.bytes(32)
        const ours = nkeySeedText(letter, seed)
        const theirs = fromSeed(utf8(ours))
        const { publicKey } = identityFromSeed(seed)
        expect(text(theirs.getSeed())).toBe(ours)
        expect(theirs.getPublicKey()).toBe(nkeyText(letter, publicKey))
        expect(fromPublic(nkeyText(letter, publicKey)).getPublicKey()).toBe(nkeyText(letter, publicKey))
        const { pair } = openNkeyFile(text(theirs.getPrivateKey()), 'p.nk')
        expect(pair.publicKey).toEqual(publicKey)
        const made = createPair(prefix)
        expect(openNkeyFile(text(made.getSeed()), 's.nk').letter).toBe(letter)
        expect(nkeyText(letter, parseNkey(made.getPublicKey(), letter).bytes)).toBe(made.getPublicKey())
      }
    }
  })

  it('agree on curve keys', () => {
    const box = generateBoxKey({ bytes: () => new Uint8Array(32).fill(9) })
    const theirs = fromCurveSeed(utf8(nkeySeedText('X', new Uint8Array(32).fill(9))))
    expect(theirs.getPublicKey()).toBe(nkeyText('X', box.publicKey))
    expect(parseNkey(theirs.getPublicKey(), 'x25519').bytes).toEqual(box.publicKey)
  })

  it('agree on M and V, which theirs does not know, when they are lettered as N', () => {
    for (const letter of ['M', 'V'] as const) {
      const seed = random.bytes(32)
      const ours = nkeyText(letter, identityFromSeed(seed).publicKey)
      expect(() => fromPublic(ours)).toThrow()
      expect(() => fromSeed(utf8(nkeySeedText(letter, seed)))).toThrow()
      const asServer = fromSeed(utf8(nkeySeedText('N', seed))).getPublicKey()
      expect(nkeyText('N', parseNkey(ours).bytes)).toBe(asServer)
      expect(fromBase32(ours).slice(1, 33)).toEqual(fromBase32(asServer).slice(1, 33))
    }
  })
})

describe('PeerIds and @libp2p/peer-id', () => {
  it('agree both ways, as base58 and as CID', async () => {
    for (let round = 0; round < 50; round++) {
      const seed = random.bytes(32)
      const ours = identityFromSeed(seed)
      const theirs = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed))
      expect(theirs.toString()).toBe(ours.peer)
      expect(peerIdFromString(peerIdText(ours.publicKey)).publicKey?.raw).toEqual(ours.publicKey)
      expect(parsePeerId(theirs.toCID().toString())).toEqual(ours.publicKey)
    }
  })

  it('agree on multiaddresses', () => {
    const peer = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
    const places = [
      '/ip4/10.0.0.1/tcp/4001',
      '/ip6/2001:db8::1/tcp/1',
      '/dns4/a.example/tcp/4458',
      '/dns/localhost/tcp/4458',
    ]
    for (const place of [
      ...places,
      ...places.map((typed) => `${typed}/p2p/${peer}`),
      '/ip6zone/eth0/ip6/fe80::1/tcp/9',
    ]) {
      expect(multiaddr(multiaddrText(parseNodeAddress(place))).toString()).toBe(multiaddrText(parseNodeAddress(place)))
    }
    const socket = multiaddrText(parseNodeAddress('/unix/%2Frun%2Fhyrax%2Faxd.sock'))
    expect(
      multiaddr(`${socket}/p2p/${peer}`)
        .getComponents()
        .map(({ name }) => name),
    ).toEqual(['unix', 'p2p'])
  })
})

describe('swarm keys and @libp2p/pnet', () => {
  it('are read as it makes them, without the last newline', () => {
    for (let round = 0; round < 20; round++) {
      const file = new Uint8Array(95)
      generateKey(file)
      const key = parseSwarmKey(file)
      expect(key).toHaveLength(32)
      expect(formatSwarmKey(key, 'file')).toBe(`${text(file)}\n`)
    }
  })
})
